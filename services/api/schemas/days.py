"""An account by day, as it goes over the wire."""

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from pydantic import Field

from services.api.domain.account_days import AccountDay
from services.api.schemas.reports import Report


class DayReport(Report):
    """What an account sent on a day, and what came on that day."""

    day: date
    campaigns: int = Field(
        description="Sent on that day; not those that are scheduled, paused or cancelled before "
        "anything went out"
    )
    messages: int = Field(description="Of these campaigns, but for those that were cancelled")
    delivered: int = Field(description="Of these messages, on whatever day")
    failed: int = Field(description="Of these messages, on whatever day")
    hits: int = Field(description="On that day, whenever the links were sent")
    clicks: int = Field(description="On that day, whenever the links were sent")


class DayList(Report):
    """All days of a span, with those on which nothing was."""

    time_zone: str
    days: list[DayReport]


def to_day_list(days: Sequence[AccountDay], zone: ZoneInfo) -> DayList:
    """Turn an account's days into their report."""
    return DayList(time_zone=zone.key, days=[DayReport(**day._asdict()) for day in days])
