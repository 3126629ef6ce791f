"""What users are refused says what would be right."""

from datetime import timedelta

import pytest

from services.api.domain import user_errors
from services.api.domain.passwords import PasswordRefusedError
from shared.domain.errors import DomainError


@pytest.mark.parametrize(
    ("error", "field", "told"),
    [
        (user_errors.PasswordCallsOffError(), "userId", "send an API key"),
        (user_errors.SignInRefusedError(), "login", "login or the password is wrong"),
        (user_errors.SecondFactorNeededError(), "code", "or a recovery_code"),
        (user_errors.SecondFactorWrongError("code"), "code", "take the next one"),
        (user_errors.SessionMissingError(), None, "sign in by POST /session"),
        (user_errors.CrossSiteError(), None, "X-CSRF-Token"),
        (user_errors.SecondFactorDemandedError(), None, "set one up"),
        (user_errors.SecondFactorStateError(is_there=True), None, "remove it first"),
        (user_errors.SecondFactorStateError(is_there=False), None, "begin by POST"),
        (user_errors.WrongPasswordError(), "password", "not your password"),
        (user_errors.FreshProofNeededError(), None, "POST /session/proof"),
        (user_errors.LastOwnerError(), None, "make another first"),
        (user_errors.RoleNotGrantableError("owner"), "role", "more than you may"),
        (user_errors.OwnUserError(), None, "POST /session/password"),
        (user_errors.TooManyUsersError(500), None, "500 users"),
        (user_errors.NotOfConsoleError(), None, "Only a user of the console"),
        (PasswordRefusedError("must be more"), "password", "password must be more"),
    ],
)
def test_it_is_told(error: DomainError, field: str | None, told: str) -> None:
    assert error.field == field
    assert told in str(error)


@pytest.mark.parametrize(("wait", "seconds"), [(0.1, 1), (3.2, 4), (900, 900)])
def test_whoever_failed_is_told_for_how_long_to_wait(wait: float, seconds: int) -> None:
    error = user_errors.TooManyFailuresError(timedelta(seconds=wait))

    assert error.retry_after_s == seconds
