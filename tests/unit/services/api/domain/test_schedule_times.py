"""The time of a send, as senders write it, is the moment that they mean."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.domain.errors import InvalidValueError
from services.api.domain.schedule_times import (
    MAX_AHEAD,
    TOLERANCE,
    ClockChange,
    parse_schedule_time,
)

NOW = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
KOLKATA, BERLIN = ZoneInfo("Asia/Kolkata"), ZoneInfo("Europe/Berlin")
ZONES = [KOLKATA, BERLIN, *map(ZoneInfo, ("UTC", "America/New_York", "Australia/Lord_Howe"))]
SKIPPED, REPEATED = ClockChange.SKIPPED, ClockChange.REPEATED


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        pytest.param("2026-12-31 18:30", "2026-12-31T13:00:00Z", id="local"),
        pytest.param("2026-12-31 18:30:15", "2026-12-31T13:00:15Z", id="local with seconds"),
        pytest.param("2026-12-31T18:30", "2026-12-31T13:00:00Z", id="local with T"),
        pytest.param("  2026-12-31   18:30 ", "2026-12-31T13:00:00Z", id="blanks around"),
        pytest.param("2026-12-31T18:30:00+05:30", "2026-12-31T13:00:00Z", id="offset"),
        pytest.param("2026-12-31T18:30+0530", "2026-12-31T13:00:00Z", id="offset without colon"),
        pytest.param("2026-12-31 18:30 +05:30", "2026-12-31T13:00:00Z", id="offset apart"),
        pytest.param("2026-12-31T18:30:00 05:30", "2026-12-31T13:00:00Z", id="+ lost in a query"),
        pytest.param("2026-12-31 18:30:00 0530", "2026-12-31T13:00:00Z", id="+ lost, no colon"),
        pytest.param("2026-12-31T18:30:00-03:00", "2026-12-31T21:30:00Z", id="offset west"),
        pytest.param("2026-12-31T18:30:00Z", "2026-12-31T18:30:00Z", id="UTC"),
        pytest.param("2026-12-31t18:30:00z", "2026-12-31T18:30:00Z", id="UTC in small letters"),
        pytest.param("2026-12-31T18:30:00.000Z", "2026-12-31T18:30:00Z", id="of JavaScript"),
        pytest.param("2026-12-31T18:30:00.999999+05:30", "2026-12-31T13:00:00Z", id="of Python"),
    ],
)
def test_time_in_kolkata_is_understood(text: str, moment: str) -> None:
    scheduled = parse_schedule_time(text, KOLKATA, NOW)

    assert scheduled.moment == datetime.fromisoformat(moment)
    assert scheduled.moment.tzinfo is UTC
    assert scheduled.local == scheduled.moment
    assert scheduled.local.utcoffset() == timedelta(hours=5, minutes=30)
    assert scheduled.clock_change is None


@pytest.mark.parametrize(
    ("zone", "text", "local", "change"),
    [
        # Clocks go forward from 2 to 3 on 29 March, and back from 3 to 2 on 25 October.
        ("Europe/Berlin", "2026-03-29 01:59:59", "2026-03-29T01:59:59+01:00", None),
        ("Europe/Berlin", "2026-03-29 02:00", "2026-03-29T03:00:00+02:00", SKIPPED),
        ("Europe/Berlin", "2026-03-29 02:30", "2026-03-29T03:30:00+02:00", SKIPPED),
        ("Europe/Berlin", "2026-03-29 02:59:59", "2026-03-29T03:59:59+02:00", SKIPPED),
        ("Europe/Berlin", "2026-03-29 03:00", "2026-03-29T03:00:00+02:00", None),
        ("Europe/Berlin", "2026-10-25 01:59:59", "2026-10-25T01:59:59+02:00", None),
        ("Europe/Berlin", "2026-10-25 02:00", "2026-10-25T02:00:00+02:00", REPEATED),
        ("Europe/Berlin", "2026-10-25 02:59:59", "2026-10-25T02:59:59+02:00", REPEATED),
        ("Europe/Berlin", "2026-10-25 03:00", "2026-10-25T03:00:00+01:00", None),
        # An offset leaves no doubt.
        ("Europe/Berlin", "2026-10-25T02:30:00+01:00", "2026-10-25T02:30:00+01:00", None),
        ("Europe/Berlin", "2026-03-29T02:30:00+01:00", "2026-03-29T03:30:00+02:00", None),
        ("America/New_York", "2026-03-08 02:30", "2026-03-08T03:30:00-04:00", SKIPPED),
        ("America/New_York", "2026-11-01 01:30", "2026-11-01T01:30:00-04:00", REPEATED),
        # By half an hour only.
        ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-04T02:45:00+11:00", SKIPPED),
        ("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-05T01:45:00+11:00", REPEATED),
        # Midnight is what the clocks skip there.
        ("Africa/Cairo", "2026-04-24 00:30", "2026-04-24T01:30:00+03:00", SKIPPED),
        ("Asia/Kolkata", "2026-03-29 02:30", "2026-03-29T02:30:00+05:30", None),
    ],
)
def test_time_that_the_clocks_skip_or_repeat_is_taken_as_the_standard_has_it(
    zone: str, text: str, local: str, change: ClockChange | None
) -> None:
    scheduled = parse_schedule_time(text, ZoneInfo(zone), NOW)

    assert scheduled.local.isoformat() == local
    assert scheduled.clock_change is change


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("tomorrow", id="word"),
        pytest.param("2026-12-31", id="no time"),
        pytest.param("18:30", id="no day"),
        pytest.param("31-12-2026 18:30", id="day first"),
        pytest.param("12/31/2026 06:30 PM", id="of America"),
        pytest.param("2026-12-31 6:30", id="one digit"),
        pytest.param("2026-02-30 18:30", id="no such day"),
        pytest.param("2026-12-31 24:00", id="no such hour"),
        pytest.param("2026-12-31 18:60", id="no such minute"),
        pytest.param("2026-12-31 18:30 05", id="seconds apart"),
        pytest.param("2026-12-31T18:30:00+05", id="offset without minutes"),
        pytest.param("2026-12-31T18:30:00+05:60", id="no such offset"),
        pytest.param("2026-12-31T18:30:00+24:00", id="offset of a day"),
        pytest.param("2026-12-31T18:30:00+05:30Z", id="two offsets"),
        pytest.param("2026-12-31T18:30:00 IST", id="named zone"),
        pytest.param("1798722000", id="unix time"),
        pytest.param("٢٠٢٦-12-31 18:30", id="other digits"),
        pytest.param("0001-01-01 00:00", id="before all calendars"),
        pytest.param("9999-12-31T23:59:59Z", id="after all calendars"),
        pytest.param("2026-12-31 18:30" + " " * 500 + "x", id="long"),
    ],
)
def test_what_is_no_time_is_refused_with_what_would_be(text: str) -> None:
    with pytest.raises(InvalidValueError) as refused:
        parse_schedule_time(text, KOLKATA, NOW)

    assert refused.value.field == "scheduleTime"
    message = str(refused.value)
    assert message.startswith("scheduleTime must be YYYY-MM-DD HH:MM[:SS]")
    assert "Asia/Kolkata" in message
    assert len(message) < 300


@pytest.mark.parametrize(
    ("behind", "is_taken"),
    [
        pytest.param(TOLERANCE, True, id="within the tolerance"),
        pytest.param(TOLERANCE + timedelta(seconds=1), False, id="beyond it"),
    ],
)
def test_time_may_be_past_by_what_clocks_differ(behind: timedelta, *, is_taken: bool) -> None:
    text = (NOW - behind).isoformat()
    if is_taken:
        assert parse_schedule_time(text, KOLKATA, NOW).is_due(NOW)
        return

    with pytest.raises(InvalidValueError) as refused:
        parse_schedule_time(text, KOLKATA, NOW)

    assert str(refused.value) == (
        "scheduleTime is past: 2026-03-01 17:28:29 (Asia/Kolkata), and now it is "
        "2026-03-01 17:30:30 (Asia/Kolkata). Give a time ahead, or the present one to send at once"
    )


def test_time_of_this_very_minute_is_due() -> None:
    assert parse_schedule_time("2026-03-01 17:30", KOLKATA, NOW).is_due(NOW)
    assert not parse_schedule_time("2026-03-01 17:31", KOLKATA, NOW).is_due(NOW)


def test_time_may_be_a_year_ahead_and_no_more() -> None:
    last = NOW + MAX_AHEAD

    assert parse_schedule_time(last.isoformat(), KOLKATA, NOW).moment == last
    with pytest.raises(InvalidValueError, match="within 365 days, which is until 2027-03-01"):
        parse_schedule_time((last + timedelta(seconds=1)).isoformat(), KOLKATA, NOW)


@given(
    moment=st.datetimes(NOW.replace(tzinfo=None), (NOW + MAX_AHEAD).replace(tzinfo=None)),
    zone=st.sampled_from(ZONES),
)
def test_what_a_clock_shows_at_a_moment_is_that_moment_or_the_same_hands_before(
    moment: datetime, zone: ZoneInfo
) -> None:
    meant = moment.replace(tzinfo=UTC, microsecond=0)
    shown = meant.astimezone(zone)

    scheduled = parse_schedule_time(f"{shown:%Y-%m-%d %H:%M:%S}", zone, NOW)

    assert scheduled.local.replace(tzinfo=None) == shown.replace(tzinfo=None)
    if scheduled.clock_change is None:
        assert scheduled.moment == meant
    else:
        assert scheduled.clock_change is ClockChange.REPEATED
        assert scheduled.moment <= meant


@given(
    text=st.one_of(
        st.text(),
        st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:]{5,8}([+ -][0-9:]{4,5}|Z)?"),
    ),
    zone=st.sampled_from(ZONES),
)
def test_whatever_is_written_is_a_time_ahead_or_refused(text: str, zone: ZoneInfo) -> None:
    try:
        scheduled = parse_schedule_time(text, zone, NOW)
    except InvalidValueError as error:
        assert error.field == "scheduleTime"  # noqa: PT017 - either end is right
        return

    assert NOW - TOLERANCE <= scheduled.moment <= NOW + MAX_AHEAD
