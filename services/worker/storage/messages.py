"""Moving messages from queued to submitted, and their campaign's counts with them.

Every statement locks messages before counts, and counts last of all, so that two transactions
never wait for each other in a ring.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.worker.storage.event_batches import NEWS, TOLD
from services.worker.storage.failures import COUNT_FAILURES
from shared.domain.messages import FAILURES, UNSENT, MessageStatus
from shared.storage.refunds import OWED_OF_ONE, refund

# By the primary key. The list of positions is given to every scan of message: a campaign that was
# stored a moment ago is in no statistics, and a join alone then reads all of it for each window.
# Who opted out is looked up along the window, by suppression_pkey: joined, the planner might read
# all of an account's million opt-outs for each.
# A row found submitting is under way until its claim runs out. Then whoever claimed it is dead,
# or stands still, or could not note what the carrier said.
CLAIM_WINDOW = text("""
    WITH found AS MATERIALIZED (
        SELECT
            position, status, claimed_until,
            coalesce(status = :submitting AND claimed_until > now(), false) AS is_under_way
        FROM message
        WHERE campaign_id = :campaign_id
        AND position = ANY(CAST(:positions AS integer[]))
        AND status IN (:queued, :submitting)
        ORDER BY position
        FOR UPDATE
    ), claimed AS (
        UPDATE message SET
            status = :submitting,
            attempt_count = attempt_count + 1,
            first_claimed_at = coalesce(first_claimed_at, now()),
            claimed_until = now() + CAST(:lifetime AS interval)
        FROM found
        WHERE message.campaign_id = :campaign_id
        AND message.position = ANY(CAST(:positions AS integer[]))
        AND message.position = found.position
        AND NOT found.is_under_way
        RETURNING
            message.position, message.msisdn, message.attempt_count,
            now() - message.first_claimed_at AS tried_for
    ), counted AS (
        UPDATE campaign_delivery
        SET queued = queued - moved.message_count, submitting = submitting + moved.message_count
        FROM (SELECT count(*) AS message_count FROM found WHERE status = :queued) AS moved
        WHERE campaign_id = :campaign_id
    )
    SELECT
        position, found.is_under_way, found.claimed_until - now() AS free_in,
        claimed.msisdn, claimed.attempt_count, claimed.tried_for,
        coalesce(opt_out.is_there, false) AS is_opted_out
    FROM found LEFT JOIN claimed USING (position)
    LEFT JOIN LATERAL (
        SELECT true AS is_there FROM suppression
        WHERE account_id = :opt_outs_of AND msisdn = claimed.msisdn OFFSET 0
    ) opt_out ON true
    ORDER BY position
""")

# By the primary key.
HAS_DUE = text("""
    SELECT EXISTS (
        SELECT FROM message
        WHERE campaign_id = :campaign_id
        AND position = ANY(CAST(:positions AS integer[]))
        AND status IN (:queued, :submitting)
    )
