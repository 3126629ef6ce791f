"""Clicks over time as bars: where they stand, for a picture that needs no script."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from services.api.domain.time_spans import Quarter, by_day, by_hour

WIDTH: Final = 720
HEIGHT: Final = 160
# Bars of hours up to three days, of days beyond.
MAX_HOURS: Final = 72
HOUR_S: Final = 3_600
MAX_DAYS: Final = 120
MAX_BAR: Final = 48.0
GAP_PART: Final = 0.2


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of the picture, and what it says.

    Attributes:
        start: Of the hour or day.
        clicks: Of people.
        machines: Requests that are not people's.
    """

    start: datetime
    clicks: int
    machines: int
    x: float
    width: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of clicks over time.

    Attributes:
        is_of_days: Whether its bars are days; else they are hours.
        highest: The count of the highest bar.
    """

    bars: Sequence[Bar]
    is_of_days: bool
    highest: int
    width: int = WIDTH
    height: int = HEIGHT


def draw(quarters: Sequence[Quarter], zone: ZoneInfo) -> Chart | None:
    """Return the picture of what came; None if nothing did.

    Spans without a click are there, too, so that distances are times; beyond ``MAX_DAYS`` the
    newest days are shown.
    """
    hours = by_hour(quarters, zone)
    if not hours:
        return None
    first = hours[0].start
    # Of two times of one zone only the clocks' hands are compared, not the offset.
    length = int(hours[-1].start.timestamp() - first.timestamp()) // HOUR_S + 1
    if length <= MAX_HOURS:
        counts = {hour.start.timestamp(): (hour.clicks, hour.hits) for hour in hours}
        starts = [_hour(first, index, zone) for index in range(length)]
        return _chart(starts, lambda start: counts.get(start.timestamp(), (0, 0)), of_days=False)
    days = by_day(quarters, zone)
    by_date = {day.day: (day.clicks, day.hits) for day in days}
    length = (days[-1].day - days[0].day).days + 1
    dates = [days[0].day + timedelta(days=index) for index in range(length)][-MAX_DAYS:]
    starts = [datetime(day.year, day.month, day.day, tzinfo=zone) for day in dates]
    return _chart(starts, lambda start: by_date.get(start.date(), (0, 0)), of_days=True)


def _hour(first: datetime, index: int, zone: ZoneInfo) -> datetime:
    # By the time that passes: clocks may be put forward or back meanwhile.
    return datetime.fromtimestamp(first.timestamp() + HOUR_S * index, zone)


def _chart(
    starts: Sequence[datetime], count: Callable[[datetime], tuple[int, int]], *, of_days: bool
) -> Chart:
    counted = [count(start) for start in starts]
    highest = max(clicks for clicks, _ in counted)
    room = WIDTH / len(starts)
    width = min(room * (1 - GAP_PART), MAX_BAR)
    bars = []
    for index, (start, (clicks, hits)) in enumerate(zip(starts, counted, strict=True)):
        height = HEIGHT * clicks / highest if highest else 0.0
        x = room * index + (room - width) / 2
        bars.append(
            Bar(
                start,
                clicks,
                hits - clicks,
                x=round(x, 2),
                width=round(width, 2),
                y=round(HEIGHT - height, 2),
                height=round(height, 2),
            )
        )
    return Chart(bars, of_days, highest)
