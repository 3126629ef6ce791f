"""Reports as they go over the wire."""

import ipaddress
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from services.api.domain.campaign_states import CampaignProgress, CampaignState
from services.api.domain.money import amount_text, rounded
from services.api.operations.read_reports import LinkedRow
from services.api.schemas.report_queries import LIMIT_TEXT, PAGE_LIMIT, STATE_TEXT
from services.api.storage.reports import Row
from services.api.storage.suppressions import Suppression
from shared.domain.campaigns import CampaignControl
from shared.domain.consent import Category
from shared.domain.erasing import shown_number
from shared.domain.messages import MessageStatus

STATUSES = [status.word for status in MessageStatus]
KEPT_FROM_TEXT = (
    "Visits before this time are no longer kept, by the account's limit, and count in all totals "
    "all the same; null: all are kept"
)
UNKNOWN_TEXT = "null of an external campaign: another vendor knows"


class Report(BaseModel):
    """The base of all report shapes."""

    model_config = ConfigDict(frozen=True)


class CampaignReport(Report):
    """One campaign and its totals."""

    uuid: UUID
    transaction_id: str = Field(description="The id that old clients know it by")
    title: str
    sender_id: str
    created_at: datetime
    state: CampaignState = Field(description=STATE_TEXT)
    scheduled_at: datetime | None = Field(description="When it goes out; null: at once")
    category: Category = Field(description="What it is for; `marketing` heeds opt-outs")
    is_personal: bool = Field(description="Whether each message has a text of its own")
    text: str = Field(
        description="The text, with {link} where each recipient's link stands; of personal texts "
        "what they were made of, or the first if they came ready-made; empty once it is let go of"
    )
    text_let_go_at: datetime | None = Field(
        description="When the texts were let go of, by the account's limit or since all "
        "recipients are erased; null: they are kept"
    )
    destination: str | None = Field(
        description="The tracked URL as the sender wrote it; null where there are several"
    )
    encoding: str = Field(description="Of the longest message")
    segments: int = Field(description="Segments that the longest message is billed as")
    total_segments: int = Field(description="Of all messages")
    cost: str | None = Field(
        description="Of all segments but those of cancelled messages; null if no price was agreed"
    )
    currency: str | None = Field(description="Of the cost; null without one")
    recipients: int
    queued: int = Field(description="Not yet accepted by the carrier")
    submitted: int | None = Field(
        description=f"Accepted by the carrier, whatever came of it; {UNKNOWN_TEXT}"
    )
    delivered: int | None = Field(description=UNKNOWN_TEXT)
    failed: int | None = Field(
        description=f"Undelivered, expired, rejected or failed on our side; {UNKNOWN_TEXT}"
    )
    statuses: dict[str, int] = Field(description="Messages by where they stand now")
    hits: int = Field(description="Requests for the links, people's and machines'")
    clicks: int = Field(description="Requests that are people's")
    unique_clickers: int = Field(description="Recipients who clicked")
    click_through_rate: float | None = Field(
        description="Clickers by messages delivered, to four decimals; above 1 where people click "
        "whose delivery the carrier has not reported; null while none is known to be delivered"
    )
    cost_per_click: str | None = Field(
        description="Cost by clicks, to four decimals; null without a price or a click"
    )
    visits_kept_from: datetime | None = Field(description=KEPT_FROM_TEXT)


class CampaignStanding(Report):
    """Where a campaign stands after an order."""

    uuid: UUID
    state: CampaignState = Field(description=STATE_TEXT)
    scheduled_at: datetime | None = Field(
        description="When it goes out, or was to; null: at once",
        examples=["2026-12-31T18:30:00+05:30"],
    )
    recipients: int = Field(examples=[1_000])
    statuses: dict[str, int] = Field(
        description="Messages by where they stand now; `submitting` are just being handed over",
        examples=[{"queued": 0, "submitting": 100, "submitted": 500, "cancelled": 400}],
    )


class RecipientReport(Report):
    """One recipient of a campaign and what came of it."""

    position: int
    mobile: str = Field(description="`erased` once the number is")
    status: str = Field(json_schema_extra={"enum": list[JsonValue](STATUSES)})
    failure_cause: str | None
    submitted_at: datetime | None
    settled_at: datetime | None
    link: str | None = Field(description="The recipient's own short link")
    destination: str | None = Field(description="The URL that it leads to, as the sender wrote it")
    segments: int = Field(description="Segments that the message is billed as")
    hits: int
    clicks: int
    first_click_at: datetime | None
    last_click_at: datetime | None


