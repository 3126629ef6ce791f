"""Campaigns under the orders of their account: where they stand, and what they are to do.

The campaign's row is locked first, then messages, then counts. Whoever holds it is alone with what
the campaign is under orders to do; workers only read that, and let themselves be told by messages.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.domain.campaign_states import CampaignProgress
from services.api.storage.reports import Row, fetch
from shared.domain.campaigns import CampaignControl
from shared.domain.messages import MessageStatus

LOCK_CAMPAIGN = text("""
    SELECT id, uuid, control, scheduled_at, message_count FROM campaign
    WHERE account_id = :account_id AND uuid = :uuid
    FOR NO KEY UPDATE
""")
COUNT_LEFT = text("""
    SELECT d.queued, d.submitting FROM campaign_delivery d
    JOIN campaign c ON c.id = d.campaign_id AND c.account_id = :account_id
    WHERE d.campaign_id = :campaign_id
""")
SET_CONTROL = text("""
    UPDATE campaign SET control = :control
    WHERE account_id = :account_id AND id = :campaign_id
""")
SET_SCHEDULE = text("""
    UPDATE campaign SET scheduled_at = :scheduled_at
    WHERE account_id = :account_id AND id = :campaign_id
""")
# Walks message_pkey of one partition.
LIST_SLICES_LEFT = text("""
    SELECT DISTINCT m.position / :slice_message_count AS slice_number FROM message m
    JOIN campaign c ON c.id = m.campaign_id AND c.account_id = :account_id
    WHERE m.campaign_id = :campaign_id AND m.status IN (:queued, :submitting)
    ORDER BY slice_number
""")
# By campaign_account_id_scheduled_at_idx.
LIST_SCHEDULED = text("""
    SELECT uuid, transaction_id, title, sender_id, body_before, body_after, message_count,
           scheduled_at, created_at, control
    FROM campaign
    WHERE account_id = :account_id AND control = 'scheduled'
      AND (CAST(:uuid AS uuid) IS NULL OR uuid = :uuid)
    ORDER BY scheduled_at, id LIMIT :row_limit
""")
# By campaign_transaction_id_key.
FIND_UUID = text("""
    SELECT uuid FROM campaign
    WHERE account_id = :account_id AND transaction_id = :transaction_id
""")


@dataclass(frozen=True, slots=True)
class LockedCampaign:
    """A campaign that nobody else gives orders to meanwhile.

    Attributes:
        scheduled_at: When it is, or was, to go out; None: at once.
    """

    id: int
    uuid: uuid.UUID
    scheduled_at: datetime | None
    progress: CampaignProgress


async def lock_campaign(
    connection: AsyncConnection, account_id: int, campaign_uuid: uuid.UUID
) -> LockedCampaign | None:
    """Lock a campaign until the transaction ends; None if it is not the account's."""
    found = await fetch(connection, LOCK_CAMPAIGN, account_id=account_id, uuid=campaign_uuid)
    if not found:
        return None
    (row,) = found
    # Only now, or it would be as it was before the wait for the lock.
    (left,) = await fetch(connection, COUNT_LEFT, account_id=account_id, campaign_id=row["id"])
    control = CampaignControl(row["control"])
    return LockedCampaign(
        row["id"],
        row["uuid"],
        row["scheduled_at"],
        CampaignProgress(control, row["message_count"], left["queued"], left["submitting"]),
    )


async def set_control(
    connection: AsyncConnection, account_id: int, campaign_id: int, control: CampaignControl
) -> None:
    """Put a locked campaign under other orders."""
    await connection.execute(
        SET_CONTROL,
        {"account_id": account_id, "campaign_id": campaign_id, "control": control.value},
    )


async def set_schedule(
    connection: AsyncConnection, account_id: int, campaign_id: int, scheduled_at: datetime
) -> None:
    """Change when a locked campaign is to go out."""
    await connection.execute(
        SET_SCHEDULE,
        {"account_id": account_id, "campaign_id": campaign_id, "scheduled_at": scheduled_at},
    )


async def list_slices_left(
    connection: AsyncConnection, account_id: int, campaign_id: int, *, slice_message_count: int
) -> Sequence[int]:
    """Return the numbers, from 0, of the slices that hold a message not yet handed over."""
    rows = await fetch(
        connection,
        LIST_SLICES_LEFT,
        account_id=account_id,
        campaign_id=campaign_id,
        slice_message_count=slice_message_count,
        queued=int(MessageStatus.QUEUED),
        submitting=int(MessageStatus.SUBMITTING),
    )
    return [row["slice_number"] for row in rows]


async def list_scheduled(
    connection: AsyncConnection,
    account_id: int,
    *,
    campaign_uuid: uuid.UUID | None,
    row_limit: int,
) -> list[Row]:
    """Return what an account has scheduled, the soonest first; only one campaign if named."""
    return await fetch(
        connection, LIST_SCHEDULED, account_id=account_id, uuid=campaign_uuid, row_limit=row_limit
    )


async def find_uuid(
    connection: AsyncConnection, account_id: int, transaction_id: int
) -> uuid.UUID | None:
    """Return the campaign that old clients know by a transaction id."""
    rows = await fetch(connection, FIND_UUID, account_id=account_id, transaction_id=transaction_id)
    return rows[0]["uuid"] if rows else None