""")

SETTLE_WINDOW = text(
    """
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
            settled_at = CASE WHEN settlement.status IN (:failed, :cancelled) THEN now() END
        FROM settlement
        WHERE message.campaign_id = :campaign_id
        AND message.position = ANY(CAST(:positions AS integer[]))
        AND message.position = settlement.position
        AND message.status = :submitting
        RETURNING
            message.campaign_id, message.position, message.status, message.failure_cause
    )
    """  # noqa: S608 - nothing but constants
    + NEWS
    + """
    , counted AS (
        UPDATE campaign_delivery SET
            event_batch_count = event_batch_count + (SELECT count(*) FROM news),
            submitting = submitting - moved.message_count,
            queued = queued + moved.to_queued,
            submitted = submitted + moved.to_submitted,
            failed = failed + moved.to_failed,
            cancelled = cancelled + moved.to_cancelled,
            cancelled_segments = cancelled_segments + (
                SELECT coalesce(sum(coalesce(p.segment_count, c.segment_count)), 0)
                FROM settled
                JOIN campaign c ON c.id = :campaign_id
                LEFT JOIN LATERAL (
                    SELECT segment_count FROM personal_text
                    WHERE c.is_personal AND campaign_id = :campaign_id
                    AND position = settled.position
                    OFFSET 0
                ) p ON true
                WHERE settled.status = :cancelled
            )
        FROM (
            SELECT
                count(*) AS message_count,
                count(*) FILTER (WHERE status = :queued) AS to_queued,
                count(*) FILTER (WHERE status = :submitted) AS to_submitted,
                count(*) FILTER (WHERE status = :failed) AS to_failed,
                count(*) FILTER (WHERE status = :cancelled) AS to_cancelled
            FROM settled
        ) AS moved
        WHERE campaign_id = :campaign_id
        RETURNING campaign_id, event_batch_count
    )
    """
    + OWED_OF_ONE
    + TOLD
    + COUNT_FAILURES
)


@dataclass(frozen=True, slots=True)
class ClaimedMessage:
    """A message that is now submitting.

    Attributes:
        attempt: How many times it has been, this time included.
        tried_for: How long ago it first was.
        is_opted_out: Whether its recipient wants nothing of the kind: it is not to be handed over.
    """

    position: int
    msisdn: int = field(repr=False)
    attempt: int
    tried_for: timedelta
    is_opted_out: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """What a claim on a window got.

    Attributes:
        messages: Those that are now the caller's, by position.
        under_way: Positions of those that are another's.
        free_in: When the last of these claims runs out.
    """

    messages: Sequence[ClaimedMessage]
    under_way: Sequence[int]
    free_in: timedelta


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of one submitting message: submitted, failed, cancelled, or queued again."""

    position: int
    status: MessageStatus
    carrier_message_id: str | None = None
    failure_cause: str | None = None


async def claim_window(
    connection: AsyncConnection,
    campaign_id: int,
    positions: Sequence[int],
    *,
    lifetime: timedelta,
    opt_outs_of: int | None = None,
) -> Claim:
    """Mark those messages submitting that are queued, or whose earlier claim has run out.

    Args:
        connection: Inside a transaction.
        campaign_id: The campaign.
        positions: The window.
        lifetime: How long nobody else may claim them.
        opt_outs_of: The account whose opt-outs hold the messages back; None: nobody's do.

    Returns:
        The messages now to be sent; what is submitted or beyond is not among them.
    """
    rows = await connection.execute(
        CLAIM_WINDOW,
        {
            "campaign_id": campaign_id,
            "positions": list(positions),
            "lifetime": lifetime,
            "opt_outs_of": opt_outs_of,
            "queued": int(MessageStatus.QUEUED),
            "submitting": int(MessageStatus.SUBMITTING),
        },
    )
    claimed, under_way, free_in = [], [], timedelta(0)
    for row in rows:
        if row.is_under_way:
            under_way.append(row.position)
            free_in = max(free_in, row.free_in)
        else:
            claimed.append(
                ClaimedMessage(
                    row.position,
                    row.msisdn,
                    row.attempt_count,
                    row.tried_for,
                    row.is_opted_out,
                )
            )
    return Claim(claimed, under_way, free_in)


async def has_due_message(
    connection: AsyncConnection, campaign_id: int, positions: Sequence[int]
) -> bool:
    """Tell whether any of these messages is not submitted yet, nor failed or cancelled."""
    values = {
        "campaign_id": campaign_id,
        "positions": list(positions),
        "queued": int(MessageStatus.QUEUED),
        "submitting": int(MessageStatus.SUBMITTING),
    }
    is_due: bool = (await connection.execute(HAS_DUE, values)).scalar_one()
    return is_due


async def apply_settlements(
    connection: AsyncConnection, campaign_id: int, settlements: Sequence[Settlement]
) -> None:
    """Record what became of submitting messages; any that are submitting no more stay as they are.

    Applying the same settlements twice changes nothing the second time. What failed and cancelled
    messages cost in credit is given back.
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
            "cancelled": int(MessageStatus.CANCELLED),
            "failures": list(map(int, FAILURES)),
        },
    )
    if any(settlement.status in UNSENT for settlement in settlements):
        await refund(connection, [campaign_id])
