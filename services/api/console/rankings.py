"""Values in the order of their clicks, with their shares, as tables with bars show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.api.schemas.breakdowns import PlaceCounts, PlaceList, ValueCounts, ValueList

SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class Ranked:
    """A value or place.

    Attributes:
        counted: What it is, and its counts.
        share: Of all clicks.
        bar: How long its bar is, 0 to 100; the first one's is 100.
    """

    counted: ValueCounts | PlaceCounts
    share: float
    bar: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """The values with the most clicks, and what the others come to."""

    rows: Sequence[Ranked]
    other_clicks: int
    other_share: float


def rank(listed: ValueList | PlaceList, clicks: int) -> Ranking:
    """Rank what people clicked on or from; what only machines came with is left out.

    Args:
        listed: The values, those with the most clicks first.
        clicks: All of people.
    """
    shown = [each for each in listed.values if each.clicks][:SHOWN]
    other = clicks - sum(each.clicks for each in shown)
    most = shown[0].clicks if shown else 0
    rows = [
        Ranked(each, each.clicks / clicks, round(100 * each.clicks / most, 2)) for each in shown
    ]
    return Ranking(rows, other, other / clicks if clicks else 0.0)
