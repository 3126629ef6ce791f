"""Campaigns as the API stores them, and what the database says of them afterwards."""

import secrets
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.storage.campaigns import LinkedCampaign, NewCampaign, add_campaign, copy_messages
from shared.domain.campaigns import CampaignControl
from shared.domain.messages import MessageStatus
from shared.storage.engine import raw_connection
from shared.storage.queue import enqueue_slices

ADD_ACCOUNT = text("INSERT INTO account (name) VALUES (:name) RETURNING id")
COUNTS_KEPT = text("SELECT * FROM campaign_delivery WHERE campaign_id = :campaign_id")
COUNTS_FOUND = text("""
    SELECT status, count(*) AS message_count FROM message
    WHERE campaign_id = :campaign_id GROUP BY status
""")
FAILURES_KEPT = text("""
    SELECT status, cause, message_count FROM campaign_failure WHERE campaign_id = :campaign_id
""")
FAILURES_FOUND = text("""
    SELECT status, coalesce(failure_cause, ''), count(*) FROM message
    WHERE campaign_id = :campaign_id
    AND (status IN (4, 5, 6, 7) OR status = 8 AND failure_cause = 'opted_out')
    GROUP BY 1, 2
""")
STATUSES = text("SELECT status FROM message WHERE campaign_id = :campaign_id ORDER BY position")
FORCE_STATUS = text("""
    WITH moved AS (
        UPDATE message SET status = :status
        WHERE campaign_id = :campaign_id AND position = ANY(CAST(:positions AS integer[]))
        RETURNING 1
    )
    UPDATE campaign_delivery SET
        queued = queued - (SELECT count(*) FROM moved),
        submitting = submitting + (SELECT count(*) FROM moved WHERE :status = 1),
        cancelled = cancelled + (SELECT count(*) FROM moved WHERE :status = 8),
        cancelled_segments = cancelled_segments + (SELECT count(*) FROM moved WHERE :status = 8)
    WHERE campaign_id = :campaign_id
""")

EXPIRE_CLAIMS = text("""
    UPDATE message SET
        claimed_until = now(), first_claimed_at = first_claimed_at - CAST(:age AS interval)
    WHERE campaign_id = :campaign_id
""")

UNDER_WAY = {MessageStatus.QUEUED, MessageStatus.SUBMITTING, MessageStatus.SUBMITTED}
FIRST_MSISDN = 919_800_010_000
FIRST_LINK = 5_000


async def store_campaign(
    engine: AsyncEngine,
    *,
    msisdns: Sequence[int] = (FIRST_MSISDN,),
    has_link: bool = True,
    is_queued: bool = False,
    urgent: bool = False,
    scheduled_at: datetime | None = None,
) -> int:
    """Store a campaign with its messages, all queued, and its jobs if asked; return its id.

    With ``scheduled_at`` it waits for that time.
    """
    link = LinkedCampaign(
        ". Bye", "https://destination.example/x", "https://tx1.in/", 6, FIRST_LINK
    )
    async with engine.begin() as connection:
        name = {"name": secrets.token_hex(8)}
        account_id = (await connection.execute(ADD_ACCOUNT, name)).scalar_one()
        campaign = NewCampaign(
            uuid=uuid.uuid4(),
            transaction_id=secrets.randbits(62),
            account_id=account_id,
            carrier="sandbox",
            title="",
            sender_id="TXTIND",
            body_before="Offer: ",
            link=link if has_link else None,
            message_count=len(msisdns),
            encoding="gsm7",
            segment_count=1,
            is_flash=False,
            dlt_entity_id=None,
            dlt_template_id=None,
            is_personal=False,
            segment_total=len(msisdns),
            segment_price=None,
            currency="INR",
            scheduled_at=scheduled_at,
            control=CampaignControl.SCHEDULED if scheduled_at else CampaignControl.RUNNING,
        )
        campaign_id = await add_campaign(connection, campaign)
        raw = await raw_connection(connection)
        await copy_messages(raw, campaign_id, msisdns)
        if is_queued:
            await enqueue_slices(raw, campaign_id, len(msisdns), urgent=urgent)
    return campaign_id


async def force_status(
    engine: AsyncEngine, campaign_id: int, positions: Sequence[int], status: MessageStatus
) -> None:
    """Put queued messages to submitting, as a crash leaves them, or to cancelled."""
    async with engine.begin() as connection:
        await connection.execute(
            FORCE_STATUS,
            {"campaign_id": campaign_id, "positions": list(positions), "status": int(status)},
        )


async def let_time_pass(engine: AsyncEngine, campaign_id: int, age: timedelta) -> None:
    """Make claims run out, and all that was ever claimed older."""
    async with engine.begin() as connection:
        await connection.execute(EXPIRE_CLAIMS, {"campaign_id": campaign_id, "age": age})


async def statuses(engine: AsyncEngine, campaign_id: int) -> list[MessageStatus]:
    """Return the status of every message, by position."""
    async with engine.connect() as connection:
        rows = await connection.execute(STATUSES, {"campaign_id": campaign_id})
        return [MessageStatus(status) for status in rows.scalars()]


async def are_all_final(engine: AsyncEngine, campaign_id: int) -> bool:
    """Tell whether nothing more will happen to any message."""
    return UNDER_WAY.isdisjoint(await statuses(engine, campaign_id))


async def counts(engine: AsyncEngine, campaign_id: int) -> Mapping[str, int]:
    """Return how many messages stand at each status, having proved the kept counts right.

    Raises:
        AssertionError: The counts that the campaign keeps are not those of its messages.
    """
    # Both in one snapshot: a worker may be at it.
    snapshot = engine.execution_options(isolation_level="REPEATABLE READ")
    async with snapshot.connect() as connection:
        key = {"campaign_id": campaign_id}
        kept = dict((await connection.execute(COUNTS_KEPT, key)).one()._mapping)
        found = (await connection.execute(COUNTS_FOUND, key)).all()
        failures_kept = set((await connection.execute(FAILURES_KEPT, key)).all())
        failures_found = set((await connection.execute(FAILURES_FOUND, key)).all())
    del kept["campaign_id"], kept["event_batch_count"]
    by_word = {MessageStatus(row.status).word: row.message_count for row in found}
    # Each message is one segment.
    assert kept.pop("cancelled_segments") == by_word.get("cancelled", 0)
    assert kept == {status.word: by_word.get(status.word, 0) for status in MessageStatus}
    assert failures_kept == failures_found
    return by_word
