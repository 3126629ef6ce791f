"""Moving messages from queued to submitted, and their campaign's counts with them.

Every statement locks messages before counts, and counts last of all, so that two transactions
never wait for each other in a ring.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.messages import MessageStatus

# By the primary key. The list of positions is given to every scan of message: a campaign that was
# stored a moment ago is in no statistics, and a join alone then reads all of it for each window.
# A row found submitting was left so by a worker that died: the caller holds its slice's lease.
CLAIM_WINDOW = text("""
    WITH due AS MATERIALIZED (
        SELECT position, status FROM message
        WHERE campaign_id = :campaign_id
        AND position = ANY(CAST(:positions AS integer[]))
        AND status IN (:queued, :submitting)
        ORDER BY position
        FOR UPDATE
    ), claimed AS (
        UPDATE message SET status = :submitting, attempt_count = attempt_count + 1
        FROM due
        WHERE message.campaign_id = :campaign_id
        AND message.position = ANY(CAST(:positions AS integer[]))
        AND message.position = due.position
        RETURNING message.position, message.msisdn, message.attempt_count
    ), counted AS (
        UPDATE campaign_delivery
        SET queued = queued - moved.message_count, submitting = submitting + moved.message_count
        FROM (SELECT count(*) AS message_count FROM due WHERE status = :queued) AS moved
        WHERE campaign_id = :campaign_id
    )
    SELECT position, msisdn, attempt_count FROM claimed ORDER BY position
""")

SETTLE_WINDOW = text("""
    WITH settlement AS (
        SELECT * FROM unnest(
            CAST(:positions AS integer[]),
            CAST(:statuses AS smallint[]),
            CAST(:carrier_message_ids AS text[]),
            CAST(:failure_causes AS text[])
        ) AS settlement(position, status, carrier_message_id, failure_cause)
    ), settled AS (
        UPDATE message SET
            status = settlement.status,
            carrier_message_id = settlement.carrier_message_id,
            failure_cause = settlement.failure_cause,
            submitted_at = CASE WHEN settlement.status = :submitted THEN now() END,
            settled_at = CASE WHEN settlement.status = :failed THEN now() END
        FROM settlement
        WHERE message.campaign_id = :campaign_id
        AND message.position = ANY(CAST(:positions AS integer[]))
        AND message.position = settlement.position
        AND message.status = :submitting
        RETURNING message.status
    )
    UPDATE campaign_delivery SET
        submitting = submitting - moved.message_count,
        queued = queued + moved.to_queued,
        submitted = submitted + moved.to_submitted,
        failed = failed + moved.to_failed
    FROM (
        SELECT
            count(*) AS message_count,
            count(*) FILTER (WHERE status = :queued) AS to_queued,
            count(*) FILTER (WHERE status = :submitted) AS to_submitted,
            count(*) FILTER (WHERE status = :failed) AS to_failed
        FROM settled
    ) AS moved
    WHERE campaign_id = :campaign_id
""")


@dataclass(frozen=True, slots=True)
class ClaimedMessage:
    """A message that is now submitting, and how many times it has been, this time included."""

    position: int
    msisdn: int = field(repr=False)
    attempt: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of one submitting message: submitted, failed, or queued again."""

    position: int
    status: MessageStatus
    carrier_message_id: str | None = None
    failure_cause: str | None = None


async def claim_window(
    connection: AsyncConnection, campaign_id: int, positions: Sequence[int]
) -> list[ClaimedMessage]:
    """Mark those messages submitting that are queued, or were left submitting by a crash.

    Returns:
        The messages now to be sent, by position; what is submitted or beyond is not among them.
    """
    rows = await connection.execute(
        CLAIM_WINDOW,
        {
            "campaign_id": campaign_id,
            "positions": list(positions),
            "queued": int(MessageStatus.QUEUED),
            "submitting": int(MessageStatus.SUBMITTING),
        },
    )
    return [ClaimedMessage(row.position, row.msisdn, row.attempt_count) for row in rows]


async def apply_settlements(
    connection: AsyncConnection, campaign_id: int, settlements: Sequence[Settlement]
) -> None:
    """Record what became of submitting messages; any that are submitting no more stay as they are.

    Applying the same settlements twice changes nothing the second time.
    """
    await connection.execute(
        SETTLE_WINDOW,
        {
            "campaign_id": campaign_id,
            "positions": [settlement.position for settlement in settlements],
            "statuses": [int(settlement.status) for settlement in settlements],
            "carrier_message_ids": [settlement.carrier_message_id for settlement in settlements],
            "failure_causes": [settlement.failure_cause for settlement in settlements],
            "queued": int(MessageStatus.QUEUED),
            "submitting": int(MessageStatus.SUBMITTING),
            "submitted": int(MessageStatus.SUBMITTED),
            "failed": int(MessageStatus.FAILED),
        },
    )
