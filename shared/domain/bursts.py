"""One address that follows the links of many recipients within seconds.

A mobile network has many persons behind one address, so this is never more than a hint.
"""

from datetime import datetime, timedelta

from shared.domain.clicks import BURST, FLOOD

Recipient = tuple[int, int]

SPAN = timedelta(seconds=10)
BURST_LINKS = 20
FLOOD_LINKS = 100
# Of an address, the links that it followed last.
KEPT_OF_ADDRESS = 1_000
KEPT_LINKS = 100_000


class BurstWindow:
    """Remembers which links each address followed lately, in bounded memory.

    Args:
        kept_links: How many are remembered in all, at least 1; then the addresses that were
            first seen longest ago are forgotten.
    """

    def __init__(self, kept_links: int = KEPT_LINKS) -> None:
        self._kept_links = kept_links
        self._link_count = 0
        self._links: dict[int, dict[Recipient, datetime]] = {}

    def add(self, sender: int, recipient: Recipient, at: datetime) -> bool:
        """Remember a hit; the same one again changes nothing.

        Args:
            sender: The number of the address that it came from.
            recipient: Whose link it followed.
            at: When.

        Returns:
            Whether ``reason`` may have anything to say of the sender.
        """
        links = self._links.get(sender)
        if links is None:
            links = self._links[sender] = {}
        count_before = len(links)
        links[recipient] = at
        if len(links) > KEPT_OF_ADDRESS:
            del links[next(iter(links))]
        self._link_count += len(links) - count_before
        if self._link_count > self._kept_links and len(self._links) > 1:
            self._link_count -= len(self._links.pop(next(iter(self._links))))
        return len(links) >= BURST_LINKS

    def reason(self, sender: int, at: datetime) -> str | None:
        """Say how many links a sender followed around a time, if that was many."""
        links = self._links.get(sender, {})
        count = sum(at - SPAN <= seen_at <= at + SPAN for seen_at in links.values())
        if count < BURST_LINKS:
            return None
        return FLOOD if count >= FLOOD_LINKS else BURST
