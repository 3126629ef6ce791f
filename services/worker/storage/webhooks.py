"""Webhooks, what they are to be told, and what came of telling them."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.worker.webhook_retrying import Answer, Ending
from shared.domain.sealing import Sealer
from shared.domain.webhook_packing import DueBatch, Parcel
from shared.storage.sealed import sealer_of
from shared.storage.sealed_columns import WEBHOOK_SECRET

DISPATCH_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtext('txlink webhooks'))")
# Walks event_batch_due_idx. Nothing is skipped, in whatever order batches are committed: what is
# not yet visible is found by a later round.
LIST_DUE_BATCHES = text("""
    SELECT campaign_id, source, number, kind, account_id, cardinality(places) AS event_count
    FROM event_batch WHERE is_due ORDER BY created_at LIMIT :row_limit
    FOR UPDATE SKIP LOCKED
""")
CLOSE_BATCHES = text("""
    UPDATE event_batch SET is_due = false WHERE (campaign_id, source, number) IN (
        SELECT * FROM unnest(
            CAST(:campaign_ids AS bigint[]), CAST(:sources AS text[]), CAST(:numbers AS bigint[])
        )
    )
""")
LIST_HEARERS = text("""
    SELECT id, account_id, kinds FROM webhook
    WHERE account_id = ANY(CAST(:account_ids AS bigint[])) AND is_enabled ORDER BY id
    FOR SHARE
""")
ADD_DELIVERIES = text("""
    INSERT INTO webhook_delivery (uuid, webhook_id, kind, batches, event_count)
    SELECT uuid, webhook_id, kind, CAST(batches AS jsonb), event_count FROM unnest(
        CAST(:uuids AS uuid[]), CAST(:webhook_ids AS bigint[]), CAST(:kinds AS text[]),
        CAST(:batches AS text[]), CAST(:event_counts AS integer[])
    ) AS parcel(uuid, webhook_id, kind, batches, event_count)
""")
# A job that is lost altogether is missed after an hour. Its number makes void whatever is older.
WAKE_WEBHOOKS = text("""
    UPDATE webhook SET job_number = job_number + 1, job_at = now() WHERE id = ANY(ARRAY(
        SELECT id FROM webhook
        WHERE is_enabled AND (paused_until IS NULL OR paused_until <= now())
        AND (job_at IS NULL OR job_at < now() - interval '1 hour')
        AND EXISTS (
            SELECT FROM webhook_delivery
            WHERE webhook_id = webhook.id AND due_at <= now()
        )
        ORDER BY id FOR UPDATE SKIP LOCKED
    ))
    RETURNING id, job_number
""")
BEGIN_JOB = text("""
    UPDATE webhook SET job_at = now()
    WHERE id = :webhook_id AND job_number = :job_number AND is_enabled
    RETURNING id, uuid, account_id, url, secret, failure_count,
        CASE WHEN previous_until > now() THEN previous_secret END AS previous_secret
""")
END_JOB = text("""
    UPDATE webhook SET job_at = NULL WHERE id = :webhook_id AND job_number = :job_number
""")
# Walks webhook_delivery_due_idx.
LIST_DUE_DELIVERIES = text("""
    SELECT id, uuid, kind, batches, created_at, attempt_count FROM webhook_delivery
    WHERE webhook_id = :webhook_id AND due_at <= now() ORDER BY due_at, id LIMIT :row_limit
""")
SETTLE_DELIVERY = text("""
    UPDATE webhook_delivery SET
        attempt_count = attempt_count + 1, attempted_at = now(), status = :status,
        due_at = now() + CAST(:delay AS interval), response_status = :response_status,
        cause = :cause, duration_ms = :duration_ms
    WHERE id = :delivery_id AND status = 'pending'
""")
# Even where there is nothing to note: whoever disables or deletes a webhook locks it first.
LOCK_WEBHOOK = text("SELECT FROM webhook WHERE id = :webhook_id FOR NO KEY UPDATE")
NOTE_SUCCESS = text("""
    UPDATE webhook SET failing_since = NULL, failure_count = 0, paused_until = NULL
    WHERE id = :webhook_id AND failing_since IS NOT NULL
""")
NOTE_FAILURE = text("""
    UPDATE webhook SET
        failing_since = coalesce(failing_since, now()),
        failure_count = failure_count + 1,
        paused_until = now() + CAST(:pause AS interval)
    WHERE id = :webhook_id
    RETURNING now() - failing_since AS failing_for
""")
DISABLE = text("""
    UPDATE webhook SET is_enabled = false, disabled_reason = :reason, job_at = NULL
    WHERE id = :webhook_id
""")
GIVE_UP = text("""
    UPDATE webhook_delivery SET
        status = 'given_up', due_at = NULL, cause = coalesce(cause, 'the webhook was disabled')
    WHERE webhook_id = :webhook_id AND due_at IS NOT NULL
