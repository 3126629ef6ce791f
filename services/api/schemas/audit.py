"""The audit trail of an account, as it goes over the wire."""

import json
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field, JsonValue

from services.api.domain.day_bounds import moments
from services.api.schemas.complaints import Day
from services.api.schemas.links import CHANGE_EXAMPLE, ChangeReport, to_change_report
from services.api.schemas.report_queries import (
    CURSOR_TEXT,
    LIMIT_TEXT,
    PAGE_LIMIT,
    ReportQuery,
    Text,
    moment_cursor,
    to_moment_place,
)
from services.api.schemas.reports import Report
from services.api.storage.audit import TrailPlace, TrailSearch
from services.api.storage.reports import Row

ENTRY_EXAMPLE: dict[str, JsonValue] = {
    **CHANGE_EXAMPLE,
    "action": "key.revoke",
    "subject": "5f0c1a9be27d",
    "before": {"revoked_at": None},
    "after": {"revoked_at": "2026-11-25T22:31:04+05:30"},
}
CSV_COLUMNS = (
    "occurred_at",
    "action",
    "subject",
    "author_kind",
    "author_name",
    "key_prefix",
    "address",
    "before",
    "after",
)
CSV_EXAMPLE = (
    ",".join(CSV_COLUMNS) + "\r\n2026-11-25T22:31:04+05:30,key.revoke,5f0c1a9be27d,key,shop,"
    '1f9c2b7a,203.0.113.7,"{""revoked_at"": null}",'
    '"{""revoked_at"": ""2026-11-25T22:31:04+05:30""}"\r\n'
)


class TrailQuery(ReportQuery):
    """Which entries of the trail are wanted."""

    action: Text | None = Field(
        None, description="How the action begins: `key`, `campaign.`, `webhook.delete`"
    )
    subject: Text | None = Field(
        None, description="What it was done to: a campaign's uuid, a key's prefix, `account`"
    )
    author: Text | None = Field(
        None, description="A user's login, a key's name or prefix, or an operator's login"
    )
    sends: bool = Field(default=True, description="`false` leaves `campaign.send` out")
    first: Day | None = Field(None, alias="from", description="The first day, of the zone")
    last: Day | None = Field(None, alias="to", description="The last day, included")

    def search(self, default: ZoneInfo) -> TrailSearch:
        """Return what is searched for.

        Args:
            default: The account's time zone.

        Raises:
            InvalidValueError: There is no such zone, or the days are the wrong way round.
        """
        begin, end = moments(self.first, self.last, self.zone(default))
        return TrailSearch(self.action, self.subject, self.author, self.sends, begin, end)


class TrailPageQuery(TrailQuery):
    """What the audit trail takes."""

    limit: int = Field(100, ge=1, le=PAGE_LIMIT, description=LIMIT_TEXT)
    cursor: str | None = Field(None, description=CURSOR_TEXT)


class TrailTableQuery(TrailQuery):
    """What the audit trail as a file takes."""

    bom: bool = Field(
        default=False, description="Begin with a byte order mark, by which Excel knows UTF-8"
    )


class TrailEntry(ChangeReport):
    """One entry of the audit trail."""

    model_config = ConfigDict(json_schema_extra={"example": ENTRY_EXAMPLE})

    action: str = Field(description="What was done, such as `key.revoke`; docs/audit.md has all")
    subject: str = Field(
        description="What it was done to: a campaign's, webhook's or upload's id, a key's prefix, "
        "a login, a sender ID, or `account`"
    )


class TrailPage(Report):
    """A page of the audit trail, newest first."""

    entries: list[TrailEntry]
    next_cursor: str | None = Field(description="Give it as cursor for the next page; null: none")


def to_trail_entry(row: Row, zone: ZoneInfo) -> TrailEntry:
    """Turn an entry into what the account's owner sees."""
    shown = to_change_report(row, zone)
    return TrailEntry(subject=row["subject"], **dict(shown))


def trail_values(row: Row, zone: ZoneInfo) -> dict[str, Any]:
    """Return the cells of an entry, by the names of their columns."""
    shown = to_change_report(row, zone)
    return {
        "occurred_at": shown.occurred_at,
        "action": shown.action,
        "subject": row["subject"],
        "author_kind": shown.author.kind,
        "author_name": shown.author.name,
        "key_prefix": shown.author.key_prefix,
        "address": shown.address,
        "before": _json(shown.before),
        "after": _json(shown.after),
    }


def trail_cursor(row: Row) -> str:
    """Name the place of an entry, for the page that begins behind it."""
    return moment_cursor(row["occurred_at"], row["id"])


def to_trail_place(cursor: str | None) -> TrailPlace | None:
    """Read a cursor of the trail.

    Raises:
        InvalidValueError: It is none that a page gave.
    """
    if not cursor:
        return None
    moment, (entry_id,) = to_moment_place(cursor, number_count=1)
    return TrailPlace(moment, entry_id)


def _json(told: dict[str, JsonValue] | None) -> str | None:
    return None if told is None else json.dumps(told, ensure_ascii=False)
