"""Clicks on a map: the states of India where most of them are Indian, else the countries."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from services.api.console.heat import Shade, legend, step_of
from services.api.schemas.breakdowns import CampaignBreakdown, PlaceCounts

SHAPES: Final = Path(__file__).parent / "shapes"
INDIA: Final = "IN"
MOST: Final = 0.5
# What databases of places call what the map calls otherwise, in lower case. Ladakh was a part of
# the state when the map was made.
OTHERWISE: Final[Mapping[str, str]] = {
    "andaman and nicobar": "Andaman and Nicobar Islands",
    "chattisgarh": "Chhattisgarh",
    "dadra and nagar haveli": "Dadra and Nagar Haveli and Daman and Diu",
    "daman and diu": "Dadra and Nagar Haveli and Daman and Diu",
    "jammu & kashmir": "Jammu and Kashmir",
    "kashmir": "Jammu and Kashmir",
    "ladakh": "Jammu and Kashmir",
    "laccadives": "Lakshadweep",
    "national capital territory of delhi": "Delhi",
    "orissa": "Odisha",
    "pondicherry": "Puducherry",
    "union territory of puducherry": "Puducherry",
    "uttaranchal": "Uttarakhand",
}


@dataclass(frozen=True, slots=True)
class Shape:
    """A country or state on the map.

    Attributes:
        name: A country's code, or a state's name.
        path: As SVG has it.
    """

    name: str
    path: str
    clicks: int
    step: int


@dataclass(frozen=True, slots=True)
class Map:
    """A map with clicks on it.

    Attributes:
        is_of_india: Whether it shows states; else it shows countries.
        missing: Clicks that are nowhere on it.
    """

    shapes: Sequence[Shape]
    shades: Sequence[Shade]
    is_of_india: bool
    missing: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class _Outlines:
    width: int
    height: int
    shapes: Mapping[str, str]


@cache
def _outlines(name: str) -> _Outlines:
    values: dict[str, Any] = json.loads((SHAPES / f"{name}.json").read_text())
    return _Outlines(**values)


def draw_map(breakdown: CampaignBreakdown, clicks: int) -> Map | None:
    """Return the map of a campaign's clicks; None if nobody clicked, or none can be placed.

    Args:
        breakdown: Where they came from.
        clicks: All of them.
    """
    if not clicks:
        return None
    countries = _counted(breakdown.countries.values)
    is_of_india = countries[INDIA] > clicks * MOST
    if is_of_india:
        states = (each for each in breakdown.regions.values if each.country == INDIA)
        outlines, counts = _outlines("india"), _counted_states(states)
    else:
        outlines, counts = _outlines("world"), countries
    placed = {name: counts[name] for name in outlines.shapes}
    most = max(placed.values())
    if not most:
        return None
    return Map(
        [
            Shape(name, path, placed[name], step_of(placed[name], most))
            for name, path in outlines.shapes.items()
        ],
        legend(most),
        is_of_india,
        clicks - sum(placed.values()),
        outlines.width,
        outlines.height,
    )


def _counted(places: Sequence[PlaceCounts]) -> Counter[str]:
    return Counter({place.country: place.clicks for place in places if place.country})


def _counted_states(places: Iterable[PlaceCounts]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for place in places:
        name = place.region or ""
        counts[OTHERWISE.get(name.casefold(), name)] += place.clicks
    return counts
