"""What an account may still send, and the ledger of its credits, as they go over the wire."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field, JsonValue

from services.api.domain.credit import Credit
from services.api.schemas.reports import Report
from services.api.storage.reports import Row

CREDIT_EXAMPLE: dict[str, JsonValue] = {
    "balance": 1820,
    "daily_cap": 5000,
    "used_today": 180,
}
ENTRY_EXAMPLE: dict[str, JsonValue] = {
    "id": 4711,
    "occurred_at": "2026-11-25T22:20:09+05:30",
    "kind": "charge",
    "amount": -180,
    "balance": 1820,
    "campaign_uuid": "0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de",
    "author": None,
    "note": "",
}
CSV_EXAMPLE = (
    "id,occurred_at,kind,amount,balance,campaign_uuid,author,note\r\n"
    "4711,2026-11-25T22:20:09+05:30,charge,-180,1820,0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de,,\r\n"
)


class CreditReport(Report):
    """What an account may still send; one credit is one segment."""

    model_config = ConfigDict(json_schema_extra={"example": CREDIT_EXAMPLE})

    balance: int | None = Field(description="In credits; null: post-paid, nothing is charged")
    daily_cap: int | None = Field(
        description="Most segments of one day of the account's time zone; null: none"
    )
    used_today: int | None = Field(
        description="Segments that count against the cap; null without one"
    )


class EntryReport(Report):
    """One change of the balance."""

    model_config = ConfigDict(json_schema_extra={"example": ENTRY_EXAMPLE})

    id: int
    occurred_at: datetime
    kind: Literal["top-up", "charge", "refund", "correction"]
    amount: int = Field(description="In credits; below zero where some were taken")
    balance: int = Field(description="After it")
    campaign_uuid: UUID | None = Field(description="Of a charge or a refund")
    author: str | None = Field(description="Of a top-up or a correction, such as `cli`")
    note: str = Field(description="What its author noted")


class EntryPage(Report):
    """A page of the ledger, newest first."""

    entries: list[EntryReport]
    next_cursor: str | None = Field(description="Give it as cursor for the next page; null: none")


def to_credit_report(credit: Credit) -> CreditReport:
    """Turn how an account stands into what it sees."""
    return CreditReport(
        balance=credit.balance,
        daily_cap=credit.daily_cap,
        used_today=None if credit.daily_cap is None else credit.used_today,
    )


def to_entry_report(row: Row, zone: ZoneInfo) -> EntryReport:
    """Turn an entry of the ledger into what the account sees."""
    return EntryReport.model_validate(entry_values(row, zone))


def entry_values(row: Row, zone: ZoneInfo) -> Mapping[str, Any]:
    """Return an entry's values, in the order of their columns."""
    name = row["author_name"]
    return {
        "id": row["id"],
        "occurred_at": row["occurred_at"].astimezone(zone),
        "kind": row["kind"],
        "amount": row["amount"],
        "balance": row["balance"],
        "campaign_uuid": row["campaign_uuid"],
        "author": row["author_kind"] and " ".join(filter(None, (row["author_kind"], name))),
        "note": row["note"],
    }
