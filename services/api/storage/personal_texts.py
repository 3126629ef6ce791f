"""Storing a send whose messages each have a text of their own, a batch at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.messages import MessageStatus

NEXT_CAMPAIGN_ID = text("SELECT next_campaign_id()")
_MESSAGE_COLUMNS = ("campaign_id", "position", "msisdn", "status")
_TEXT_COLUMNS = (
    "campaign_id",
    "position",
    "body_before",
    "body_after",
    "destination",
    "location",
    "encoding",
    "segment_count",
)


@dataclass(frozen=True, slots=True, repr=False)
class PersonalMessage:
    """One message: to whom, and the text around its link, if it has one.

    Attributes:
        destination: The link as the sender wrote it.
        location: Where it leads, as a ``Location`` header holds it.
    """

    msisdn: int
    body_before: str
    body_after: str | None
    destination: str | None
    location: str | None
    encoding: str
    segment_count: int


async def next_campaign_id(connection: AsyncConnection) -> int:
    """Return the id of a campaign whose messages are stored before itself."""
    campaign_id: int = (await connection.execute(NEXT_CAMPAIGN_ID)).scalar_one()
    return campaign_id


async def copy_personal_messages(
    raw: asyncpg.Connection,
    campaign_id: int,
    messages: Sequence[PersonalMessage],
    *,
    first_position: int,
    status: MessageStatus = MessageStatus.QUEUED,
) -> None:
    """Store messages with their texts at the positions from ``first_position`` on."""
    placed = list(enumerate(messages, start=first_position))
    await raw.copy_records_to_table(
        "message",
        records=[
            (campaign_id, position, message.msisdn, int(status)) for position, message in placed
        ],
        columns=_MESSAGE_COLUMNS,
    )
    await raw.copy_records_to_table(
        "personal_text",
        records=[
            (
                campaign_id,
                position,
                message.body_before,
                message.body_after,
                message.destination,
                message.location,
                message.encoding,
                message.segment_count,
            )
            for position, message in placed
        ],
        columns=_TEXT_COLUMNS,
    )
