"""Quarters of an hour put together to the hours and days of a time zone."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from itertools import product
from typing import NamedTuple
from zoneinfo import ZoneInfo


class Quarter(NamedTuple):
    """What came in a quarter of an hour.

    Attributes:
        start: In any zone.
    """

    start: datetime
    hits: int
    clicks: int


class Hour(NamedTuple):
    """What came in an hour of a zone's clocks.

    Attributes:
        start: In the zone. Of the hour that comes twice when clocks go back, each has its own
            offset from UTC.
    """

    start: datetime
    hits: int
    clicks: int


class Day(NamedTuple):
    """What came in a day of a zone, be it of 23, 24 or 25 hours."""

    day: date
    hits: int
    clicks: int


class WeekHour(NamedTuple):
    """What came in an hour of the week of a zone's clocks, over all weeks.

    Attributes:
        weekday: 1 is Monday, 7 Sunday (ISO 8601).
        hour: 0 to 23, as the clocks showed it: of the day on which they go back, one of them
            holds two hours, and of the day on which they go forward, one holds none.
    """

    weekday: int
    hour: int
    hits: int
    clicks: int


def by_hour(quarters: Iterable[Quarter], zone: ZoneInfo) -> list[Hour]:
    """Return the hours of a zone in which anything came, first things first."""
    hits: Counter[tuple[datetime, object]] = Counter()
    clicks: Counter[tuple[datetime, object]] = Counter()
    for quarter in sorted(quarters):
        start = quarter.start.astimezone(zone).replace(minute=0)
        # Of two times of one zone only the clocks' hands are compared, not the offset.
        key = start, start.utcoffset()
        hits[key] += quarter.hits
        clicks[key] += quarter.clicks
    return [Hour(key[0], count, clicks[key]) for key, count in hits.items()]


def by_day(quarters: Iterable[Quarter], zone: ZoneInfo) -> list[Day]:
    """Return the days of a zone in which anything came, first things first."""
    hits: Counter[date] = Counter()
    clicks: Counter[date] = Counter()
    for quarter in sorted(quarters):
        day = quarter.start.astimezone(zone).date()
        hits[day] += quarter.hits
        clicks[day] += quarter.clicks
    return [Day(day, count, clicks[day]) for day, count in hits.items()]


def by_week_hour(quarters: Iterable[Quarter], zone: ZoneInfo) -> list[WeekHour]:
    """Return all 168 hours of a zone's week, from Monday's first, those without a hit, too."""
    hits: Counter[tuple[int, int]] = Counter()
    clicks: Counter[tuple[int, int]] = Counter()
    for quarter in quarters:
        start = quarter.start.astimezone(zone)
        hits[start.isoweekday(), start.hour] += quarter.hits
        clicks[start.isoweekday(), start.hour] += quarter.clicks
    places = product(range(1, 8), range(24))
    return [WeekHour(*place, hits[place], clicks[place]) for place in places]


def best_hour(hours: Iterable[Hour]) -> Hour | None:
    """Return the hour with the most clicks, the first of several; None without any click."""
    best = max(hours, key=lambda hour: hour.clicks, default=None)
    return best if best is not None and best.clicks else None
