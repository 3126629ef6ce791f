"""The recipients whose hits were stored before the delivery of their message was known."""

from collections import OrderedDict
from collections.abc import Iterator
from datetime import datetime

KEPT_RECIPIENTS = 20_000


class Awaited:
    """Recipients, with the time of the earliest such hit; those that were noted first go first.

    Args:
        kept_recipients: How many are kept, at least 1.
    """

    def __init__(self, kept_recipients: int = KEPT_RECIPIENTS) -> None:
        self._kept_recipients = kept_recipients
        # A dict looks at all that was removed before it finds its first key.
        self._earliest: OrderedDict[tuple[int, int], datetime] = OrderedDict()

    def __len__(self) -> int:
        """Return how many recipients are kept."""
        return len(self._earliest)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Go through the recipients, as campaign id and position."""
        return iter(self._earliest)

    def note(self, recipient: tuple[int, int], at: datetime) -> None:
        """Remember a hit, which need not be stored yet, nor ever be."""
        known = self._earliest.get(recipient)
        if known is None or at < known:
            self._earliest[recipient] = at
            if len(self._earliest) > self._kept_recipients:
                self._earliest.popitem(last=False)

    def take(self, recipient: tuple[int, int]) -> datetime:
        """Forget a recipient, which is kept; return the time of the earliest hit."""
        return self._earliest.pop(recipient)
