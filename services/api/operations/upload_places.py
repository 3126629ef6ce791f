"""How many uploads may be under way at once, in all and of one account."""

from collections import Counter

from services.api.domain.upload_errors import AccountUploadsBusyError, UploadsBusyError


class UploadPlaces:
    """The places for uploads of one API process.

    Args:
        total: All of them.
        per_account: Those that one account may hold, so that others find one.
    """

    def __init__(self, total: int, *, per_account: int) -> None:
        self._total = total
        self._per_account = per_account
        self._held: Counter[int] = Counter()

    def hold(self, account_id: int) -> None:
        """Hold one for an account.

        Raises:
            UploadsBusyError: All are held.
            AccountUploadsBusyError: The account holds as many as it may.
        """
        if self._held.total() >= self._total:
            raise UploadsBusyError
        if self._held[account_id] >= self._per_account:
            raise AccountUploadsBusyError(self._per_account)
        self._held[account_id] += 1

    def free(self, account_id: int) -> None:
        """Give back one that an account held."""
        self._held[account_id] -= 1
        if not self._held[account_id]:
            del self._held[account_id]
