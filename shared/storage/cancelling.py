"""Cancelling messages, by whoever comes first: the API that was told to, or a worker."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.messages import MessageStatus
from shared.storage.refunds import OWED_OF_ONE, refund

# Large enough to be quick, small enough that no lock is held for long.
BATCH_MESSAGE_COUNT = 5_000
# By the primary key; the positions are given to every scan of message, as in claiming a window.
# Messages are locked in the order of their key and before the counts, as everywhere; those that a
# worker has are not, so that it can settle them meanwhile in whatever order. A row that was
# claimed while this waited for its lock is let go of.
CANCEL_MESSAGES = text(
    """
    WITH found AS MATERIALIZED (
        SELECT position, status FROM message
        WHERE campaign_id = :campaign_id
        AND position = ANY(CAST(:positions AS integer[]))
        AND (
            status = :queued
            OR status = :submitting AND coalesce(claimed_until <= now(), true)
        )
        ORDER BY position
        FOR UPDATE
    ), settled AS (
        UPDATE message SET status = :cancelled, settled_at = now()
        FROM found
        WHERE message.campaign_id = :campaign_id
        AND message.position = ANY(CAST(:positions AS integer[]))
        AND message.position = found.position
        RETURNING message.campaign_id, message.position, message.status, found.status AS was
    ), counted AS (
        UPDATE campaign_delivery SET
            queued = queued - moved.from_queued,
            submitting = submitting - moved.from_submitting,
            cancelled = cancelled + moved.from_queued + moved.from_submitting,
            cancelled_segments = cancelled_segments + moved.segments
        FROM (
            SELECT
                count(*) FILTER (WHERE settled.was = :queued) AS from_queued,
                count(*) FILTER (WHERE settled.was = :submitting) AS from_submitting,
                coalesce(sum(coalesce(p.segment_count, c.segment_count)), 0) AS segments
            FROM settled
            JOIN campaign c ON c.id = :campaign_id
            LEFT JOIN LATERAL (
                SELECT segment_count FROM personal_text
                WHERE c.is_personal AND campaign_id = :campaign_id AND position = settled.position
                OFFSET 0
            ) p ON true
        ) AS moved
        WHERE campaign_id = :campaign_id AND moved.from_queued + moved.from_submitting > 0
        RETURNING campaign_id
    )
    """  # noqa: S608 - nothing but constants
    + OWED_OF_ONE
    + """
    SELECT EXISTS (SELECT FROM settled) AS has_cancelled
    """
)
LIST_UNDER_WAY = text("""
    SELECT position, claimed_until - now() AS free_in FROM message
    WHERE campaign_id = :campaign_id
    AND position = ANY(CAST(:positions AS integer[]))
    AND status = :submitting
    ORDER BY position
""")


@dataclass(frozen=True, slots=True)
class UnderWay:
    """Messages that a worker has, and may yet hand over: too late to cancel.

    Attributes:
        positions: In rising order.
        free_in: When the last of the claims on them runs out.
    """

    positions: Sequence[int]
    free_in: timedelta


async def cancel_messages(
    connection: AsyncConnection, campaign_id: int, positions: Sequence[int]
) -> UnderWay:
    """Cancel those messages that wait to be handed over, or whose worker has died over it.

    What they cost in credit is given back.

    Args:
        connection: Inside a transaction.
        campaign_id: A campaign that is cancelled already, so that none is queued again.
        positions: At most ``BATCH_MESSAGE_COUNT``.

    Returns:
        Those that are under way.
    """
    key = {
        "campaign_id": campaign_id,
        "positions": list(positions),
        "submitting": int(MessageStatus.SUBMITTING),
    }
    statuses = {
        "queued": int(MessageStatus.QUEUED),
        "cancelled": int(MessageStatus.CANCELLED),
    }
    has_cancelled = (await connection.execute(CANCEL_MESSAGES, key | statuses)).scalar_one()
    under_way = (await connection.execute(LIST_UNDER_WAY, key)).all()
    if has_cancelled:
        await refund(connection, [campaign_id])
    return UnderWay(
        [row.position for row in under_way],
        max((row.free_in for row in under_way), default=timedelta(0)),
    )
