"""How the links of a campaign lead on: where to, until when, and whether they do now."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.storage.reports import fetch
from shared.schema.campaigns import CAMPAIGN
from shared.schema.links import LINK_BLOCK

# By campaign's unique uuid and link_block's unique campaign_id.
FIND_TERMS = text("""
    SELECT c.id AS campaign_id, c.uuid AS campaign_uuid, c.body_before, c.body_after,
           c.destination, c.is_personal, b.link_count, b.location, b.is_paused, b.expires_at,
           b.query_mode
    FROM campaign c JOIN link_block b ON b.campaign_id = c.id
    WHERE c.account_id = :account_id AND c.uuid = :uuid
""")
# Like an order to the campaign, so that changes come one after the other.
LOCK_CAMPAIGN = text("""
    SELECT id FROM campaign WHERE account_id = :account_id AND uuid = :uuid FOR NO KEY UPDATE
""")


@dataclass(frozen=True, slots=True, repr=False)
class LinkTerms:
    """How the links of a campaign lead on.

    Attributes:
        body_before: The campaign's text up to its link, if all have the same.
        body_after: The text behind it; None where texts are personal.
        destination: As the sender wrote it; None where there are several.
        location: The same, ready for a ``Location`` header.
        expires_at: From when on they lead nowhere; None: never.
        query_mode: What becomes of the query that a visitor comes with.
    """

    campaign_id: int
    campaign_uuid: uuid.UUID
    body_before: str
    body_after: str | None
    destination: str | None
    is_personal: bool
    link_count: int
    location: str | None
    is_paused: bool
    expires_at: datetime | None
    query_mode: str


async def find_terms(
    connection: AsyncConnection, account_id: int, campaign_uuid: uuid.UUID
) -> LinkTerms | None:
    """Return how links lead on; None if the account has no such campaign, or it has no links."""
    rows = await fetch(connection, FIND_TERMS, account_id=account_id, uuid=campaign_uuid)
    return LinkTerms(**rows[0]) if rows else None


async def lock_terms(
    connection: AsyncConnection, account_id: int, campaign_uuid: uuid.UUID
) -> LinkTerms | None:
    """Return the same, which nobody else changes until the transaction ends."""
    await fetch(connection, LOCK_CAMPAIGN, account_id=account_id, uuid=campaign_uuid)
    return await find_terms(connection, account_id, campaign_uuid)


async def set_terms(
    connection: AsyncConnection, campaign_id: int, values: Mapping[str, object]
) -> None:
    """Change how the links of a campaign lead on, by the names of their columns.

    Redirectors are told when the transaction is committed.
    """
    await connection.execute(
        update(LINK_BLOCK).where(LINK_BLOCK.c.campaign_id == campaign_id).values(**values)
    )


async def set_destination(connection: AsyncConnection, campaign_id: int, destination: str) -> None:
    """Change what a campaign's reports name as the destination of its links."""
    await connection.execute(
        update(CAMPAIGN).where(CAMPAIGN.c.id == campaign_id).values(destination=destination)
    )


async def find_owner(connection: AsyncConnection, campaign_uuid: uuid.UUID) -> int | None:
    """Return the account of a campaign, whoever asks; None if there is no such campaign."""
    query = select(CAMPAIGN.c.account_id).where(CAMPAIGN.c.uuid == campaign_uuid)
    found: int | None = (await connection.execute(query)).scalar_one_or_none()
    return found
