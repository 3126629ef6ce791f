"""Alerts as they go over the wire."""

from datetime import datetime
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field, JsonValue

from services.api.schemas.report_queries import CURSOR_TEXT, LIMIT_TEXT, PAGE_LIMIT, ReportQuery
from services.api.schemas.reports import Report
from services.api.storage.reports import Row
from shared.domain.signals import Signal

ALERT_EXAMPLE: dict[str, JsonValue] = {
    "id": "17",
    "signal": "complaint",
    "began_at": "2026-11-25T22:31:04+05:30",
    "ended_at": None,
    "signal_count": 61,
    "out_of": 4_000,
    "usual_rate": 0.004,
    "limit_rate": 0.007,
    "peak_rate": 0.01525,
}


class AlertsQuery(ReportQuery):
    """What the list of alerts takes."""

    open: bool = Field(default=False, description="`true`: only those that go on")
    limit: int = Field(50, ge=1, le=PAGE_LIMIT, description=LIMIT_TEXT)
    cursor: str | None = Field(None, description=CURSOR_TEXT)


class AlertReport(Report):
    """Something that rose beyond what is usual for the account."""

    model_config = ConfigDict(json_schema_extra={"example": ALERT_EXAMPLE})

    id: str
    signal: Signal = Field(
        description="`unknown_token`: requests for links that are unknown, paused or have ended; "
        "`complaint`: messages that carriers refused since their recipient does not want them"
    )
    began_at: datetime
    ended_at: datetime | None = Field(description="null: it goes on")
    signal_count: int = Field(description="In the hour in which it began")
    out_of: int = Field(description="Of how many settled messages; 0 of unknown tokens")
    usual_rate: float = Field(
        description="In the week before: of complaints a share of the messages, else an hour"
    )
    limit_rate: float = Field(description="What was too much, and exceeded")
    peak_rate: float = Field(description="The most that it came to")


class AlertPage(Report):
    """A page of alerts, newest first."""

    alerts: list[AlertReport]
    next_cursor: str | None = Field(description="Give it as cursor for the next page; null: none")


def to_alert_report(row: Row, zone: ZoneInfo) -> AlertReport:
    """Turn an alert into what its account sees."""
    ended_at = row["ended_at"]
    return AlertReport.model_validate(
        {
            **row,
            "id": str(row["id"]),
            "began_at": row["began_at"].astimezone(zone),
            "ended_at": None if ended_at is None else ended_at.astimezone(zone),
        }
    )
