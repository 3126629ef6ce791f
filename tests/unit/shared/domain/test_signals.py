"""Quarters of an hour, by which signs are counted."""

from datetime import UTC, datetime

import pytest

from shared.domain.signals import quarter_of


@pytest.mark.parametrize(("minute", "quarter"), [(0, 0), (14, 0), (15, 15), (59, 45)])
def test_a_moment_is_in_the_quarter_that_began_last(minute: int, quarter: int) -> None:
    moment = datetime(2026, 11, 30, 12, minute, 59, 999_999, tzinfo=UTC)

    assert quarter_of(moment) == datetime(2026, 11, 30, 12, quarter, tzinfo=UTC)
