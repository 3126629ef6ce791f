"""The sandbox from queue to receipt, in a whole worker."""

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.worker.carriers.port import Accepted, CarrierError, OutgoingMessage, SendingTerms
from services.worker.carriers.sandbox import SandboxCarrier, SandboxTiming
from services.worker.carriers.sandbox_receipts import send_due_receipts
from services.worker.storage.sandbox import SandboxBook
from shared.clock import SystemClock
from shared.domain.messages import MessageStatus
from shared.schema.grants import Service
from tests.support.randomness import seeded
from tests.support.roles import engine_as
from tests.support.stored_campaigns import (
    FIRST_MSISDN,
    are_all_final,
    counts,
    statuses,
    store_campaign,
)
from tests.support.waiting import until
from tests.support.worker_task import running_worker

KEPT = text("SELECT * FROM sandbox_message ORDER BY id")
REPORTS = text("SELECT raw FROM delivery_report ORDER BY id")
REPORT_COUNT = text("SELECT count(*) FROM delivery_report")
JOBS_FAILED = text("SELECT count(*) FROM pgqueuer_log WHERE status IN ('exception', 'failed')")

TERMS = SendingTerms(
    account_id=1,
    sender_id="TXTIND",
    is_flash=False,
    dlt_entity_id=None,
    dlt_template_id=None,
)


async def test_last_digits_lead_to_every_end_that_a_message_can_have(
    engine: AsyncEngine, database_url: str
) -> None:
    campaign_id = await store_campaign(
        engine, msisdns=[FIRST_MSISDN + fate for fate in range(7)], is_queued=True
    )

    async with running_worker(database_url):
        await until(lambda: are_all_final(engine, campaign_id))

    assert await statuses(engine, campaign_id) == [
        MessageStatus.DELIVERED,
        MessageStatus.UNDELIVERED,
        MessageStatus.EXPIRED,
        MessageStatus.REJECTED,
        MessageStatus.FAILED,
        MessageStatus.DELIVERED,
        MessageStatus.DELIVERED,
    ]
    assert await counts(engine, campaign_id) == {
        "delivered": 3,
        "undelivered": 1,
        "expired": 1,
        "rejected": 1,
        "failed": 1,
    }
    async with engine.connect() as connection:
        kept = (await connection.execute(KEPT)).all()
        assert (await connection.execute(JOBS_FAILED)).scalar_one() == 0
    # All but the refused one, and the throttled one last.
    assert [row.msisdn - FIRST_MSISDN for row in kept] == [0, 1, 2, 3, 6, 5]
    assert all(row.body.startswith("Offer: https://tx1.in/") for row in kept)
    assert all(row.receipt_sent_at >= row.receipt_due_at for row in kept)


async def test_urgent_message_overtakes_bulk_that_keeps_every_bulk_hand_busy(
    engine: AsyncEngine, database_url: str
) -> None:
    bulk = await store_campaign(
        engine, msisdns=range(FIRST_MSISDN + 10, FIRST_MSISDN + 9_010), is_queued=True
    )

    async with running_worker(database_url, submit_delay_s=1):
        await until(lambda: has_begun(engine, bulk))
        urgent = await store_campaign(
            engine, msisdns=[FIRST_MSISDN + 10], is_queued=True, urgent=True
        )
        await until(lambda: are_all_final(engine, urgent))
        # Eight slices are under way at most, of five windows each; none of them has ended.
        submitted = 9_000 - (await counts(engine, bulk))["queued"]

    assert submitted < 8 * 500


async def has_begun(engine: AsyncEngine, campaign_id: int) -> bool:
    return "submitting" in await counts(engine, campaign_id)


async def test_refused_messages_are_not_kept(engine: AsyncEngine) -> None:
    carrier = SandboxCarrier(
        SandboxBook(engine_as(Service.WORKER, engine)),
        SandboxTiming(0, 60),
        seeded(),
        SystemClock(),
    )
    messages = [
        OutgoingMessage(place, 919_800_010_003 + place, "Hello", "GSM-7", 1, 1)
        for place in range(3)
    ]

    taken, refused, throttled = await carrier.submit(TERMS, messages)

    assert isinstance(taken, Accepted)
    assert isinstance(refused, CarrierError)
    assert isinstance(throttled, CarrierError)
    async with engine.connect() as connection:
        (kept,) = (await connection.execute(KEPT)).all()
    assert (kept.carrier_message_id, kept.msisdn) == (taken.carrier_message_id, 919_800_010_003)
    assert kept.receipt_due_at > kept.received_at


async def test_receipt_is_sent_when_due_and_not_before(engine: AsyncEngine) -> None:
    slow = SandboxCarrier(
        SandboxBook(engine_as(Service.WORKER, engine)),
        SandboxTiming(0, 3_600),
        seeded(),
        SystemClock(),
    )
    quick = SandboxCarrier(
        SandboxBook(engine_as(Service.WORKER, engine)),
        SandboxTiming(0, 0),
        seeded(),
        SystemClock(),
    )
    await slow.submit(TERMS, [OutgoingMessage(0, 919_800_010_010, "Slow", "GSM-7", 1, 1)])
    await quick.submit(TERMS, [OutgoingMessage(1, 919_800_010_011, "Quick", "GSM-7", 1, 1)])

    assert await send_due_receipts(SandboxBook(engine_as(Service.WORKER, engine))) == 1
    assert await send_due_receipts(SandboxBook(engine_as(Service.WORKER, engine))) == 0

    async with engine.connect() as connection:
        (raw,) = (await connection.execute(REPORTS)).scalars()
    assert raw.endswith(" stat:DELIVRD err:000 text:Quick")


async def test_workers_that_look_at_once_send_each_receipt_once(engine: AsyncEngine) -> None:
    carrier = SandboxCarrier(
        SandboxBook(engine_as(Service.WORKER, engine)),
        SandboxTiming(0, 0),
        seeded(),
        SystemClock(),
    )
    messages = [
        OutgoingMessage(place, 919_800_010_010 + place, "Hello", "GSM-7", 1, 1)
        for place in range(3_000)
    ]
    await carrier.submit(TERMS, messages)

    sent = await asyncio.gather(
        *(send_due_receipts(SandboxBook(engine_as(Service.WORKER, engine))) for _ in range(5))
    )

    assert sum(sent) == 3_000
    async with engine.connect() as connection:
        assert (await connection.execute(REPORT_COUNT)).scalar_one() == 3_000
