"""What a worker lives through without a restart, and without losing or repeating a message."""

import asyncio
from datetime import timedelta
from urllib.parse import urlsplit

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.worker.storage.delivery_reports import add_reports
from services.worker.storage.messages import claim_window
from services.worker.storage.outages import outlive_outages
from services.worker.storage.upkeep import purge_batch
from shared.domain.messages import MessageStatus
from shared.storage.engine import raw_connection
from shared.storage.queue import enqueue_delivery_reports
from tests.support.database import execute
from tests.support.stored_campaigns import FIRST_MSISDN, are_all_final, statuses, store_campaign
from tests.support.waiting import until
from tests.support.worker_task import running_worker

# Sessions keep what stood when they began: with it on, they are those of a primary that was
# made a standby, and new ones, once it is off, those of the new primary (SQLSTATE 25006).
READ_ONLY = 'ALTER DATABASE "{name}" SET default_transaction_read_only = {is_on}'
NOTHING = text("SELECT 1")
SUBMISSIONS = text("""
    SELECT status::text AS status, attempts, execute_after - now() AS delay
    FROM pgqueuer WHERE entrypoint = 'submit_messages'
""")
URGENT_WAITING = text("""
    SELECT count(*) FROM pgqueuer
    WHERE entrypoint = 'submit_urgent_messages' AND status = 'queued'
""")
UNSETTLED = text("SELECT count(*) FROM delivery_report WHERE settled_at IS NULL")
LOCK_REPORTS = text("SELECT FROM delivery_report FOR UPDATE")


async def fail_over(database_url: str, *, is_read_only: bool) -> None:
    name = urlsplit(database_url).path[1:]
    url = urlsplit(database_url)._replace(path="/postgres").geturl()
    await execute(url, READ_ONLY.format(name=name, is_on=is_read_only))


async def test_connections_to_a_former_primary_are_dropped_and_the_work_done(
    engine: AsyncEngine, database_url: str
) -> None:
    await fail_over(database_url, is_read_only=True)
    async with engine.connect() as connection:
        await connection.execute(NOTHING)
    await fail_over(database_url, is_read_only=False)

    async def write() -> None:
        async with engine.begin() as connection:
            await purge_batch(connection, row_count=1)

    await outlive_outages(write, patience_s=10)


async def test_worker_recovers_from_a_failover_without_a_restart(
    engine: AsyncEngine, database_url: str
) -> None:
    campaign_id = await store_campaign(engine, msisdns=[FIRST_MSISDN + 10], is_queued=True)
    await fail_over(database_url, is_read_only=True)

    async with running_worker(database_url):
        await asyncio.sleep(0.5)
        assert await statuses(engine, campaign_id) == [MessageStatus.QUEUED]
        await fail_over(database_url, is_read_only=False)

        await until(lambda: are_all_final(engine, campaign_id))

    assert await statuses(engine, campaign_id) == [MessageStatus.DELIVERED]


async def test_messages_that_another_worker_has_under_way_are_left_until_its_claim_runs_out(
    engine: AsyncEngine, database_url: str
) -> None:
    campaign_id = await store_campaign(engine, msisdns=[FIRST_MSISDN + 10], is_queued=True)
    async with engine.begin() as connection:
        await claim_window(connection, campaign_id, [0], lifetime=timedelta(seconds=2))

    async with running_worker(database_url):
        await asyncio.sleep(1.5)
        assert await statuses(engine, campaign_id) == [MessageStatus.SUBMITTING]

        await until(lambda: are_all_final(engine, campaign_id))

    assert await statuses(engine, campaign_id) == [MessageStatus.DELIVERED]


async def test_waiting_for_another_worker_and_stopping_use_up_no_attempt_of_a_job(
    engine: AsyncEngine, database_url: str
) -> None:
    campaign_id = await store_campaign(engine, msisdns=numbers(1_000), is_queued=True)
    async with engine.begin() as connection:
        await claim_window(connection, campaign_id, range(100), lifetime=timedelta(hours=1))

    for _ in range(3):
        async with running_worker(database_url, submit_delay_s=0.3):
            await asyncio.sleep(0.6)

    async with engine.connect() as connection:
        jobs = (await connection.execute(SUBMISSIONS)).all()
    assert jobs
    assert {job.attempts for job in jobs} == {0}
    assert {job.status for job in jobs} == {"queued"}
    assert any(job.delay > timedelta(minutes=59) for job in jobs)


async def test_reports_are_settled_while_urgent_messages_fill_every_hand_of_theirs(
    engine: AsyncEngine, database_url: str
) -> None:
    for place in range(200):
        await store_campaign(
            engine, msisdns=[FIRST_MSISDN + 10 + place], is_queued=True, urgent=True
        )
    async with engine.begin() as connection:
        report_ids = await add_reports(connection, "sandbox", ["unreadable"])
        await enqueue_delivery_reports(await raw_connection(connection), report_ids)

    async with running_worker(database_url, submit_delay_s=1):
        await until(lambda: are_reports_settled(engine))
        async with engine.connect() as connection:
            waiting: int = (await connection.execute(URGENT_WAITING)).scalar_one()

    assert waiting > 150


async def test_urgent_message_is_sent_while_reports_fill_every_hand_of_theirs(
    engine: AsyncEngine, database_url: str
) -> None:
    async with engine.begin() as connection:
        report_ids = await add_reports(connection, "sandbox", ["unreadable"] * 50)
        raw = await raw_connection(connection)
        for report_id in report_ids:
            await enqueue_delivery_reports(raw, [report_id])
    urgent = await store_campaign(engine, msisdns=[FIRST_MSISDN + 10], is_queued=True, urgent=True)

    async with engine.begin() as blocker:
        await blocker.execute(LOCK_REPORTS)
        async with running_worker(database_url):
            await until(lambda: is_submitted(engine, urgent))
            await blocker.rollback()


async def is_submitted(engine: AsyncEngine, campaign_id: int) -> bool:
    return await statuses(engine, campaign_id) == [MessageStatus.SUBMITTED]


async def are_reports_settled(engine: AsyncEngine) -> bool:
    async with engine.connect() as connection:
        unsettled: int = (await connection.execute(UNSETTLED)).scalar_one()
    return unsettled == 0


def numbers(count: int) -> range:
    return range(FIRST_MSISDN + 10, FIRST_MSISDN + 10 + count)
