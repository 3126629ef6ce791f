"""What users, sessions and second factors are refused."""

import math
from datetime import timedelta
from typing import ClassVar

from services.api.domain.errors import FieldError
from shared.domain.errors import DomainError


class PasswordCallsOffError(DomainError):
    """A right userId and password, of an account that takes none; told to nobody else."""

    code: ClassVar[str] = "password_calls_off"
    field = "userId"

    def __init__(self) -> None:
        super().__init__(
            "This account takes no userId and password: send an API key in the header apikey or "
            "as Authorization: Bearer"
        )


class SignInRefusedError(DomainError):
    """Nobody who may sign in: one answer for all, so that nothing is given away."""

    code: ClassVar[str] = "sign_in_refused"
    field = "login"

    def __init__(self) -> None:
        super().__init__("The login or the password is wrong, or this user cannot sign in")


class TooManyFailuresError(DomainError):
    """Too much has failed of late; nothing was looked at."""

    code: ClassVar[str] = "too_many_failures"

    def __init__(self, wait: timedelta) -> None:
        self.retry_after_s = max(1, math.ceil(wait.total_seconds()))
        super().__init__(
            "Too many passwords or codes were wrong of late: wait for the seconds that "
            "Retry-After says"
        )


class SecondFactorNeededError(DomainError):
    """A right password of a user who has a second factor."""

    code: ClassVar[str] = "second_factor_needed"
    field = "code"

    def __init__(self) -> None:
        super().__init__("code is missing: give the authenticator's, or a recovery_code")


class SecondFactorWrongError(FieldError):
    """A code that is none, or was taken before."""

    code: ClassVar[str] = "second_factor_wrong"

    def __init__(self, field: str) -> None:
        super().__init__(
            field,
            f"{field} is wrong, or was used before: take the next one, and look at the clock",
        )


class SessionMissingError(DomainError):
    """No session, or none any more, where nothing else will do."""

    code: ClassVar[str] = "session_missing"

    def __init__(self) -> None:
        super().__init__("There is no session, or it has ended: sign in by POST /session")


class CrossSiteError(DomainError):
    """A request by cookie that a page of another site may have made."""

    code: ClassVar[str] = "cross_site"

    def __init__(self) -> None:
        super().__init__(
            "A session changes something only for its own pages: send the csrf_token of GET "
            "/session in the header X-CSRF-Token, from the same origin"
        )


class SecondFactorDemandedError(DomainError):
    """The account wants a second factor of all who sign in, and this user has none."""

    code: ClassVar[str] = "second_factor_demanded"

    def __init__(self) -> None:
        super().__init__(
            "This account demands a second factor: set one up by POST /session/second-factor"
        )


class SecondFactorStateError(DomainError):
    """There is a second factor already, or none."""

    code: ClassVar[str] = "second_factor_state"

    def __init__(self, *, is_there: bool) -> None:
        super().__init__(
            "You have a second factor: remove it first"
            if is_there
            else "There is no second factor to do that with: begin by POST /session/second-factor"
        )


class WrongPasswordError(FieldError):
    """Not the password of whoever is signed in."""

    code: ClassVar[str] = "wrong_password"

    def __init__(self, field: str = "password") -> None:
        super().__init__(field, f"{field} is not your password")


class FreshProofNeededError(DomainError):
    """What a session may do only while its user has proved of late who they are."""

    code: ClassVar[str] = "fresh_proof_needed"

    def __init__(self) -> None:
        super().__init__(
            "A session does this only soon after its user proved who they are: send your "
            "password, and the code if there is a second factor, to POST /session/proof, and "
            "try again"
        )


class LastOwnerError(DomainError):
    """Nobody would be left to run the account."""

    code: ClassVar[str] = "last_owner"

    def __init__(self) -> None:
        super().__init__(
            "This is the account's last enabled owner: make another first, who can sign in if "
            "this one can"
        )


class RoleNotGrantableError(FieldError):
    """A role that may do more than whoever gives it, or takes it."""

    code: ClassVar[str] = "role_not_grantable"

    def __init__(self, role: str) -> None:
        super().__init__("role", f"role {role} may do more than you may yourself")


class OwnUserError(DomainError):
    """What users do for themselves, where their password is asked for."""

    code: ClassVar[str] = "own_user"

    def __init__(self) -> None:
        super().__init__(
            "Your own password and second factor are changed by POST /session/password and "
            "/session/second-factor, where your password is asked for"
        )


class TooManyUsersError(DomainError):
    """An account has as many users as it may."""

    code: ClassVar[str] = "too_many_users"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The account has {limit} users, which is the most")


class NotOfConsoleError(DomainError):
    """A user of the API has no second factor."""

    code: ClassVar[str] = "not_of_console"

    def __init__(self) -> None:
        super().__init__("Only a user of the console has a second factor")
