"""Pausing and cancelling while workers are at it: what is stopped is never handed over."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from typing_extensions import override

from services.worker.carriers.port import Accepted, CarrierError, OutgoingMessage, SendingTerms
from services.worker.jobs.submit_messages import WINDOW_MESSAGE_COUNT, SubmitMessages
from shared.domain.messages import MessageStatus
from shared.schema.grants import Service
from shared.storage.cancelling import CANCEL_MESSAGES
from shared.storage.engine import create_engine
from shared.storage.queue import MessageSlice
from tests.support.carriers import THROTTLED, ScriptedCarrier, take_all
from tests.support.given_orders import GivenOrders, orders_to
from tests.support.plans import message_scans
from tests.support.randomness import seeded
from tests.support.roles import engine_as
from tests.support.sealing import SEALER
from tests.support.stored_campaigns import (
    FIRST_MSISDN,
    counts,
    let_time_pass,
    statuses,
    store_campaign,
)
from tests.support.waiting import until

WORKER_COUNT = 4
ANALYZE = text("ANALYZE message")
TAKE_JOBS = text("""
    DELETE FROM pgqueuer WHERE id IN (
        SELECT id FROM pgqueuer WHERE (:any_time OR execute_after <= now())
        ORDER BY id LIMIT :job_count FOR UPDATE SKIP LOCKED
    )
    RETURNING payload, execute_after - now() AS delay
""")
REOPEN = text("""
    WITH reopened AS (
        UPDATE message SET status = 0 WHERE campaign_id = :campaign_id AND position = 0
    )
    UPDATE campaign_delivery SET queued = 1, cancelled = cancelled - 1,
        cancelled_segments = cancelled_segments - 1
    WHERE campaign_id = :campaign_id
