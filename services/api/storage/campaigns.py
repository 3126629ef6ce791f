"""Storing an accepted send: the campaign, its messages, and its totals at zero."""

import io
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import asyncpg
import numpy as np
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.domain.authors import Author
from services.api.storage.audit import AuditEntry, with_entry
from shared.domain.campaigns import CampaignControl
from shared.domain.consent import Category
from shared.domain.messages import MessageStatus
from shared.schema.campaigns import CAMPAIGN, CAMPAIGN_DELIVERY
from shared.schema.hits import CAMPAIGN_CLICKS


@dataclass(frozen=True, slots=True, repr=False)
class LinkedCampaign:
    """What a campaign keeps of its tracked links.

    Attributes:
        body_after: None where each message has a text of its own.
        destination: None where those lead to different places.
    """

    body_after: str | None
    destination: str | None
    link_prefix: str
    token_length: int
    first_link: int


@dataclass(frozen=True, slots=True, repr=False)
class NewCampaign:
    """One accepted send, ready to be stored."""

    uuid: uuid.UUID
    transaction_id: int
    account_id: int
    carrier: str
    title: str
    sender_id: str
    body_before: str
    link: LinkedCampaign | None
    message_count: int
    encoding: str
    segment_count: int
    is_flash: bool
    dlt_entity_id: str | None
    dlt_template_id: str | None
    is_personal: bool
    segment_total: int
    segment_price: Decimal | None
    currency: str
    scheduled_at: datetime | None = None
    control: CampaignControl = CampaignControl.RUNNING
    category: Category = Category.MARKETING

    @property
    def first_status(self) -> MessageStatus:
        """Where its messages stand at first."""
        return first_status(is_external=self.control is CampaignControl.EXTERNAL)


def first_status(*, is_external: bool) -> MessageStatus:
    """Return where a message stands at first: where no worker takes it if another delivers it."""
    return MessageStatus.EXTERNAL if is_external else MessageStatus.QUEUED


async def add_campaign(
    connection: AsyncConnection,
    campaign: NewCampaign,
    campaign_id: int | None = None,
    *,
    sending: tuple[Author, AuditEntry] | None = None,
) -> int:
    """Store a campaign with its totals, every message where it stands at first; return its id.

    Args:
        connection: In a transaction.
        campaign: What to store.
        campaign_id: The id under which its messages are stored already; None makes one.
        sending: By whom it is sent, and the entry that tells of it.
    """
    link = campaign.link
    values = {
        "uuid": campaign.uuid,
        "transaction_id": campaign.transaction_id,
        "account_id": campaign.account_id,
        "carrier": campaign.carrier,
        "title": campaign.title,
        "sender_id": campaign.sender_id,
        "body_before": campaign.body_before,
        "body_after": link and link.body_after,
        "destination": link and link.destination,
        "link_prefix": link and link.link_prefix,
        "token_length": link and link.token_length,
        "first_link": link and link.first_link,
        "message_count": campaign.message_count,
        "encoding": campaign.encoding,
        "segment_count": campaign.segment_count,
        "is_flash": campaign.is_flash,
        "dlt_entity_id": campaign.dlt_entity_id,
        "dlt_template_id": campaign.dlt_template_id,
        "is_personal": campaign.is_personal,
        "segment_total": campaign.segment_total,
        "segment_price": campaign.segment_price,
        "currency": campaign.currency,
        "scheduled_at": campaign.scheduled_at,
        "control": campaign.control.value,
        "category": campaign.category.value,
    }
    if campaign_id is not None:
        values["id"] = campaign_id
    statement = insert(CAMPAIGN).values(values).returning(CAMPAIGN.c.id)
    added: int = (await connection.execute(statement)).scalar_one()
    await connection.execute(
        insert(CAMPAIGN_DELIVERY).values(
            {"campaign_id": added, campaign.first_status.word: campaign.message_count}
        )
    )
    clicks = insert(CAMPAIGN_CLICKS).values(campaign_id=added)
    if sending is not None:
        # In one statement, so that a send costs no round trip more for it.
        clicks = with_entry(clicks, campaign.account_id, *sending)
    await connection.execute(clicks)
    return added


# PostgreSQL documentation, COPY, "Binary Format": a signature, flags and header extension length;
# then per row a field count and, per field, its length and its big-endian value; then -1.
_COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_TRAILER = b"\xff\xff"
_MESSAGE_ROW = np.dtype(
    [
        ("field_count", ">i2"),
        ("campaign_id_octets", ">i4"),
        ("campaign_id", ">i8"),
        ("position_octets", ">i4"),
        ("position", ">i4"),
        ("msisdn_octets", ">i4"),
        ("msisdn", ">i8"),
        ("status_octets", ">i4"),
        ("status", ">i2"),
    ]
)


async def copy_messages(
    raw: asyncpg.Connection,
    campaign_id: int,
    msisdns: Sequence[int],
    *,
    status: MessageStatus = MessageStatus.QUEUED,
) -> None:
    """Store one message a number, the position being the number's place in the list.

    The rows are laid out by numpy: building them one by one in Python costs as much as the whole
    COPY does in Postgres.
    """
    rows = np.empty(len(msisdns), dtype=_MESSAGE_ROW)
    rows["field_count"] = 4
    rows["campaign_id_octets"] = 8
    rows["campaign_id"] = campaign_id
    rows["position_octets"] = 4
    rows["position"] = np.arange(len(msisdns), dtype=np.int32)
    rows["msisdn_octets"] = 8
    rows["msisdn"] = msisdns
    rows["status_octets"] = 2
    rows["status"] = status
    await raw.copy_to_table(
        "message",
        source=io.BytesIO(_COPY_HEADER + rows.tobytes() + _COPY_TRAILER),
        columns=["campaign_id", "position", "msisdn", "status"],
        format="binary",
    )
