"""An account's days have what was sent and what came on each, and none is left out."""

from datetime import date

from services.api.domain.account_days import AccountDay, Sent, account_days
from services.api.domain.time_spans import Day

FIRST, SECOND = date(2026, 11, 24), date(2026, 11, 25)


def test_every_day_of_a_span_is_told() -> None:
    days = account_days(
        FIRST, SECOND, [Day(SECOND, 5, 3)], [Sent(SECOND, 10, 8, 1), Sent(SECOND, 2, 2, 0)]
    )

    assert days == [
        AccountDay(FIRST, 0, 0, 0, 0, 0, 0),
        AccountDay(SECOND, 2, 12, 10, 1, 5, 3),
    ]
