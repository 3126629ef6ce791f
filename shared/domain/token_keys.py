"""The keys that tokens are made with, opened once and not at every use."""

from shared.domain.sealing import Sealer


def token_key_context(token_length: int) -> str:
    """Name the place of a token length's key, as it is bound to it."""
    return f"token_domain:{token_length}"


class TokenKeys:
    """Opens the keys of token domains; of each length it remembers the one opened last.

    Args:
        sealer: What opens them.
    """

    __slots__ = ("_opened", "_sealer")

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self._opened: dict[int, tuple[bytes, bytes]] = {}

    def open(self, token_length: int, kept: bytes) -> bytes:
        """Return the key that is kept of a length; one from before sealing is plain.

        Raises:
            SealError: It is sealed under another key, or for another length.
        """
        known = self._opened.get(token_length)
        if known is None or known[0] != kept:
            known = kept, self._sealer.open_or_plain(kept, token_key_context(token_length))
            self._opened[token_length] = known
        return known[1]
