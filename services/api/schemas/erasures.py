"""Erasures of numbers as they go over the wire."""

from datetime import datetime
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from services.api.storage.erasures import Erasure

EXAMPLE: dict[str, JsonValue] = {
    "id": "0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de",
    "status": "under_way",
    "mobile": "9198******10",
    "keep_opt_out": True,
    "messages_erased": 12,
    "requested_at": "2026-11-30T15:30:00+05:30",
    "finished_at": None,
}


class ErasureReport(BaseModel):
    """How far the erasure of a number has come."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": EXAMPLE})

    id: UUID
    status: Literal["under_way", "done"]
    mobile: str = Field(description="Masked, as it is in the audit trail")
    keep_opt_out: bool = Field(description="Whether it is remembered that it is not to be sent to")
    messages_erased: int
    requested_at: datetime
    finished_at: datetime | None


def to_erasure_report(erasure: Erasure, zone: ZoneInfo) -> ErasureReport:
    """Turn an erasure into its report."""
    finished_at = erasure.finished_at
    return ErasureReport(
        id=erasure.uuid,
        status="under_way" if finished_at is None else "done",
        mobile=erasure.masked,
        keep_opt_out=erasure.keeps_opt_out,
        messages_erased=erasure.message_count,
        requested_at=erasure.requested_at.astimezone(zone),
        finished_at=None if finished_at is None else finished_at.astimezone(zone),
    )