class NumberReport(RecipientReport):
    """One message to a number, with its campaign."""

    campaign_uuid: UUID
    campaign_title: str
    campaign_created_at: datetime


class OptOutReport(Report):
    """That a number opted out of what the account sends, and how that became known."""

    source: Literal["api", "file", "console", "reply"] = Field(
        description="`reply`: its owner answered a message"
    )
    note: str = Field(examples=["Asked by telephone"])
    author_kind: Literal["user", "key", "cli"]
    author_name: str = Field(
        description="The login or the key's name; empty of the command line", examples=["shop"]
    )
    created_at: datetime


class VisitReport(Report):
    """One visit in full."""

    occurred_at: datetime
    mobile: str
    click_class: str = Field(description="person, or the kind of machine it is taken for")
    reasons: list[str]
    score: int = Field(description="From 0, surely a person, to 100, surely a machine")
    ip: str | None = Field(
        description="Once truncated, the first of its network: a /24 of IPv4, a /48 of IPv6"
    )
    country: str | None
    region: str | None
    city: str | None
    asn: int | None = Field(description="Number of the network (autonomous system) that it is in")
    as_organisation: str | None = Field(description="Whose network that is")
    browser: str | None
    browser_version: str | None
    os: str | None
    os_version: str | None
    device_type: str
    device: str | None
    user_agent: str | None
    referrer: str | None


class SandboxReport(Report):
    """One message as the sandbox carrier was given it."""

    id: int
    carrier_message_id: str
    sender_id: str
    mobile: str
    text: str
    encoding: str
    segments: int
    received_at: datetime
    receipt: str | None = Field(description="What its delivery receipt said, once it was sent")


class CampaignPage(Report):
    """A page of campaigns, newest first."""

    campaigns: list[CampaignReport]
    next_cursor: str | None = Field(description="Give it as cursor for the next page; null: none")


class RecipientPage(Report):
    """A page of recipients, in the order of the send."""

    recipients: list[RecipientReport]
    next_cursor: str | None


class VisitPage(Report):
    """A page of visits, newest first."""

    clicks: list[VisitReport]
    visits_kept_from: datetime | None = Field(
        description=KEPT_FROM_TEXT, examples=["2026-10-01T05:30:00+05:30"]
    )
    next_cursor: str | None


class NumberHistory(Report):
    """A page of what was sent to one number, newest first."""

    mobile: str
    opt_out: OptOutReport | None = Field(description="Null if it has not opted out")
    messages: list[NumberReport]
    next_cursor: str | None


class SandboxPage(Report):
    """A page of what the sandbox was given, newest first."""

    messages: list[SandboxReport]
    next_cursor: str | None


Limit = Annotated[int, Field(ge=1, le=PAGE_LIMIT, description=LIMIT_TEXT)]


