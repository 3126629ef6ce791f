"""Sessions, and what their users do about themselves, as they go over the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from services.api.domain.passwords import MAX_LENGTH, MIN_LENGTH
from services.api.operations.authenticate import Caller
from services.api.operations.second_factors import Enrolment, Given, RecoveryCodes
from services.api.schemas.json_bodies import JsonBody
from services.api.storage.sessions import Session, StoredSession

SESSION_ID = "0d7c8f0e-5f3e-4f0a-9a53-0c6b6e1b7a11"
CSRF_TOKEN = "mX2v…"  # noqa: S105 - an example
EXAMPLE: dict[str, JsonValue] = {
    "id": SESSION_ID,
    "user_id": "6a1e6c1b-0a53-4f49-8d0a-4c2f0e4f8f7e",
    "login": "asha",
    "role": "owner",
    "scopes": ["admin", "export", "otp", "report", "send"],
    "account": {"name": "Your company", "time_zone": "Asia/Kolkata"},
    "csrf_token": CSRF_TOKEN,
    "second_factor": {"is_on": True, "is_demanded": False, "recovery_codes_left": 10},
    "created_at": "2026-11-25T22:20:09+05:30",
    "expires_at": "2026-12-09T22:20:09+05:30",
}
ROW_EXAMPLE: dict[str, JsonValue] = {
    "id": SESSION_ID,
    "is_this_one": True,
    "address": "203.0.113.7",
    "agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "created_at": "2026-11-25T22:20:09+05:30",
    "last_seen_at": "2026-11-25T22:31:04+05:30",
    "ends_at": "2026-11-26T10:31:04+05:30",
}
SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
ENROLMENT_EXAMPLE: dict[str, JsonValue] = {
    "secret": SEED,
    "otpauth_url": f"otpauth://totp/txlink:asha?secret={SEED}&issuer=txlink",
}
CODES_EXAMPLE: dict[str, JsonValue] = {
    "recovery_codes": ["x3kq-7dmw-p2vz-n5ha", "…"],
    "csrf_token": CSRF_TOKEN,
}

# Longer than any that is right; what is longer need not be looked at.
_Secret = Annotated[str, Field(max_length=1_000, repr=False)]


class NewSession(JsonBody):
    """Who signs in."""

    login: str = Field(max_length=1_000, examples=["asha"])
    password: _Secret
    code: str | None = Field(
        None, max_length=100, repr=False, description="Of the authenticator", examples=["492039"]
    )
    recovery_code: str | None = Field(
        None, max_length=100, repr=False, description="In its place, once each"
    )

    def given(self) -> Given | None:
        """Return the second factor that is given, if one is."""
        return _given(self.code, self.recovery_code)


class PasswordProof(JsonBody):
    """Who one is, once more."""

    password: _Secret = Field(description="Your own password")


class FullProof(PasswordProof):
    """Who one is, once more, as when signing in."""

    code: str | None = Field(
        None, max_length=100, repr=False, description="Of the authenticator", examples=["492039"]
    )
    recovery_code: str | None = Field(
        None, max_length=100, repr=False, description="In its place, once each"
    )

    def given(self) -> Given | None:
        """Return the second factor that is given, if one is."""
        return _given(self.code, self.recovery_code)


class PasswordChange(JsonBody):
    """Another password of one's own."""

    password: _Secret = Field(description="The one that counts now")
    new_password: _Secret = Field(
        description=f"{MIN_LENGTH} to {MAX_LENGTH} characters of any kind"
    )


class CodeProof(JsonBody):
    """A code of an authenticator."""

    code: str = Field(
        max_length=100,
        repr=False,
        description="The six digits that the authenticator shows",
        examples=["492039"],
    )


class SessionAccount(BaseModel):
    """Whose user somebody is."""

    model_config = ConfigDict(frozen=True)

    name: str
    time_zone: str


class SessionFactor(BaseModel):
    """The second factor of whoever is signed in."""

    model_config = ConfigDict(frozen=True)

    is_on: bool
    is_demanded: bool = Field(description="By the account; nothing else can be done without one")
    recovery_codes_left: int


class SessionReport(BaseModel):
    """Who is signed in, and what they may do."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": EXAMPLE})

    id: UUID
    user_id: UUID
    login: str
    role: str
    scopes: list[str] = Field(description="None as long as a second factor is owed")
    account: SessionAccount
    csrf_token: str = Field(
        description="For the header `X-CSRF-Token` of all that changes anything", repr=False
    )
    second_factor: SessionFactor
    created_at: datetime
    expires_at: datetime = Field(description="Then at the latest; unused, sooner")


class SessionRow(BaseModel):
    """One of one's own sessions."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": ROW_EXAMPLE})

    id: UUID
    is_this_one: bool
    address: str | None
    agent: str = Field(description="What the browser calls itself")
    created_at: datetime
    last_seen_at: datetime = Field(description="Noted once a minute")
    ends_at: datetime = Field(description="Unless it is used before")


class SessionList(BaseModel):
    """One's own sessions, the one seen last first."""

    model_config = ConfigDict(frozen=True)

    sessions: list[SessionRow]


class EnrolmentReport(BaseModel):
    """What an authenticator is told."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": ENROLMENT_EXAMPLE})

    secret: str = Field(description="Shown only now", repr=False)
    otpauth_url: str = Field(description="The same, for a QR code", repr=False)


class RecoveryCodesReport(BaseModel):
    """Codes for when the authenticator is lost."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": CODES_EXAMPLE})

    recovery_codes: list[str] = Field(description="Shown only now; each counts once", repr=False)
    csrf_token: str = Field(description="From now on", repr=False)


def to_session_report(caller: Caller, session: StoredSession) -> SessionReport:
    """Turn a session into what its user sees."""
    zone = caller.account.time_zone
    return SessionReport(
        id=session.uuid,
        user_id=session.user_uuid,
        login=session.login,
        role=session.role,
        scopes=[] if caller.owes_factor else sorted(caller.scopes),
        account=SessionAccount(name=caller.account.name, time_zone=zone.key),
        csrf_token=session.csrf_token,
        second_factor=SessionFactor(
            is_on=session.has_factor,
            is_demanded=session.demands_factor,
            recovery_codes_left=session.recovery_code_count,
        ),
        created_at=session.created_at.astimezone(zone),
        expires_at=session.expires_at.astimezone(zone),
    )


def to_session_list(
    found: list[Session], of_request: StoredSession, zone: ZoneInfo
) -> SessionList:
    """Turn sessions into what their user sees."""
    return SessionList(
        sessions=[
            SessionRow(
                id=each.uuid,
                is_this_one=each.id == of_request.id,
                address=each.address,
                agent=each.agent,
                created_at=each.created_at.astimezone(zone),
                last_seen_at=each.seen_at.astimezone(zone),
                ends_at=each.ends_at.astimezone(zone),
            )
            for each in found
        ]
    )


def to_enrolment_report(enrolment: Enrolment) -> EnrolmentReport:
    """Turn a secret just made into what its user sees once."""
    return EnrolmentReport(secret=enrolment.secret, otpauth_url=enrolment.otpauth_url)


def to_codes_report(made: RecoveryCodes, csrf_token: str) -> RecoveryCodesReport:
    """Turn codes just made into what their user sees once."""
    return RecoveryCodesReport(recovery_codes=made.codes, csrf_token=csrf_token)


def _given(code: str | None, recovery_code: str | None) -> Given | None:
    if code is not None:
        return Given(code)
    if recovery_code is not None:
        return Given(recovery_code, is_recovery_code=True)
    return None
