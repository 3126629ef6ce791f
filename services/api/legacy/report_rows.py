"""Rows of old clients' reports: their keys, every value a text."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from services.api.domain.money import amount_text
from services.api.operations.authenticate import Caller
from services.api.operations.read_messages import text_of
from services.api.operations.read_reports import LinkedRow
from services.api.schemas.old_reports import message_id
from services.api.schemas.reports import state_of, text_around_link
from shared.domain.consent import OPTED_OUT
from shared.domain.erasing import shown_number
from shared.domain.messages import MessageStatus
from shared.domain.segments import Encoding

BLACKLISTED = "BLACKLISTED"
STATUS_WORDS: Mapping[MessageStatus, str] = MappingProxyType(
    {
        MessageStatus.QUEUED: "PENDING",
        MessageStatus.SUBMITTING: "PENDING",
        MessageStatus.SUBMITTED: "SUBMITTED",
        MessageStatus.DELIVERED: "DELIVERED",
        MessageStatus.UNDELIVERED: "UNDELIV",
        MessageStatus.EXPIRED: "EXPIRED",
        MessageStatus.REJECTED: "REJECTED",
        MessageStatus.FAILED: "FAILED",
        # The trade has no words for these two.
        MessageStatus.CANCELLED: "FAILED",
        MessageStatus.EXTERNAL: "UNKNOWN",
    }
)
CAUSES: Mapping[MessageStatus, str] = MappingProxyType(
    {
        MessageStatus.CANCELLED: "cancelled",
        MessageStatus.EXTERNAL: "another vendor delivers it",
    }
)


def status_row(linked: LinkedRow, zone: ZoneInfo) -> dict[str, str]:
    """Return what became of a message."""
    row = linked.row
    status = MessageStatus(row["status"])
    text, price = text_of(linked), row["segment_price"]
    return {
        "uuId": str(row["uuid"]),
        "msgId": message_id(row["transaction_id"], row["position"]),
        "mobileNo": shown_number(row["msisdn"]),
        "senderName": row["sender_id"],
        "text": text,
        "length": str(len(text)),
        "msgType": _type_of(row),
        "cost": "" if price is None else amount_text(price * _billed_segments(row, status)),
        "Status": status_word(row),
        "Cause": _cause(row, status),
        "Submitted Time": _local(row["submitted_at"], zone),
        "Delivered Time": (
            _local(row["settled_at"], zone) if status is MessageStatus.DELIVERED else ""
        ),
    }


def campaign_row(row: Mapping[str, Any], zone: ZoneInfo) -> dict[str, str]:
    """Return a campaign with tracked links."""
    return {
        "uuId": str(row["uuid"]),
        "transactionId": str(row["transaction_id"]),
        "title": row["title"],
        "senderName": row["sender_id"],
        "text": text_around_link(row),
        "url": row["destination"] or "",
        "mobileCount": str(row["message_count"]),
        "hits": str(row["hit_count"]),
        "clicks": str(row["click_count"]),
        "uniqueClicks": str(row["clicker_count"]),
        "createTime": _local(row["created_at"], zone),
        "Status": state_of(row).upper(),
    }


def click_row(linked: LinkedRow, campaign_uuid: str, zone: ZoneInfo) -> dict[str, str]:
    """Return whether and when a recipient followed the link."""
    row = linked.row
    return {
        "uuId": campaign_uuid,
        "mobileNo": shown_number(row["msisdn"]),
        "link": linked.link or "",
        "url": row["destination"] or "",
        "hits": str(row["hit_count"]),
        "clicks": str(row["click_count"]),
        "First Click Time": _local(row["first_click_at"], zone),
        "Last Click Time": _local(row["last_click_at"], zone),
        "Status": status_word(row),
    }


def status_word(row: Mapping[str, Any]) -> str:
    """Return the trade's word for where a message stands."""
    return BLACKLISTED if is_held_back(row) else STATUS_WORDS[MessageStatus(row["status"])]


def is_held_back(row: Mapping[str, Any]) -> bool:
    """Tell whether a message did not go out since its recipient had opted out meanwhile."""
    return (row["status"], row["failure_cause"]) == (MessageStatus.CANCELLED, OPTED_OUT)


def account_row(caller: Caller) -> dict[str, str | None]:
    """Return what is known of an account; one that is post-paid has no balance."""
    account = caller.account
    price, balance = account.segment_price, account.credit.balance
    return {
        "name": account.name,
        "smsBalance": None if balance is None else str(balance),
        "segmentPrice": "" if price is None else amount_text(price),
        "currency": account.currency,
        "timeZone": account.time_zone.key,
    }


def _cause(row: Mapping[str, Any], status: MessageStatus) -> str:
    if is_held_back(row):
        return OPTED_OUT
    # A message that is cancelled between two attempts still has what the carrier said.
    return CAUSES.get(status) or row["failure_cause"] or ""


def _billed_segments(row: Mapping[str, Any], status: MessageStatus) -> int:
    return 0 if status is MessageStatus.CANCELLED else row["segment_count"]


def _type_of(row: Mapping[str, Any]) -> str:
    if row["is_flash"]:
        return "flash"
    return "unicode" if row["encoding"] == Encoding.UCS_2.value else "text"


def _local(moment: datetime | None, zone: ZoneInfo) -> str:
    return "" if moment is None else f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}"
