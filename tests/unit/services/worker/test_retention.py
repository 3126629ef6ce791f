from datetime import UTC, datetime, timedelta, timezone

import pytest

from services.worker.retention import first_month_kept

INDIA = timezone(timedelta(hours=5, minutes=30))


@pytest.mark.parametrize(
    ("now", "months", "first"),
    [
        pytest.param(
            datetime(2026, 12, 1, tzinfo=UTC), 1, (2026, 11), id="first moment of a month"
        ),
        pytest.param(datetime(2026, 12, 31, 23, 59, tzinfo=UTC), 1, (2026, 11), id="last minute"),
        pytest.param(datetime(2026, 1, 15, tzinfo=UTC), 1, (2025, 12), id="over the year"),
        pytest.param(datetime(2026, 11, 25, tzinfo=UTC), 12, (2025, 11), id="a year"),
        pytest.param(datetime(2026, 11, 25, tzinfo=UTC), 1_200, (1926, 11), id="the longest"),
        pytest.param(datetime(2026, 12, 1, 3, tzinfo=INDIA), 2, (2026, 9), id="month is UTC's"),
    ],
)
def test_visits_of_this_month_and_of_so_many_before_are_kept(
    now: datetime, months: int, first: tuple[int, int]
) -> None:
    assert first_month_kept(now, months) == datetime(*first, 1, tzinfo=UTC)
