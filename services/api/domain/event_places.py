"""How far a stream of a campaign's events has come, as its ids say it."""

import re
from dataclasses import dataclass

from typing_extensions import override

# More than any batch holds, so that all of it was told.
WHOLE = 9_999
_TEXT = re.compile(r"c([0-9]{1,18})\.([0-9]{1,4})-d([0-9]{1,18})\.([0-9]{1,4})")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """How much of one source was told.

    Attributes:
        number: Of the last batch of which anything was.
        index: Of the last event of it that was.
    """

    number: int
    index: int = WHOLE


@dataclass(frozen=True, slots=True)
class StreamPlace:
    """How much of a campaign was told: the id of an event."""

    clicks: Place
    deliveries: Place

    @override
    def __str__(self) -> str:
        clicks, deliveries = self.clicks, self.deliveries
        return f"c{clicks.number}.{clicks.index}-d{deliveries.number}.{deliveries.index}"


def parse_place(text: str) -> StreamPlace | None:
    """Read the id of an event; None if it is none of ours."""
    found = _TEXT.fullmatch(text)
    if found is None:
        return None
    clicks_number, clicks_index, number, index = map(int, found.groups())
    return StreamPlace(Place(clicks_number, clicks_index), Place(number, index))
