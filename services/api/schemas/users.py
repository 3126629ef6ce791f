"""Users of an account as its admins see them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from services.api.domain.account_rules import MAX_LOGIN
from services.api.domain.passwords import MAX_LENGTH, MIN_LENGTH
from services.api.domain.roles import UserKind
from services.api.schemas.json_bodies import JsonBody
from services.api.storage.sign_in_rules import SignInRules
from services.api.storage.users import User

EXAMPLE: dict[str, JsonValue] = {
    "id": "6a1e6c1b-0a53-4f49-8d0a-4c2f0e4f8f7e",
    "login": "asha",
    "kind": "console",
    "role": "analyst",
    "is_disabled": False,
    "has_second_factor": True,
    "created_at": "2026-11-25T22:20:09+05:30",
    "password_set_at": "2026-11-25T22:20:09+05:30",
    "signed_in_at": "2026-11-26T09:12:51+05:30",
}
RULES_EXAMPLE: dict[str, JsonValue] = {"password_calls": True, "demands_second_factor": False}

Role = Literal["owner", "sender", "analyst", "read-only"]
Password = Annotated[
    str,
    Field(
        max_length=1_000,
        repr=False,
        description=f"{MIN_LENGTH} to {MAX_LENGTH} characters of any kind, and none that is soon "
        "guessed",
    ),
]


class NewUser(JsonBody):
    """A user to be made."""

    login: str = Field(
        max_length=1_000,
        description=f"1 to {MAX_LOGIN} characters; of all accounts' users the only one",
        examples=["asha"],
    )
    kind: UserKind = Field(
        description="`console`: signs in to sessions; or `api`: sends userId and password"
    )
    role: Role = Field(
        description="One that may do no more than you: owner, sender, analyst or read-only"
    )
    password: Password


class UserEdit(JsonBody):
    """What is to change of a user; what is left out stays."""

    role: Role | None = Field(
        None, description="One that may do no more than you: owner, sender, analyst or read-only"
    )
    is_disabled: bool | None = None


class NewPassword(JsonBody):
    """Another password of a user."""

    password: Password


class RulesEdit(JsonBody):
    """What is to change; what is left out stays."""

    password_calls: bool | None = Field(
        None, description="Whether userId and password are taken on calls"
    )
    demands_second_factor: bool | None = Field(
        None, description="Whether users of the console can do nothing before they have one"
    )


class UserReport(BaseModel):
    """A user."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": EXAMPLE})

    id: UUID
    login: str
    kind: UserKind
    role: str
    is_disabled: bool
    has_second_factor: bool
    created_at: datetime
    password_set_at: datetime | None = Field(description="null: before this was noted")
    signed_in_at: datetime | None = Field(description="Last; null of who never did")


class UserPage(BaseModel):
    """A page of users, newest first."""

    model_config = ConfigDict(frozen=True)

    users: list[UserReport]
    next_cursor: str | None = Field(description="Give it as cursor for the next page; null: none")


class RulesReport(BaseModel):
    """How the users of an account are let in."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": RULES_EXAMPLE})

    password_calls: bool = Field(description="Whether userId and password are taken on calls")
    demands_second_factor: bool = Field(
        description="Whether users of the console can do nothing before they have one"
    )


def to_user_report(user: User, zone: ZoneInfo) -> UserReport:
    """Turn a user into what the account's admins see."""
    return UserReport(
        id=user.uuid,
        login=user.login,
        kind=user.kind,
        role=user.role,
        is_disabled=user.is_disabled,
        has_second_factor=user.factor_confirmed_at is not None,
        created_at=user.created_at.astimezone(zone),
        password_set_at=_local(user.password_set_at, zone),
        signed_in_at=_local(user.signed_in_at, zone),
    )


def to_rules_report(rules: SignInRules) -> RulesReport:
    """Turn rules into what the account's admins see."""
    return RulesReport(
        password_calls=rules.password_calls, demands_second_factor=rules.demands_second_factor
    )


def _local(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    return None if moment is None else moment.astimezone(zone)
