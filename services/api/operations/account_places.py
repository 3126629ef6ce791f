"""How many of what costs much may be under way at once, in all and of one account."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shared.domain.errors import DomainError


class AccountPlaces:
    """The places of one API process.

    Args:
        total: All of them.
        per_account: Those that one account may hold, so that others find one.
        when_full: What to refuse with where all are held.
        when_account_full: What to refuse with where the account holds as many as it may.
    """

    def __init__(
        self,
        total: int,
        *,
        per_account: int,
        when_full: Callable[[], DomainError],
        when_account_full: Callable[[int], DomainError],
    ) -> None:
        self._total = total
        self._per_account = per_account
        self._when_full = when_full
        self._when_account_full = when_account_full
        self._held: Counter[int] = Counter()

    def hold(self, account_id: int) -> None:
        """Hold one for an account.

        Raises:
            DomainError: There is none, in all or for the account.
        """
        if self._held.total() >= self._total:
            raise self._when_full()
        if self._held[account_id] >= self._per_account:
            raise self._when_account_full(self._per_account)
        self._held[account_id] += 1

    @contextmanager
    def place(self, account_id: int) -> Iterator[None]:
        """Hold one for as long as the context lasts.

        Raises:
            DomainError: There is none, in all or for the account.
        """
        self.hold(account_id)
        try:
            yield
        finally:
            self.free(account_id)

    def free(self, account_id: int) -> None:
        """Give back one that an account held."""
        self._held[account_id] -= 1
        if not self._held[account_id]:
            del self._held[account_id]