""")


@dataclass(frozen=True, slots=True)
class Hearer:
    """A webhook that is enabled, and what it is told."""

    webhook_id: int
    account_id: int
    kinds: Sequence[str]


@dataclass(frozen=True, slots=True)
class WebhookToCall:
    """A webhook as it is called.

    Attributes:
        keys: What deliveries are signed with.
        failure_count: Attempts in a row that it did not take.
    """

    id: int
    account_id: int
    url: str = field(repr=False)
    keys: Sequence[bytes] = field(repr=False)
    failure_count: int


@dataclass(frozen=True, slots=True)
class DueDelivery:
    """A delivery that is to be tried.

    Attributes:
        batches: Campaign, source and number of each.
        attempt: Which attempt this will be; the first is 1.
    """

    id: int
    uuid: uuid.UUID
    kind: str
    batches: Sequence[tuple[int, str, int]]
    created_at: datetime
    attempt: int


async def is_our_turn(connection: AsyncConnection) -> bool:
    """Tell whether no other worker hands out, and keep it so until the transaction ends."""
    is_ours: bool = (await connection.execute(DISPATCH_LOCK)).scalar_one()
    return is_ours


async def claim_due_batches(connection: AsyncConnection, *, row_limit: int) -> list[DueBatch]:
    """Lock and return batches that webhooks are to be told of, oldest first."""
    rows = await connection.execute(LIST_DUE_BATCHES, {"row_limit": row_limit})
    return [
        DueBatch(
            row.account_id, row.kind, (row.campaign_id, row.source, row.number), row.event_count
        )
        for row in rows
    ]


async def close_batches(connection: AsyncConnection, batches: Sequence[DueBatch]) -> None:
    """Note that webhooks need not be told of these any more."""
    campaign_ids, sources, numbers = zip(*(batch.key for batch in batches), strict=True)
    values = {
        "campaign_ids": list(campaign_ids),
        "sources": list(sources),
        "numbers": list(numbers),
    }
    await connection.execute(CLOSE_BATCHES, values)


async def list_hearers(connection: AsyncConnection, account_ids: Sequence[int]) -> list[Hearer]:
    """Return the enabled webhooks of accounts, and keep them so until the transaction ends."""
    rows = await connection.execute(LIST_HEARERS, {"account_ids": list(account_ids)})
    return [Hearer(row.id, row.account_id, row.kinds) for row in rows]


async def add_deliveries(
    connection: AsyncConnection, parcels: Sequence[tuple[int, Parcel]]
) -> None:
    """Store what is to be delivered to which webhook."""
    await connection.execute(
        ADD_DELIVERIES,
        {
            "uuids": [uuid.uuid4() for _ in parcels],
            "webhook_ids": [webhook_id for webhook_id, _ in parcels],
            "kinds": [parcel.kind for _, parcel in parcels],
            "batches": [json.dumps(parcel.keys) for _, parcel in parcels],
            "event_counts": [parcel.event_count for _, parcel in parcels],
        },
    )


async def claim_webhooks_to_wake(connection: AsyncConnection) -> list[tuple[int, int]]:
    """Return webhooks for which something is due and nothing is under way, with a job number."""
    rows = await connection.execute(WAKE_WEBHOOKS)
    return [(row.id, row.job_number) for row in rows]


async def begin_job(
    connection: AsyncConnection, webhook_id: int, job_number: int
) -> WebhookToCall | None:
    """Return the webhook of a job; None if it is disabled or the job is void."""
    values = {"webhook_id": webhook_id, "job_number": job_number}
    row = (await connection.execute(BEGIN_JOB, values)).one_or_none()
    return None if row is None else _webhook(row, sealer_of(connection))


async def end_job(connection: AsyncConnection, webhook_id: int, job_number: int) -> None:
    """Note that a job is over, so that another may follow."""
    await connection.execute(END_JOB, {"webhook_id": webhook_id, "job_number": job_number})


async def list_due_deliveries(
    connection: AsyncConnection, webhook_id: int, *, row_limit: int
) -> list[DueDelivery]:
    """Return what is to be tried now, longest due first."""
    values = {"webhook_id": webhook_id, "row_limit": row_limit}
    rows = await connection.execute(LIST_DUE_DELIVERIES, values)
    return [
        DueDelivery(
            row.id,
            row.uuid,
            row.kind,
            [(campaign_id, source, number) for campaign_id, source, number in row.batches],
            row.created_at,
            row.attempt_count + 1,
        )
        for row in rows
    ]


async def apply_answer(
    connection: AsyncConnection, delivery_id: int, answer: Answer, decision: Ending | timedelta
) -> None:
    """Record an attempt and what becomes of its delivery."""
    await connection.execute(
        SETTLE_DELIVERY,
        {
            "delivery_id": delivery_id,
            "status": decision.value if isinstance(decision, Ending) else "pending",
            "delay": None if isinstance(decision, Ending) else decision,
            "response_status": answer.status,
            "cause": answer.cause,
            "duration_ms": answer.duration_ms,
        },
    )


async def note_success(connection: AsyncConnection, webhook_id: int) -> None:
    """Lock a webhook before its deliveries are settled, and forget its failures."""
    await connection.execute(LOCK_WEBHOOK, {"webhook_id": webhook_id})
    await connection.execute(NOTE_SUCCESS, {"webhook_id": webhook_id})


async def note_failure(
    connection: AsyncConnection, webhook_id: int, *, pause: timedelta
) -> timedelta:
    """Count a failure of a webhook and leave it alone for a while; return how long it fails.

    Returns:
        Zero if the webhook was deleted meanwhile.
    """
    values = {"webhook_id": webhook_id, "pause": pause}
    failing_for: timedelta | None = (
        await connection.execute(NOTE_FAILURE, values)
    ).scalar_one_or_none()
    return failing_for or timedelta(0)


async def disable(connection: AsyncConnection, webhook_id: int, reason: str) -> None:
    """Call a webhook no more, and give up what waits for it."""
    await connection.execute(DISABLE, {"webhook_id": webhook_id, "reason": reason})
    await connection.execute(GIVE_UP, {"webhook_id": webhook_id})


def _webhook(row: Row[Any], sealer: Sealer) -> WebhookToCall:
    context = WEBHOOK_SECRET.context(row.uuid)
    kept = [row.secret] + ([row.previous_secret] if row.previous_secret else [])
    keys = [sealer.open_or_plain(each, context) for each in kept]
    return WebhookToCall(row.id, row.account_id, row.url, keys, row.failure_count)
