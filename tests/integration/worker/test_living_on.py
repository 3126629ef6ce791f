"""What a worker lives through without a restart, and without losing or repeating a message."""

import asyncio
from urllib.parse import urlsplit

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.worker.storage.job_queue import SliceLeases, queue_driver
from services.worker.storage.outages import outlive_outages
from services.worker.storage.upkeep import purge_batch
from shared.domain.messages import MessageStatus
from shared.storage.queue import MessageSlice
from tests.support.database import execute
from tests.support.stored_campaigns import FIRST_MSISDN, are_all_final, statuses, store_campaign
from tests.support.waiting import until
from tests.support.worker_task import running_worker

# Sessions keep what stood when they began: with it on, they are those of a primary that was
# made a standby, and new ones, once it is off, those of the new primary (SQLSTATE 25006).
READ_ONLY = 'ALTER DATABASE "{name}" SET default_transaction_read_only = {is_on}'
NOTHING = text("SELECT 1")


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


async def test_slice_that_another_worker_still_holds_is_left_until_it_lets_go(
    engine: AsyncEngine, database_url: str
) -> None:
    campaign_id = await store_campaign(engine, msisdns=[FIRST_MSISDN + 10], is_queued=True)
    part = MessageSlice(campaign_id, range(1))

    async with queue_driver(database_url) as driver, running_worker(database_url):
        async with SliceLeases(driver).hold(part) as is_held:
            assert is_held
            await asyncio.sleep(1.5)
            assert await statuses(engine, campaign_id) == [MessageStatus.QUEUED]

        await until(lambda: are_all_final(engine, campaign_id))

    assert await statuses(engine, campaign_id) == [MessageStatus.DELIVERED]
