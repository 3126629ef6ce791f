"""Webhooks as they go over the wire."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

from services.api.operations.manage_webhooks import WebhookWithSecret
from services.api.schemas.json_bodies import JsonBody
from services.api.storage.webhooks import Delivery, Webhook
from shared.domain.events import ALERT_KIND, EventKind

WEEK_H = 168
HeardKind = EventKind | Literal["account.alert"]
EXAMPLE: dict[str, JsonValue] = {
    "id": "0d7c8f0e-5f3e-4f0a-9a53-0c6b6e1b7a11",
    "url": "https://crm.example.com/txlink",
    "kinds": ["click.recorded", "message.delivered", "message.failed"],
    "is_enabled": True,
    "disabled_reason": None,
    "failing_since": None,
    "failure_count": 0,
    "previous_secret_until": None,
    "created_at": "2026-11-25T22:20:09+05:30",
}
SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDazB3bXbTn9g="  # noqa: S105 - an example
DELIVERY_EXAMPLE: dict[str, JsonValue] = {
    "id": "msg_5b0c1a520d6c4f0e9f7e0f9d5a1f6f11",
    "kind": "click.recorded",
    "events": 12,
    "status": "pending",
    "attempts": 2,
    "created_at": "2026-11-25T22:31:04+05:30",
    "attempted_at": "2026-11-25T22:31:10+05:30",
    "next_attempt_at": "2026-11-25T22:31:41+05:30",
    "response_status": 503,
    "cause": "answered 503",
    "duration_ms": 87,
}


class NewWebhook(JsonBody):
    """A webhook to be made."""

    url: str = Field(
        description="Where requests go; https, on a public address",
        examples=["https://crm.example.com/txlink"],
        repr=False,
    )
    kinds: list[HeardKind] = Field(
        default=[*EventKind, ALERT_KIND],
        min_length=1,
        description="What it is told; default: everything",
    )
    is_enabled: bool = True


class WebhookChange(JsonBody):
    """What is to be changed of a webhook; what is left out stays."""

    url: str | None = Field(None, description="As for a new one", repr=False)
    kinds: list[HeardKind] | None = Field(None, min_length=1, description="All that it is told")
    is_enabled: bool | None = Field(
        None, description="true takes it up again, false gives up what waits for it"
    )


class SecretChange(JsonBody):
    """How a webhook's secret is to be changed."""

    overlap_hours: float = Field(
        24,
        ge=0,
        le=WEEK_H,
        allow_inf_nan=False,
        description=f"For how long the old one counts as well, 0 to {WEEK_H}",
    )


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("the year is out of range") from None


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class ReplaySpan(JsonBody):
    """The events that are to be delivered again."""

    since: Moment = Field(description="Their first moment, with its offset; 30 days are kept")
    until: Moment = Field(description="Their end, not included, with its offset")


class WebhookReport(BaseModel):
    """A webhook."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": EXAMPLE})

    id: UUID
    url: str
    kinds: list[str]
    is_enabled: bool
    disabled_reason: str | None = Field(description="Why we disabled it; null: we did not")
    failing_since: datetime | None = Field(description="Since when it has taken nothing")
    failure_count: int = Field(description="How often in a row it was tried and took nothing")
    previous_secret_until: datetime | None = Field(
        description="Until when the secret before counts, too"
    )
    created_at: datetime


class WebhookSecretReport(WebhookReport):
    """A webhook with its secret."""

    model_config = ConfigDict(
        frozen=True, json_schema_extra={"example": EXAMPLE | {"secret": SECRET}}
    )

    secret: str = Field(description="Shown only now; keep it", repr=False)


class WebhookList(BaseModel):
    """The webhooks of an account, oldest first."""

    model_config = ConfigDict(frozen=True)

    webhooks: list[WebhookReport]


class DeliveryReport(BaseModel):
    """One delivery, and its last attempt."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": DELIVERY_EXAMPLE})

    id: str = Field(description="What the header webhook-id says, at every attempt")
    kind: str
    events: int = Field(description="How many it tells of")
    status: Literal["pending", "delivered", "given_up"]
    attempts: int
    created_at: datetime
    attempted_at: datetime | None
    next_attempt_at: datetime | None
    response_status: int | None = Field(description="What the receiver answered")
    cause: str | None = Field(description="Why it was no success")
    duration_ms: int | None


class DeliveryPage(BaseModel):
    """A page of deliveries, newest first."""

    model_config = ConfigDict(frozen=True)

    deliveries: list[DeliveryReport]
    next_cursor: str | None = Field(description="Give it as cursor for the next page; null: none")


class ReplayReport(BaseModel):
    """What a replay will deliver."""

    model_config = ConfigDict(
        frozen=True, json_schema_extra={"example": {"deliveries": 3, "events": 214}}
    )

    deliveries: int
    events: int


def to_webhook_report(webhook: Webhook, zone: ZoneInfo) -> WebhookReport:
    """Turn a webhook into what its owner sees."""
    return WebhookReport(
        id=webhook.uuid,
        url=webhook.url,
        kinds=list(webhook.kinds),
        is_enabled=webhook.is_enabled,
        disabled_reason=webhook.disabled_reason,
        failing_since=_local(webhook.failing_since, zone),
        failure_count=webhook.failure_count,
        previous_secret_until=_local(webhook.previous_until, zone),
        created_at=webhook.created_at.astimezone(zone),
    )


def to_secret_report(made: WebhookWithSecret, zone: ZoneInfo) -> WebhookSecretReport:
    """Turn a webhook with a new secret into what its owner sees once."""
    report = to_webhook_report(made.webhook, zone)
    return WebhookSecretReport(**dict(report), secret=made.secret)


def to_delivery_report(delivery: Delivery, zone: ZoneInfo) -> DeliveryReport:
    """Turn a delivery into its entry of the log."""
    return DeliveryReport.model_validate(
        {
            "id": f"msg_{delivery.uuid.hex}",
            "kind": delivery.kind,
            "events": delivery.event_count,
            "status": delivery.status,
            "attempts": delivery.attempt_count,
            "created_at": delivery.created_at.astimezone(zone),
            "attempted_at": _local(delivery.attempted_at, zone),
            "next_attempt_at": _local(delivery.due_at, zone),
            "response_status": delivery.response_status,
            "cause": delivery.cause,
            "duration_ms": delivery.duration_ms,
        }
    )


def _local(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    return None if moment is None else moment.astimezone(zone)
