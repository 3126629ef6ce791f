"""The queue: with the campaign or not at all, a lane for each kind of job, nothing vanishes."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest
from pgqueuer import AsyncpgDriver, Job, Queries
from pgqueuer.ports.repository import EntrypointExecutionParameter
from pgqueuer.types import QueueEntrypoint, QueueManagerId
from sqlalchemy.ext.asyncio import AsyncEngine

from services.worker.storage.job_queue import LosslessQueries, queue_driver
from shared.storage.queue import (
    Entrypoint,
    MessageSlice,
    enqueue_delivery_reports,
    enqueue_slice,
    enqueue_slices,
)
from tests.support.stored_campaigns import FIRST_MSISDN, store_campaign

ALL = {
    QueueEntrypoint(name): EntrypointExecutionParameter(concurrency_limit=0) for name in Entrypoint
}
NO_HEARTBEAT = timedelta(0)
JOB_COUNT = "SELECT count(*) FROM pgqueuer"
STATUS = "SELECT status::text FROM pgqueuer WHERE id = $1"


@pytest.fixture
async def raw(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def take(
    queries: Queries, count: int = 10, *, stale_after: timedelta = timedelta(minutes=1)
) -> list[Job]:
    return await queries.dequeue(
        batch_size=count,
        entrypoints=ALL,
        queue_manager_id=QueueManagerId(uuid.uuid4()),
        global_concurrency_limit=None,
        heartbeat_timeout=stale_after,
    )


def part_of(job: Job) -> MessageSlice:
    assert job.payload is not None
    return MessageSlice.from_payload(job.payload)


async def test_campaign_is_cut_into_slices_that_hold_every_position_once(
    raw: asyncpg.Connection,
) -> None:
    await enqueue_slices(raw, 7, 1_250, urgent=False)

    parts = [part_of(job) for job in await take(Queries.from_asyncpg_connection(raw))]
    assert parts == [
        MessageSlice(7, range(500)),
        MessageSlice(7, range(500, 1_000)),
        MessageSlice(7, range(1_000, 1_250)),
    ]


async def test_jobs_are_taken_back_with_the_transaction(raw: asyncpg.Connection) -> None:
    transaction = raw.transaction()
    await transaction.start()
    await enqueue_slices(raw, 7, 100_000, urgent=False)
    assert await raw.fetchval(JOB_COUNT) == 200

    await transaction.rollback()

    assert await raw.fetchval(JOB_COUNT) == 0


async def test_each_kind_of_job_is_taken_in_the_order_of_its_queueing(
    raw: asyncpg.Connection,
) -> None:
    for campaign_id in (1, 2, 3):
        await enqueue_slices(raw, campaign_id, 1, urgent=campaign_id == 2)
        await enqueue_delivery_reports(raw, [campaign_id])

    jobs = await take(Queries.from_asyncpg_connection(raw))

    assert [str(job.entrypoint) for job in jobs] == [
        Entrypoint.SUBMIT_MESSAGES,
        Entrypoint.SETTLE_DELIVERY_REPORTS,
        Entrypoint.SUBMIT_URGENT_MESSAGES,
        Entrypoint.SETTLE_DELIVERY_REPORTS,
        Entrypoint.SUBMIT_MESSAGES,
        Entrypoint.SETTLE_DELIVERY_REPORTS,
    ]


async def test_retry_is_not_taken_before_its_time(raw: asyncpg.Connection) -> None:
    part = MessageSlice(1, (3, 17))
    await enqueue_slice(raw, part, urgent=False, delay=timedelta(seconds=0.3))
    queries = Queries.from_asyncpg_connection(raw)

    early = await take(queries)
    await asyncio.sleep(0.4)
    in_time = await take(queries)

    assert early == []
    assert [part_of(job) for job in in_time] == [part]


async def test_job_of_a_dead_worker_is_taken_again(raw: asyncpg.Connection) -> None:
    await enqueue_slices(raw, 1, 1, urgent=True)
    queries = Queries.from_asyncpg_connection(raw)
    (taken,) = await take(queries)

    assert await take(queries) == []
    (again,) = await take(queries, stale_after=NO_HEARTBEAT)

    assert again.id == taken.id


async def test_job_cut_off_midway_stays_in_the_queue(raw: asyncpg.Connection) -> None:
    await enqueue_slices(raw, 1, 1, urgent=True)
    queries = LosslessQueries(AsyncpgDriver(raw))
    (job,) = await take(queries)

    await queries.log_jobs([(job, "canceled", None)])

    assert await raw.fetchval(STATUS, job.id) == "picked"


async def test_job_that_ends_leaves_the_queue(raw: asyncpg.Connection) -> None:
    await enqueue_slices(raw, 1, 1, urgent=True)
    queries = LosslessQueries(AsyncpgDriver(raw))
    (job,) = await take(queries)

    await queries.log_jobs([(job, "successful", None)])

    assert await raw.fetchval(JOB_COUNT) == 0


async def test_job_whose_retry_cannot_be_stored_stays_in_the_queue(
    raw: asyncpg.Connection, database_url: str
) -> None:
    await enqueue_slices(raw, 1, 1, urgent=True)
    async with queue_driver(database_url, on_end=lambda: None) as driver:
        queries = LosslessQueries(driver)
        (job,) = await take(queries)
    # The connection is closed by now, as in an outage.

    await queries.retry_job(job, timedelta(0), None)

    assert await raw.fetchval(STATUS, job.id) == "picked"


async def test_end_of_the_queues_session_is_told(
    raw: asyncpg.Connection, database_url: str
) -> None:
    ended = asyncio.Event()
    async with queue_driver(database_url, on_end=ended.set) as driver:
        (row,) = await driver.fetch("SELECT pg_backend_pid() AS pid")
        assert not ended.is_set()

        await raw.execute("SELECT pg_terminate_backend($1)", row["pid"])

        async with asyncio.timeout(5):
            await ended.wait()


async def test_accepted_campaign_is_queued_with_its_rows(
    engine: AsyncEngine, raw: asyncpg.Connection
) -> None:
    campaign_id = await store_campaign(engine, msisdns=[FIRST_MSISDN], is_queued=True, urgent=True)

    (job,) = await take(Queries.from_asyncpg_connection(raw))

    assert part_of(job) == MessageSlice(campaign_id, range(1))
