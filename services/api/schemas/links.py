"""Links after the send, and who changed what, as they go over the wire."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field, JsonValue

from services.api.operations.change_links import LinkChanges
from services.api.schemas.json_bodies import JsonBody
from services.api.schemas.report_queries import CURSOR_TEXT, LIMIT_TEXT, PAGE_LIMIT, ReportQuery
from services.api.schemas.reports import Report
from services.api.storage.link_terms import LinkTerms
from services.api.storage.reports import Row

QueryMode = Literal["off", "add", "override"]
QUERY_MODE_TEXT = (
    "What becomes of the query that a visitor comes with: `off` drops it, `add` adds what the "
    "destination has not, `override` replaces what it has, too"
)
TERMS_EXAMPLE: dict[str, JsonValue] = {
    "uuid": "0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de",
    "links": 1_000,
    "destination": "https://shop.example.com/new-sale",
    "paused": False,
    "expires_at": "2026-12-31T23:59:00+05:30",
    "query_mode": "off",
}
CHANGE_EXAMPLE: dict[str, JsonValue] = {
    "occurred_at": "2026-11-25T22:31:04+05:30",
    "action": "campaign.links",
    "author": {"kind": "key", "name": "shop", "key_prefix": "1f9c2b7a"},
    "address": "203.0.113.7",
    "before": {"destination": "https://shop.example.com/sale"},
    "after": {"destination": "https://shop.example.com/new-sale"},
}


class LinkTermsChange(JsonBody):
    """What is to change of a campaign's links; what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"destination": "https://shop.example.com/new-sale"}}
    )

    destination: str | None = Field(
        None, description="Where all of them lead from now on; as a send's URL", repr=False
    )
    paused: bool | None = Field(None, description="Whether they lead nowhere, until resumed")
    expires_at: str | None = Field(
        None,
        description="From when on they lead nowhere: a time with its offset; null or never: never",
    )
    query_mode: QueryMode | None = Field(None, description=QUERY_MODE_TEXT)

    def to_changes(self) -> LinkChanges:
        """Return what is to change; an ``expires_at`` of null is a change, too."""
        is_endless = "expires_at" in self.model_fields_set and self.expires_at is None
        return LinkChanges(
            is_paused=self.paused,
            expires_at="never" if is_endless else self.expires_at,
            query_mode=self.query_mode,
            destination=self.destination,
        )


class LinkTermsReport(Report):
    """How the links of a campaign lead on now."""

    model_config = ConfigDict(json_schema_extra={"example": TERMS_EXAMPLE})

    uuid: UUID = Field(description="The campaign")
    links: int = Field(description="How many: one a recipient")
    destination: str | None = Field(description="As you wrote it; null where there are several")
    paused: bool
    expires_at: datetime | None = Field(description="null: never")
    query_mode: QueryMode = Field(description=QUERY_MODE_TEXT)


class ChangesQuery(ReportQuery):
    """What the list of changes takes."""

    limit: int = Field(100, ge=1, le=PAGE_LIMIT, description=LIMIT_TEXT)
    cursor: str | None = Field(None, description=CURSOR_TEXT)


class AuthorReport(Report):
    """Who made a change."""

    kind: Literal["user", "key", "cli"] = Field(description="cli: an operator's command")
    name: str = Field(
        description="A user's login, a key's name, or the operator's login at the system"
    )
    key_prefix: str | None = Field(description="The part of a key that may be shown")


class ChangeReport(Report):
    """One change."""

    model_config = ConfigDict(json_schema_extra={"example": CHANGE_EXAMPLE})

    occurred_at: datetime
    action: str = Field(
        description="`campaign.send`, `campaign.make_links`, `campaign.links`, "
        "`campaign.pause`, `campaign.resume`, `campaign.cancel`, "
        "`campaign.reschedule` or `campaign.duplicate`"
    )
    author: AuthorReport
    address: str | None = Field(description="Where the call came from; null of cli")
    before: dict[str, JsonValue] | None = Field(description="What it changed, as that was")
    after: dict[str, JsonValue] | None = Field(description="The same, as it was from then on")


class ChangePage(Report):
    """A page of changes, newest first."""

    changes: list[ChangeReport]
    next_cursor: str | None = Field(description="Give it as cursor for the next page; null: none")


def to_terms_report(terms: LinkTerms, zone: ZoneInfo) -> LinkTermsReport:
    """Turn how links lead on into what their sender sees."""
    expires_at = terms.expires_at
    return LinkTermsReport.model_validate(
        {
            "uuid": terms.campaign_uuid,
            "links": terms.link_count,
            "destination": terms.destination,
            "paused": terms.is_paused,
            "expires_at": None if expires_at is None else expires_at.astimezone(zone),
            "query_mode": terms.query_mode,
        }
    )


def to_change_report(row: Row, zone: ZoneInfo) -> ChangeReport:
    """Turn an entry of the audit trail into what the account sees."""
    address = row["address"]
    return ChangeReport.model_validate(
        {
            "occurred_at": row["occurred_at"].astimezone(zone),
            "action": row["action"],
            "author": {
                "kind": row["author_kind"],
                "name": row["author_name"],
                "key_prefix": row["key_prefix"],
            },
            "address": None if address is None else str(address),
            "before": _in_zone(row["before"], zone),
            "after": _in_zone(row["after"], zone),
        }
    )


def _in_zone(told: Mapping[str, Any] | None, zone: ZoneInfo) -> dict[str, Any] | None:
    """Return what the trail keeps in UTC on the clocks of the zone."""
    if told is None:
        return None
    return {
        name: datetime.fromisoformat(value).astimezone(zone).isoformat()
        if value and name.endswith("_at")
        else value
        for name, value in told.items()
    }
