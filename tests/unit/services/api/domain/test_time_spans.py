"""Quarters of an hour make the hours and days that a zone's clocks show."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.domain.day_bounds import moments, start_of
from services.api.domain.errors import InvalidValueError
from services.api.domain.time_spans import Quarter, best_hour, by_day, by_hour, by_week_hour

BERLIN, KATHMANDU = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kathmandu")
ZONES = [BERLIN, KATHMANDU, *map(ZoneInfo, ("UTC", "America/St_Johns", "Australia/Lord_Howe"))]
QUARTER = timedelta(minutes=15)


def quarters(start: str, count: int) -> list[Quarter]:
    first = datetime.fromisoformat(start)
    return [Quarter(first + number * QUARTER, 2, 1) for number in range(count)]


def test_hour_that_comes_twice_is_two_hours() -> None:
    night = by_hour(quarters("2026-10-25T00:00Z", 12), BERLIN)

    assert [hour.start.isoformat() for hour in night] == [
        "2026-10-25T02:00:00+02:00",
        "2026-10-25T02:00:00+01:00",
        "2026-10-25T03:00:00+01:00",
    ]
    assert {hour.hits for hour in night} == {8}


def test_hours_begin_where_the_zones_clocks_say_so() -> None:
    [first, second] = by_hour(quarters("2026-11-25T00:00Z", 4), KATHMANDU)

    assert (first.start.isoformat(), first.hits) == ("2026-11-25T05:00:00+05:45", 2)
    assert (second.start.isoformat(), second.hits) == ("2026-11-25T06:00:00+05:45", 6)


def test_day_on_which_clocks_go_back_has_25_hours() -> None:
    assert [(day.day, day.hits) for day in by_day(quarters("2026-10-24T22:00Z", 104), BERLIN)] == [
        (date(2026, 10, 25), 200),
        (date(2026, 10, 26), 8),
    ]


def test_week_has_168_hours_as_the_clocks_show_them() -> None:
    # Two Sundays: on one clocks go back, and two o'clock comes twice; on one they go forward.
    came = [*quarters("2026-10-25T00:00Z", 12), *quarters("2026-03-29T00:00Z", 12)]

    week = by_week_hour(came, BERLIN)

    assert [(hour.weekday, hour.hour) for hour in week] == [
        (weekday, hour) for weekday in range(1, 8) for hour in range(24)
    ]
    assert [hour for hour in week if hour.hits] == [
        (7, 1, 8, 4),
        (7, 2, 16, 8),
        (7, 3, 16, 8),
        (7, 4, 8, 4),
    ]


def test_best_hour_is_the_first_of_those_with_most_clicks() -> None:
    hours = by_hour(quarters("2026-11-25T00:15Z", 11), BERLIN)

    best = best_hour(hours)

    assert best is not None
    assert best.start.isoformat() == "2026-11-25T02:00:00+01:00"
    assert best_hour([]) is None
    assert best_hour([hour._replace(clicks=0) for hour in hours]) is None


@given(
    st.lists(st.tuples(st.integers(0, 40_000), st.integers(1, 9), st.integers(0, 9)), max_size=30),
    st.sampled_from(ZONES),
)
def test_nothing_is_lost_or_counted_twice(
    came: list[tuple[int, int, int]], zone: ZoneInfo
) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    each = [Quarter(start + number * QUARTER, hits, clicks) for number, hits, clicks in came]
    total = sum(hits for _, hits, _ in came), sum(clicks for _, _, clicks in came)

    for spans in (by_hour(each, zone), by_day(each, zone), by_week_hour(each, zone)):
        assert (sum(span.hits for span in spans), sum(span.clicks for span in spans)) == total
    starts = [hour.start.astimezone(UTC) for hour in by_hour(each, zone)]
    assert starts == sorted(set(starts))


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("Asia/Kolkata", "2026-11-25", "2026-11-24T18:30:00+00:00"),
        ("America/New_York", "2026-03-08", "2026-03-08T05:00:00+00:00"),
        ("America/New_York", "2026-03-09", "2026-03-09T04:00:00+00:00"),
        # There was no midnight: clocks went from 24:00 to 01:00.
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00+00:00"),
    ],
)
def test_day_begins_with_its_first_moment(zone: str, day: str, begins: str) -> None:
    assert start_of(date.fromisoformat(day), ZoneInfo(zone)).isoformat() == begins


def test_last_day_is_included() -> None:
    begin, end = moments(date(2026, 11, 24), date(2026, 11, 24), ZoneInfo("UTC"))

    assert begin is not None
    assert end is not None
    assert end - begin == timedelta(days=1)
    assert moments(None, None, BERLIN) == (None, None)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 11, 24), date(2026, 11, 23)),
        (None, date.max),
        (date.min, None),
    ],
    ids=["wrong way round", "behind the calendar", "before the calendar"],
)
def test_days_that_are_no_span_are_refused(first: date | None, last: date | None) -> None:
    with pytest.raises(InvalidValueError):
        moments(first, last, KATHMANDU)
