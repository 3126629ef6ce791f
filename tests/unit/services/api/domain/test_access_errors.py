"""Who is known and still not let in is told why, and what would be right."""

from datetime import UTC, datetime
from ipaddress import ip_address

import pytest

from services.api.domain.access_errors import (
    AddressNotAllowedError,
    KeyExpiredError,
    KeyNotLiveError,
    LockOutError,
    ScopeNotGrantableError,
    TooManyKeysError,
)
from shared.domain.errors import DomainError

ADDRESS = ip_address("2001:db8::7")


@pytest.mark.parametrize(
    ("error", "field", "told"),
    [
        pytest.param(
            KeyExpiredError(datetime(2026, 1, 2, tzinfo=UTC)),
            "apikey",
            "expired at 2026-01-02T00:00:00Z",
            id="expired",
        ),
        pytest.param(AddressNotAllowedError(ADDRESS), None, "from 2001:db8::7", id="outside"),
        pytest.param(
            AddressNotAllowedError(None), None, "from a connection without", id="no-address"
        ),
        pytest.param(ScopeNotGrantableError("otp"), "scopes", "it lacks otp", id="scope"),
        pytest.param(KeyNotLiveError("abc"), None, "rotate abc, which took", id="rotated"),
        pytest.param(KeyNotLiveError(None), None, "make another", id="ended"),
        pytest.param(TooManyKeysError(100), None, "100 live keys", id="many"),
        pytest.param(LockOutError(ADDRESS), "ip_allow_list", "add 2001:db8::7, or", id="lock-out"),
        pytest.param(
            LockOutError(None), "ip_allow_list", "which has no IP address", id="lock-out-unseen"
        ),
    ],
)
def test_an_error_says_what_is_wrong_and_names_its_field(
    error: DomainError, field: str | None, told: str
) -> None:
    assert told in str(error)
    assert error.field == field
