"""When something ends, as an operator writes it."""

from datetime import UTC, datetime

import pytest

from services.api.domain.errors import InvalidValueError
from services.api.domain.expiry import parse_expiry


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        pytest.param("never", None, id="never"),
        pytest.param(
            "2026-12-31T23:59:00+05:30", datetime(2026, 12, 31, 18, 29, tzinfo=UTC), id="offset"
        ),
        pytest.param("2026-12-31T23:59Z", datetime(2026, 12, 31, 23, 59, tzinfo=UTC), id="utc"),
    ],
)
def test_an_expiry_is_a_moment_or_never(text: str, moment: datetime | None) -> None:
    assert parse_expiry(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("2026-12-31T23:59:00", id="no offset"),
        pytest.param("tomorrow", id="words"),
        pytest.param("0001-01-01T00:00:00+14:00", id="year 0"),
        pytest.param("", id="blank"),
    ],
)
def test_what_is_no_moment_is_refused_with_what_would_be_right(text: str) -> None:
    with pytest.raises(InvalidValueError, match="must be a time with its offset such as"):
        parse_expiry(text)
