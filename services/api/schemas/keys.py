"""API keys, and where they may be used from, as they go over the wire."""

from datetime import datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from services.api.domain.allow_lists import MAX_NETWORKS, AllowList, stored_allow_list
from services.api.domain.rate_limits import MAX_PER_MINUTE
from services.api.operations.manage_keys import MAX_OVERLAP_H, KeyWithSecret
from services.api.schemas.json_bodies import JsonBody
from services.api.schemas.webhooks import Moment
from services.api.storage.keys import Key
from shared.domain.trusted_proxies import IpAddress

EXAMPLE: dict[str, JsonValue] = {
    "prefix": "5f0c1a9be27d",
    "name": "shop",
    "scopes": ["report", "send"],
    "status": "live",
    "ip_allow_list": ["203.0.113.0/24"],
    "calls_per_minute": None,
    "sends_per_minute": 600,
    "created_at": "2026-11-25T22:20:09+05:30",
    "expires_at": "2027-11-25T22:20:09+05:30",
    "revoked_at": None,
    "last_used_at": "2026-11-25T22:31:04+05:30",
    "last_used_address": "203.0.113.7",
    "replaced_by": None,
}
SECRET = "txk_5f0c1a9be27d_Zx0…"  # noqa: S105 - an example
ALLOW_LIST_EXAMPLE: dict[str, JsonValue] = {
    "ip_allow_list": ["203.0.113.0/24", "2001:db8::/48"],
    "your_address": "203.0.113.7",
}

Scope = Literal["send", "otp", "report", "admin"]
# Longer than any address or network is, however it is written.
Network = Annotated[str, Field(max_length=100)]
Networks = Annotated[
    list[Network],
    Field(
        # Those that come twice count once, so a few more may be given than are kept.
        max_length=2 * MAX_NETWORKS,
        description=f"Addresses and networks (CIDR), IPv4 or IPv6, at most {MAX_NETWORKS}; "
        "empty: everywhere",
        examples=[["203.0.113.7", "203.0.113.0/24", "2001:db8::/48"]],
    ),
]

PerMinute = Annotated[
    int | None,
    Field(ge=0, le=MAX_PER_MINUTE, description="0: any number; null: as the server has it"),
]


class NewKey(JsonBody):
    """A key to be made."""

    name: str = Field(description="What the key is for", examples=["shop"])
    scopes: list[Scope] = Field(
        min_length=1,
        max_length=8,
        description="What it may do: send, otp, report or admin, of what you may yourself",
    )
    expires_at: Moment | None = Field(
        None, description="With an offset; refused from then on. Left out: never"
    )
    ip_allow_list: Networks = Field(default=[])
    calls_per_minute: PerMinute = None
    sends_per_minute: PerMinute = None


class KeyRotation(JsonBody):
    """How a key is to be rotated."""

    overlap_hours: float = Field(
        24,
        ge=0,
        le=MAX_OVERLAP_H,
        allow_inf_nan=False,
        description=f"For how long the old one counts as well, 0 to {MAX_OVERLAP_H}",
    )
    expires_at: Moment | None = Field(
        None,
        description="Of the new one; left out, it lives as long as the old one was made to live",
    )


class AllowListChange(JsonBody):
    """Where calls may come from, instead of what was said before."""

    ip_allow_list: Networks


class RateLimitChange(JsonBody):
    """How many calls a minute a key is to be good for; what is left out stays as it is."""

    calls_per_minute: PerMinute = None
    sends_per_minute: PerMinute = None


class KeyReport(BaseModel):
    """An API key."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": EXAMPLE})

    prefix: str = Field(description="The part of it that may be shown, and names it")
    name: str
    scopes: list[str]
    status: Literal["live", "expired", "revoked"]
    ip_allow_list: list[str] = Field(description="Besides the account's; empty: everywhere")
    calls_per_minute: int | None = Field(
        description="Besides the account's; 0: any number; null: as the server has it"
    )
    sends_per_minute: int | None = Field(description="The same, of calls that send")
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None = Field(description="Noted once a minute")
    last_used_address: str | None
    replaced_by: str | None = Field(description="The prefix of the key that took its place")


class KeySecretReport(KeyReport):
    """An API key with its text."""

    model_config = ConfigDict(
        frozen=True, json_schema_extra={"example": EXAMPLE | {"key": SECRET}}
    )

    key: str = Field(description="Shown only now; keep it", repr=False)


class KeyPage(BaseModel):
    """A page of keys, newest first."""

    model_config = ConfigDict(frozen=True)

    keys: list[KeyReport]
    next_cursor: str | None = Field(description="Give it as cursor for the next page; null: none")


class AllowListReport(BaseModel):
    """Where calls may come from."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": ALLOW_LIST_EXAMPLE})

    ip_allow_list: list[str] = Field(description="Empty: everywhere")
    your_address: str | None = Field(description="That is seen of this call, as /whoami tells")


def to_key_report(key: Key, zone: ZoneInfo, now: datetime) -> KeyReport:
    """Turn a key into what its owner sees."""
    ended: Literal["expired", "revoked"] = "revoked" if key.revoked_at else "expired"
    return KeyReport(
        prefix=key.prefix,
        name=key.name,
        scopes=list(key.scopes),
        status="live" if key.is_live(now) else ended,
        ip_allow_list=list(stored_allow_list(key.allow_list).texts),
        calls_per_minute=key.calls_per_minute,
        sends_per_minute=key.sends_per_minute,
        created_at=key.created_at.astimezone(zone),
        expires_at=_local(key.expires_at, zone),
        revoked_at=_local(key.revoked_at, zone),
        last_used_at=_local(key.last_used_at, zone),
        last_used_address=key.last_used_address,
        replaced_by=key.replaced_by,
    )


def to_secret_report(made: KeyWithSecret, zone: ZoneInfo, now: datetime) -> KeySecretReport:
    """Turn a key just made into what its owner sees once."""
    return KeySecretReport(**dict(to_key_report(made.key, zone, now)), key=made.text)


def to_allow_list_report(allow_list: AllowList, address: IpAddress | None) -> AllowListReport:
    """Turn a list into what its owner sees."""
    return AllowListReport(
        ip_allow_list=list(allow_list.texts),
        your_address=None if address is None else str(address),
    )


def _local(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    return None if moment is None else moment.astimezone(zone)
