"""Credit: what a send is refused for, how long a day lasts, and what may be given."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from services.api.domain.credit import (
    MAX_CREDITS,
    Credit,
    CreditBelowZeroError,
    DailyCapReachedError,
    InsufficientCreditError,
    MoreThanAgreedError,
    PostPaidError,
    checked_amount,
    checked_cap,
    checked_note,
    seconds_left_of_day,
)
from services.api.domain.errors import InvalidValueError


@pytest.mark.parametrize(
    ("credit", "segments", "codes"),
    [
        (Credit(), 10**9, []),
        (Credit(balance=20), 20, []),
        (Credit(balance=20), 21, ["insufficient_credit"]),
        (Credit(balance=0), 1, ["insufficient_credit"]),
        (Credit(daily_cap=100, used_today=40), 60, []),
        (Credit(daily_cap=100, used_today=40), 61, ["daily_cap_reached"]),
        (Credit(daily_cap=0), 1, ["daily_cap_reached"]),
        (
            Credit(balance=5, daily_cap=100, used_today=99),
            6,
            ["daily_cap_reached", "insufficient_credit"],
        ),
    ],
)
def test_send_is_refused_for_what_it_lacks(
    credit: Credit, segments: int, codes: list[str]
) -> None:
    assert [each.told_code for each in credit.refusals(segments, retry_after_s=60)] == codes


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            InsufficientCreditError(needed=3, available=1),
            "The send needs 3 credits and the account has 1: top it up, or send to fewer",
        ),
        (
            InsufficientCreditError(needed=1, available=0),
            "The send needs 1 credit and the account has 0: top it up, or send to fewer",
        ),
        (
            DailyCapReachedError(needed=5, cap=10, used=7, retry_after_s=9),
            (
                "The send has 5 segment(s), and of the 10 that the account may send in a day 7 "
                "are used: send it tomorrow, or less today"
            ),
        ),
        (
            DailyCapReachedError(needed=11, cap=10, used=0, retry_after_s=9),
            (
                "The send has 11 segment(s), and of the 10 that the account may send in a day 0 "
                "are used: split it over several days"
            ),
        ),
        (
            InsufficientCreditError(needed=2_000, available=1, is_all=False),
            (
                "The send needs at least 2000 credits and the account has 1: top it up, or send "
                "to fewer"
            ),
        ),
        (
            DailyCapReachedError(needed=5, cap=10, used=7, retry_after_s=9, is_all=False),
            (
                "The send has at least 5 segment(s), and of the 10 that the account may send in a "
                "day 7 are used: split it into sends of at most 10 segment(s) a day"
            ),
        ),
        (
            CreditBelowZeroError(taken=3, available=2),
            "amount takes 3 credits, and the account has 2",
        ),
        (
            MoreThanAgreedError(agreed=2),
            (
                "The send takes more than the 2 segment(s) that were agreed to: its recipients or "
                "its text have changed meanwhile, so look at it once more"
            ),
        ),
        (
            PostPaidError("acme"),
            (
                "The account 'acme' is post-paid and keeps no balance: make it prepaid first "
                "(account-set --prepaid)"
            ),
        ),
    ],
)
def test_refusals_say_what_is_needed_and_what_there_is(error: Exception, text: str) -> None:
    assert str(error) == text


@pytest.mark.parametrize(
    ("now", "zone", "left_s"),
    [
        (datetime(2026, 11, 25, 18, 0, tzinfo=UTC), "Asia/Kolkata", 1_800),
        (datetime(2026, 11, 25, 18, 29, 59, 1, tzinfo=UTC), "Asia/Kolkata", 1),
        (datetime(2026, 11, 25, 18, 30, tzinfo=UTC), "Asia/Kolkata", 86_400),
        # Clocks go back at 3 o'clock: that day has 25 hours.
        (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), "Europe/Berlin", 90_000),
        # Midnight is left out there on that night.
        (datetime(2018, 11, 3, 12, 0, tzinfo=UTC), "America/Sao_Paulo", 54_000),
    ],
)
def test_day_lasts_until_the_midnight_of_the_zone(now: datetime, zone: str, left_s: int) -> None:
    assert seconds_left_of_day(now, ZoneInfo(zone)) == left_s


@pytest.mark.parametrize(
    ("amount", "is_correction"), [(1, False), (-5, True), (MAX_CREDITS, True)]
)
def test_amounts_that_may_be_given(amount: int, is_correction: bool) -> None:  # noqa: FBT001
    assert checked_amount(amount, is_correction=is_correction) == amount


@pytest.mark.parametrize(
    ("amount", "is_correction"),
    [(0, True), (-1, False), (MAX_CREDITS + 1, False), (-MAX_CREDITS - 1, True)],
)
def test_amounts_that_may_not(amount: int, is_correction: bool) -> None:  # noqa: FBT001
    with pytest.raises(InvalidValueError, match="amount"):
        checked_amount(amount, is_correction=is_correction)


def test_note_is_one_short_line() -> None:
    assert checked_note(" invoice 7 ") == "invoice 7"
    for note in ("x" * 201, "two\nlines", "nul\0"):
        with pytest.raises(InvalidValueError, match="note"):
            checked_note(note)


@pytest.mark.parametrize(
    ("written", "cap"), [("none", None), ("NONE", None), ("0", 0), ("25", 25)]
)
def test_caps(written: str, cap: int | None) -> None:
    assert checked_cap(written) == cap


@pytest.mark.parametrize("written", ["", "-1", "1.5", "²", "many", "9" * 13, "9" * 5_000])
def test_what_is_no_cap(written: str) -> None:
    with pytest.raises(InvalidValueError, match="daily cap"):
        checked_cap(written)
