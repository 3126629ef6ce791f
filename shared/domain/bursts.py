"""One address that follows the links of many recipients within seconds.

A mobile network has many persons behind one address, so this is never more than a hint.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address

from shared.domain.clicks import BURST, FLOOD

Address = IPv4Address | IPv6Address
Recipient = tuple[int, int]

SPAN = timedelta(seconds=10)
BURST_LINKS = 20
FLOOD_LINKS = 100
# Of an address no more is kept than tells a flood; in all, what was seen last.
KEPT_OF_ADDRESS = 1_000
KEPT_LINKS = 100_000


class BurstWindow:
    """Remembers which links each address followed lately, in bounded memory.

    Args:
        kept_links: How many are remembered in all, at least 1; then the addresses that were
            seen longest ago are forgotten.
    """

    def __init__(self, kept_links: int = KEPT_LINKS) -> None:
        self._kept_links = kept_links
        self._link_count = 0
        self._links: dict[Address, dict[Recipient, datetime]] = {}

    def add(self, address: Address, hits: Iterable[tuple[Recipient, datetime]]) -> bool:
        """Remember hits, each by whose link it followed, and when; again, they change nothing.

        Returns:
            Whether ``reason`` may have anything to say of the address.
        """
        links = self._links.pop(address, {})
        count_before = len(links)
        for recipient, at in hits:
            links.pop(recipient, None)
            links[recipient] = at
        while len(links) > KEPT_OF_ADDRESS:
            del links[next(iter(links))]
        self._links[address] = links
        self._link_count += len(links) - count_before
        while self._link_count > self._kept_links and len(self._links) > 1:
            self._link_count -= len(self._links.pop(next(iter(self._links))))
        # Addresses that are not public tell nothing: behind them stands a proxy, or a test.
        return len(links) >= BURST_LINKS and address.is_global

    def reason(self, address: Address, at: datetime) -> str | None:
        """Say how many links an address followed around a time, if that was many."""
        links = self._links.get(address, {})
        count = sum(at - SPAN <= seen_at <= at + SPAN for seen_at in links.values())
        if count < BURST_LINKS:
            return None
        return FLOOD if count >= FLOOD_LINKS else BURST
