"""Where the links of personal texts lead, each to a place of its own, and their bounded cache."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import NamedTuple


class PersonalLink(NamedTuple):
    """Where the link of one message leads.

    Attributes:
        location: As ``Block.location``.
    """

    campaign_id: int
    position: int
    location: str


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

    def __len__(self) -> int:
        return len(self._locations)

    def find(self, campaign_id: int, position: int) -> str | None:
        """Return where the link of a message leads, if that is cached."""
        key = (campaign_id, position)
        location = self._locations.get(key)
        if location is not None:
            self._locations.move_to_end(key)
        return location

    def add(self, links: Iterable[PersonalLink]) -> None:
        """Keep links, as those asked for last."""
        for campaign_id, position, location in links:
            replaced = self._locations.pop((campaign_id, position), None)
            if replaced is not None:
                self._octet_count -= _octets(replaced)
            self._locations[campaign_id, position] = location
            self._octet_count += _octets(location)
        while self._octet_count > self._octet_limit:
            _, oldest = self._locations.popitem(last=False)
            self._octet_count -= _octets(oldest)

    def list_latest(self, octet_limit: int) -> list[PersonalLink]:
        """Return as many links as the octets allow, the one asked for last at the end."""
        latest: list[PersonalLink] = []
        for key, location in reversed(self._locations.items()):
            octet_limit -= _octets(location)
            if octet_limit < 0:
                break
            latest.append(PersonalLink(*key, location))
        return latest[::-1]


def _octets(location: str) -> int:
    return ENTRY_OCTETS + len(location)