def local(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    """Return a moment by the clocks of a zone; None stays so."""
    return None if moment is None else moment.astimezone(zone)


def state_of(row: Row) -> CampaignState:
    """Return where a campaign stands."""
    return CampaignProgress(
        CampaignControl(row["control"]), row["message_count"], row["queued"], row["submitting"]
    ).state


def text_around_link(row: Row) -> str:
    """Return a campaign's text with {link} in it; empty once it is let go of."""
    if row["text_let_go_at"] is not None:
        return ""
    after: str | None = row["body_after"]
    return str(row["body_before"]) + ("" if after is None else "{link}" + after)


def text_as_written(row: Row) -> str:
    """Return a campaign's text with the sender's own link in it; empty once it is let go of."""
    if row["text_let_go_at"] is not None:
        return ""
    before, after = row["body_before"], row["body_after"]
    return str(before) if after is None else f"{before}{row['destination'] or ''}{after}"


def to_campaign_report(row: Row, zone: ZoneInfo) -> CampaignReport:
    """Turn a campaign's row into its report."""
    statuses = {word: row[word] for word in STATUSES}
    is_known = row["control"] != CampaignControl.EXTERNAL
    failed = row["undelivered"] + row["expired"] + row["rejected"] + row["failed"]
    not_submitted = row["queued"] + row["submitting"] + row["failed"] + row["cancelled"]
    clickers, delivered = row["clicker_count"], row["delivered"]
    price, clicks = row["segment_price"], row["click_count"]
    billed = row["segment_total"] - row["cancelled_segments"]
    cost = None if price is None else price * billed
    return CampaignReport(
        uuid=row["uuid"],
        transaction_id=str(row["transaction_id"]),
        title=row["title"],
        sender_id=row["sender_id"],
        created_at=row["created_at"].astimezone(zone),
        state=state_of(row),
        scheduled_at=local(row["scheduled_at"], zone),
        category=row["category"],
        is_personal=row["is_personal"],
        text=text_around_link(row),
        text_let_go_at=local(row["text_let_go_at"], zone),
        destination=row["destination"],
        encoding=row["encoding"],
        segments=row["segment_count"],
        total_segments=row["segment_total"],
        cost=None if cost is None else amount_text(cost),
        currency=None if price is None else row["currency"],
        recipients=row["message_count"],
        queued=row["queued"] + row["submitting"],
        submitted=row["message_count"] - not_submitted if is_known else None,
        delivered=delivered if is_known else None,
        failed=failed if is_known else None,
        statuses=statuses,
        hits=row["hit_count"],
        clicks=clicks,
        unique_clickers=clickers,
        click_through_rate=round(clickers / delivered, 4) if delivered else None,
        cost_per_click=(
            None if cost is None or not clicks else amount_text(rounded(cost / clicks, 4))
        ),
        visits_kept_from=local(row["hits_kept_from"], zone),
    )


def to_standing(row: Row, zone: ZoneInfo) -> CampaignStanding:
    """Turn a campaign's row into where it stands."""
    return CampaignStanding(
        uuid=row["uuid"],
        state=state_of(row),
        scheduled_at=local(row["scheduled_at"], zone),
        recipients=row["message_count"],
        statuses={word: row[word] for word in STATUSES},
    )


def recipient_values(linked: LinkedRow, zone: ZoneInfo, msisdn: int) -> dict[str, Any]:
    """Return what ``RecipientReport`` tells, without the time that it takes to make one."""
    row = linked.row
    return {
        "position": row["position"],
        "mobile": shown_number(msisdn),
        "status": MessageStatus(row["status"]).word,
        "failure_cause": row["failure_cause"],
        "submitted_at": local(row["submitted_at"], zone),
        "settled_at": local(row["settled_at"], zone),
        "link": linked.link,
        "destination": row["destination"],
        "segments": row["segment_count"],
        "hits": row["hit_count"],
        "clicks": row["click_count"],
        "first_click_at": local(row["first_click_at"], zone),
        "last_click_at": local(row["last_click_at"], zone),
    }


def to_recipient_report(linked: LinkedRow, zone: ZoneInfo) -> RecipientReport:
    """Turn a recipient's row into its report."""
    return RecipientReport(**recipient_values(linked, zone, linked.row["msisdn"]))


def to_number_report(linked: LinkedRow, zone: ZoneInfo, msisdn: int) -> NumberReport:
    """Turn one message to a number into its report."""
    row = linked.row
    return NumberReport(
        **recipient_values(linked, zone, msisdn),
        campaign_uuid=row["uuid"],
        campaign_title=row["title"],
        campaign_created_at=row["created_at"].astimezone(zone),
    )


def to_opt_out_report(opt_out: Suppression, zone: ZoneInfo) -> OptOutReport:
    """Turn an opt-out into its report."""
    return OptOutReport.model_validate(opt_out_values(opt_out, zone))


def opt_out_values(opt_out: Suppression, zone: ZoneInfo) -> dict[str, Any]:
    """Return what ``OptOutReport`` tells."""
    return {
        "source": opt_out.source,
        "note": opt_out.note,
        "author_kind": opt_out.author_kind,
        "author_name": opt_out.author_name,
        "created_at": opt_out.created_at.astimezone(zone),
    }


def to_visit_report(row: Row, zone: ZoneInfo) -> VisitReport:
    """Turn a hit's row into its report."""
    return VisitReport(**visit_values(row, zone))


def visit_values(row: Row, zone: ZoneInfo) -> dict[str, Any]:
    """Return what ``VisitReport`` tells, without the time that it takes to make one."""
    address = row["address"]
    values = {name: row[name] for name in VisitReport.model_fields if name in row}
    values["occurred_at"] = row["occurred_at"].astimezone(zone)
    values["mobile"] = shown_number(row["msisdn"])
    values["ip"] = None if address is None else str(ipaddress.ip_interface(address).ip)
    return values


def to_sandbox_report(row: Row, zone: ZoneInfo) -> SandboxReport:
    """Turn a row of the sandbox into its report."""
    return SandboxReport(
        id=row["id"],
        carrier_message_id=row["carrier_message_id"],
        sender_id=row["sender_id"],
        mobile=shown_number(row["msisdn"]),
        text=row["body"],
        encoding=row["encoding"],
        segments=row["segment_count"],
        received_at=row["received_at"].astimezone(zone),
        receipt=row["receipt_state"] if row["receipt_sent_at"] else None,
    )
