"""Where the links of personal texts lead, each to a place of its own, and their bounded cache."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import NamedTuple


class PersonalLink(NamedTuple):
    """Where the link of one message leads.

    Attributes:
        location: As ``Block.location``.
        is_blocked: The same.
    """

    campaign_id: int
    position: int
    location: str
    is_blocked: bool = False


# What an entry takes besides the octets of its location, about.
ENTRY_OCTETS = 256


class PersonalLinkCache:
    """The personal links asked for last; each serves one recipient.

    When full, those not asked for the longest make room. Links differ in length by a factor of a
    thousand, so octets are counted and not links.

    Args:
        octet_limit: Most octets kept, about.
    """

    def __init__(self, octet_limit: int) -> None:
        self._octet_limit = octet_limit
        self._octet_count = 0
        self._locations: OrderedDict[tuple[int, int], str] = OrderedDict()
        # Of those above, mostly none.
        self._blocked: set[tuple[int, int]] = set()

    def __len__(self) -> int:
        return len(self._locations)

    def find(self, campaign_id: int, position: int) -> str | None:
        """Return where the link of a message leads, if that is cached."""
        key = (campaign_id, position)
        location = self._locations.get(key)
        if location is not None:
            self._locations.move_to_end(key)
        return location

    def is_blocked(self, campaign_id: int, position: int) -> bool:
        """Tell whether a list lets the link of a message not lead on, as far as is cached."""
        return bool(self._blocked) and (campaign_id, position) in self._blocked

    def add(self, links: Iterable[PersonalLink]) -> bool:
        """Keep links, as those asked for last.

        Returns:
            Whether others had to make room.
        """
        for campaign_id, position, location, is_blocked in links:
            replaced = self._locations.pop((campaign_id, position), None)
            if replaced is not None:
                self._octet_count -= _octets(replaced)
            self._locations[campaign_id, position] = location
            self._octet_count += _octets(location)
            self.set_blocked(campaign_id, position, is_blocked=is_blocked)
        is_full = self._octet_count > self._octet_limit
        while self._octet_count > self._octet_limit:
            key, oldest = self._locations.popitem(last=False)
            self._octet_count -= _octets(oldest)
            self._blocked.discard(key)
        return is_full

    def set_blocked(self, campaign_id: int, position: int, *, is_blocked: bool) -> bool:
        """Note whether a list lets a cached link not lead on; return whether that is news."""
        key = (campaign_id, position)
        if key not in self._locations or (key in self._blocked) == is_blocked:
            return False
        if is_blocked:
            self._blocked.add(key)
        else:
            self._blocked.discard(key)
        return True

    def list_places(self) -> list[tuple[int, int]]:
        """Return campaign and position of all links."""
        return list(self._locations)

    def peek(self, campaign_id: int, position: int) -> str | None:
        """Return where a link leads, without having asked for it."""
        return self._locations.get((campaign_id, position))

    def forget(self, campaign_id: int, position: int) -> None:
        """Drop a link, if it is cached."""
        location = self._locations.pop((campaign_id, position), None)
        if location is not None:
            self._octet_count -= _octets(location)
            self._blocked.discard((campaign_id, position))

    def list_latest(self, octet_limit: int) -> list[PersonalLink]:
        """Return as many links as the octets allow, the one asked for last at the end."""
        latest: list[PersonalLink] = []
        for key, location in reversed(self._locations.items()):
            octet_limit -= _octets(location)
            if octet_limit < 0:
                break
            latest.append(PersonalLink(*key, location, key in self._blocked))
        return latest[::-1]


def _octets(location: str) -> int:
    return ENTRY_OCTETS + len(location)