""")


@dataclass(slots=True)
class BusyCarrier(ScriptedCarrier):
    """Takes some time over each window, in which others get on.

    Attributes:
        delay_s: For each.
    """

    delay_s: float = 0.005

    @override
    async def submit(
        self, terms: SendingTerms, messages: Sequence[OutgoingMessage]
    ) -> list[Accepted | CarrierError]:
        answers = await ScriptedCarrier.submit(self, terms, messages)
        await asyncio.sleep(self.delay_s)
        return answers


@dataclass(slots=True)
class HeldCarrier(ScriptedCarrier):
    """Answers no window before it is told to."""

    answer: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    @override
    async def submit(
        self, terms: SendingTerms, messages: Sequence[OutgoingMessage]
    ) -> list[Accepted | CarrierError]:
        self.asked.set()
        await self.answer.wait()
        return await ScriptedCarrier.submit(self, terms, messages)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database_url, application="txlink tests", sealer=SEALER, pool_size=12)
    yield engine
    await engine.dispose()


def a_job(engine: AsyncEngine, carrier: ScriptedCarrier) -> SubmitMessages:
    return SubmitMessages(
        engine_as(Service.WORKER, engine), {"sandbox": carrier}, seeded(), asyncio.Event()
    )


async def a_campaign(engine: AsyncEngine, message_count: int) -> int:
    msisdns = range(FIRST_MSISDN, FIRST_MSISDN + message_count)
    return await store_campaign(engine, msisdns=msisdns, is_queued=True)


async def take(
    engine: AsyncEngine, job_count: int = 1_000, *, any_time: bool = True
) -> list[tuple[MessageSlice, timedelta]]:
    async with engine.begin() as connection:
        values = {"job_count": job_count, "any_time": any_time}
        rows = (await connection.execute(TAKE_JOBS, values)).all()
    return [(MessageSlice.from_payload(row.payload), row.delay) for row in rows]


@asynccontextmanager
async def hands_at_work(engine: AsyncEngine, carrier: ScriptedCarrier) -> AsyncIterator[None]:
    """Do jobs that are due as they come, with several hands, until the context ends."""
    job, ended = a_job(engine, carrier), asyncio.Event()

    async def work() -> None:
        while not ended.is_set():
            for part, _ in await take(engine, 1, any_time=False):
                await job.run(part, urgent=False)
            await asyncio.sleep(0.002)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(WORKER_COUNT):
            tasks.create_task(work())
        yield
        ended.set()


async def is_midway(carrier: ScriptedCarrier, window_count: int) -> bool:
    return len(carrier.windows) >= window_count


async def is_settled(engine: AsyncEngine, campaign_id: int) -> bool:
    return MessageStatus.SUBMITTING not in await statuses(engine, campaign_id)


async def are_settled(engine: AsyncEngine, campaign_ids: Sequence[int]) -> bool:
    return all([await is_settled(engine, campaign_id) for campaign_id in campaign_ids])


async def is_over(engine: AsyncEngine, campaign_id: int) -> bool:
    return set(await counts(engine, campaign_id)) == {"submitted"}


def positions(found: Sequence[MessageStatus], status: MessageStatus) -> set[int]:
    return {position for position, each in enumerate(found) if each is status}


@pytest.mark.parametrize("windows_before", [1, 5, 17, 40])
async def test_cancelled_message_was_never_handed_over(
    engine: AsyncEngine, windows_before: int
) -> None:
    campaign_id = await a_campaign(engine, 6_000)
    orders = await orders_to(engine, campaign_id)
    carrier = BusyCarrier()

    async with hands_at_work(engine, carrier):
        await until(lambda: is_midway(carrier, windows_before))
        await orders.cancel()
        windows_at_answer = len(carrier.windows)
        at_answer = await counts(engine, campaign_id)
        await until(lambda: is_settled(engine, campaign_id))
        await asyncio.sleep(0.2)

    found = await statuses(engine, campaign_id)
    handed_over = carrier.positions
    cancelled = positions(found, MessageStatus.CANCELLED)
    assert len(handed_over) == len(set(handed_over))
    assert cancelled.isdisjoint(handed_over)
    assert positions(found, MessageStatus.SUBMITTED) == set(handed_over)
    assert len(cancelled) + len(handed_over) == 6_000
    # What was in hand when the order came goes out, and not a window more.
    assert len(carrier.windows) - windows_at_answer <= WORKER_COUNT
    assert at_answer.get("queued", 0) == 0
    assert at_answer["cancelled"] == len(cancelled) > 0
    assert set(await counts(engine, campaign_id)) == {"submitted", "cancelled"}


async def test_cancelling_many_small_campaigns_at_every_moment_of_their_sending(
    engine: AsyncEngine,
) -> None:
    carrier = BusyCarrier(delay_s=0.001)
    draw = seeded()
    campaign_ids = [await a_campaign(engine, 220) for _ in range(24)]
    given = [await orders_to(engine, campaign_id) for campaign_id in campaign_ids]

    async def cancel_some_time(orders: GivenOrders) -> None:
        await until(lambda: is_midway(carrier, 1))
        await asyncio.sleep(draw.uniform(0, 0.6))
        await orders.cancel()

    async with hands_at_work(engine, carrier):
        results = await asyncio.gather(*map(cancel_some_time, given), return_exceptions=True)
        await until(lambda: are_settled(engine, campaign_ids))

    assert {type(each).__name__ for each in results} <= {"NoneType", "CampaignStateError"}
    submitted = [
        (await counts(engine, campaign_id)).get("submitted", 0) for campaign_id in campaign_ids
    ]
    found = [set(await counts(engine, campaign_id)) for campaign_id in campaign_ids]
    assert all(each <= {"submitted", "cancelled"} for each in found)
    assert sum(submitted) == len(carrier.positions)
    assert 0 < sum(submitted) < 24 * 220


async def test_paused_campaign_stands_still_within_a_window_and_then_goes_on(
    engine: AsyncEngine,
) -> None:
    campaign_id = await a_campaign(engine, 6_000)
    orders = await orders_to(engine, campaign_id)
    carrier = BusyCarrier()

    async with hands_at_work(engine, carrier):
        await until(lambda: is_midway(carrier, 8))
        await orders.pause()
        windows_at_answer = len(carrier.windows)
        await until(lambda: is_settled(engine, campaign_id))
        await asyncio.sleep(0.3)
        stood_still = await counts(engine, campaign_id)
        windows_standing = len(carrier.windows)

        await orders.resume()
        await until(lambda: is_over(engine, campaign_id))

    # A hand that had read the old orders takes one window more, and only one.
    assert windows_standing - windows_at_answer <= WORKER_COUNT
    assert set(stood_still) == {"queued", "submitted"}
    assert stood_still["submitted"] == windows_standing * WINDOW_MESSAGE_COUNT
    assert sorted(carrier.positions) == list(range(6_000))


async def test_campaign_paused_and_resumed_again_and_again_is_sent_once(
    engine: AsyncEngine,
) -> None:
    campaign_id = await a_campaign(engine, 3_000)
    orders = await orders_to(engine, campaign_id)
    carrier = BusyCarrier()

    async with hands_at_work(engine, carrier):
        for turn in range(1, 6):
            await until(partial(is_midway, carrier, 4 * turn))
            await orders.pause()
            await orders.resume()
        await until(lambda: is_over(engine, campaign_id))

    assert sorted(carrier.positions) == list(range(3_000))


async def test_job_of_a_paused_campaign_hands_over_nothing_and_is_not_kept(
    engine: AsyncEngine,
) -> None:
    campaign_id = await a_campaign(engine, 600)
    orders = await orders_to(engine, campaign_id)
    carrier = ScriptedCarrier()
    await orders.pause()

    for part, _ in await take(engine):
        await a_job(engine, carrier).run(part, urgent=False)

    assert carrier.windows == []
    assert await counts(engine, campaign_id) == {"queued": 600}
    assert await take(engine) == []


async def test_message_that_waits_for_a_retry_is_tried_when_its_campaign_goes_on(
    engine: AsyncEngine,
) -> None:
    campaign_id = await a_campaign(engine, 2)
    orders = await orders_to(engine, campaign_id)
    ((part, _),) = await take(engine)
    await a_job(engine, ScriptedCarrier(lambda _: THROTTLED)).run(part, urgent=False)
    await orders.pause()
    carrier = ScriptedCarrier()
    for retry, _ in await take(engine):
        await a_job(engine, carrier).run(retry, urgent=False)
    assert carrier.windows == []

    await orders.resume()
    ((again, delay),) = await take(engine)
    await a_job(engine, carrier).run(again, urgent=False)

    assert delay <= timedelta(0)
    assert await counts(engine, campaign_id) == {"submitted": 2}


async def test_message_that_waits_for_a_retry_is_cancelled_at_once(engine: AsyncEngine) -> None:
    campaign_id = await a_campaign(engine, 2)
    orders = await orders_to(engine, campaign_id)
    ((part, _),) = await take(engine)
    await a_job(engine, ScriptedCarrier(lambda _: THROTTLED)).run(part, urgent=False)

    await orders.cancel()

    assert await counts(engine, campaign_id) == {"cancelled": 2}
    carrier = ScriptedCarrier()
    for job, _ in await take(engine):
        await a_job(engine, carrier).run(job, urgent=False)
    assert carrier.windows == []
    assert await counts(engine, campaign_id) == {"cancelled": 2}


@pytest.mark.parametrize(
    ("is_taken", "status"),
    [pytest.param(True, "submitted", id="taken"), pytest.param(False, "cancelled", id="refused")],
)
async def test_window_under_way_ends_as_the_carrier_says_but_is_not_tried_again(
    engine: AsyncEngine, status: str, *, is_taken: bool
) -> None:
    campaign_id = await a_campaign(engine, 3)
    orders = await orders_to(engine, campaign_id)
    carrier = HeldCarrier(take_all if is_taken else lambda _: THROTTLED)
    ((part, _),) = await take(engine)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(a_job(engine, carrier).run(part, urgent=False))
        await carrier.asked.wait()
        await orders.cancel()
        assert await counts(engine, campaign_id) == {"submitting": 3}
        carrier.answer.set()

    assert await counts(engine, campaign_id) == {status: 3}
    # The one job left looks whether the worker has died over the window.
    ((left, delay),) = await take(engine)
    assert (left, delay > timedelta(seconds=50)) == (MessageSlice(campaign_id, range(3)), True)


@pytest.mark.parametrize("is_paused", [False, True], ids=["running", "paused"])
async def test_window_of_a_dead_worker_is_cancelled_when_its_claim_runs_out(
    engine: AsyncEngine, *, is_paused: bool
) -> None:
    campaign_id = await a_campaign(engine, 3)
    orders = await orders_to(engine, campaign_id)
    await take(engine)

    def die() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await a_job(engine, ScriptedCarrier(before_answering=die)).run(
            MessageSlice(campaign_id, range(3)), urgent=False
        )
    if is_paused:
        await orders.pause()
    await orders.cancel()
    carrier = ScriptedCarrier()
    ((part, _),) = await take(engine)
    await a_job(engine, carrier).run(part, urgent=False)
    assert await counts(engine, campaign_id) == {"submitting": 3}
    ((later, delay),) = await take(engine)
    assert timedelta(seconds=30) < delay < timedelta(seconds=51)

    await let_time_pass(engine, campaign_id, timedelta(0))
    await a_job(engine, carrier).run(later, urgent=False)

    assert carrier.windows == []
    assert await counts(engine, campaign_id) == {"cancelled": 3}
    assert await take(engine) == []


async def test_message_queued_again_just_as_its_campaign_was_cancelled_is_not_sent(
    engine: AsyncEngine,
) -> None:
    campaign_id = await a_campaign(engine, 2)
    orders = await orders_to(engine, campaign_id)
    await take(engine)
    await orders.cancel()
    async with engine.begin() as connection:
        await connection.execute(REOPEN, {"campaign_id": campaign_id})
    carrier = ScriptedCarrier()

    await a_job(engine, carrier).run(MessageSlice(campaign_id, (0,)), urgent=True)

    assert carrier.windows == []
    assert await counts(engine, campaign_id) == {"cancelled": 2}


async def test_what_a_request_has_no_time_to_cancel_the_worker_cancels(
    engine: AsyncEngine,
) -> None:
    campaign_id = await a_campaign(engine, 12_000)
    await take(engine)
    orders = await orders_to(engine, campaign_id, patience_s=0)

    await orders.cancel()
    assert await counts(engine, campaign_id) == {"cancelled": 5_000, "queued": 7_000}
    carrier = ScriptedCarrier()
    ((part, _),) = await take(engine, any_time=False)
    await a_job(engine, carrier).run(part, urgent=False)

    assert carrier.windows == []
    assert await counts(engine, campaign_id) == {"cancelled": 12_000}


async def test_cancelling_reads_its_batch_only_even_of_a_campaign_without_statistics(
    engine: AsyncEngine,
) -> None:
    await a_campaign(engine, 20_000)
    async with engine.begin() as connection:
        await connection.execute(ANALYZE)
    campaign_id = await a_campaign(engine, 20_000)
    explain = text(f"EXPLAIN (ANALYZE, FORMAT JSON) {CANCEL_MESSAGES.text}")
    values = {"campaign_id": campaign_id, "queued": 0, "submitting": 1, "cancelled": 8}
    async with engine.connect() as connection:
        told = await connection.execute(explain, values | {"positions": list(range(5_000, 5_100))})
        plan = told.scalar_one()

    scans = message_scans(plan[0]["Plan"])
    assert scans
    for scan in scans:
        assert scan["Node Type"] != "Seq Scan"
        assert scan["Actual Rows"] <= 100
        assert scan.get("Rows Removed by Filter", 0) == 0
