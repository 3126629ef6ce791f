"""Clicks by hour of the week: a cell for each, shaded by its count."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from services.api.console.heat import Shade, legend, step_of
from services.api.domain.time_spans import Quarter, WeekHour, by_week_hour

CELL: Final = 10
DAYS: Final = 7
HOURS: Final = 24


@dataclass(frozen=True, slots=True)
class Cell:
    """An hour of the week, where it stands in the picture."""

    hour: WeekHour
    step: int
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Week:
    """A picture of a week.

    Attributes:
        cells: All 168, from Monday's first.
        best: The hour with the most clicks, the first of several.
    """

    cells: Sequence[Cell]
    shades: Sequence[Shade]
    best: WeekHour
    width: int = CELL * HOURS
    height: int = CELL * DAYS

    @property
    def by_hour(self) -> Sequence[Sequence[WeekHour]]:
        """The same as the rows of a table: an hour each, from Monday to Sunday."""
        return [[cell.hour for cell in self.cells[hour::HOURS]] for hour in range(HOURS)]


def draw_week(quarters: Sequence[Quarter], zone: ZoneInfo) -> Week | None:
    """Return the picture of what came; None if nobody clicked."""
    hours = by_week_hour(quarters, zone)
    best = max(hours, key=lambda hour: hour.clicks)
    if not best.clicks:
        return None
    cells = [
        Cell(
            hour,
            step_of(hour.clicks, best.clicks),
            x=hour.hour * CELL,
            y=(hour.weekday - 1) * CELL,
        )
        for hour in hours
    ]
    return Week(cells, legend(best.clicks), best)
