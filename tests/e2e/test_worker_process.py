"""Worker processes that are killed, drained and cut off: no message is lost."""

import asyncio
import signal
import subprocess
from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.storage.engine import create_engine
from tests.support.postgres_relay import PostgresRelay
from tests.support.stored_campaigns import FIRST_MSISDN, counts, store_campaign
from tests.support.waiting import TIMEOUT_S, until
from tests.support.worker_process import worker_process

MESSAGE_COUNT = 5_000
# Windows take long enough that a kill always meets some under way, whose claims then run out 20 s
# after what is a long time for this carrier.
SLOW = {"sandbox_submit_delay_s": 0.2, "worker_heartbeat_timeout_s": 2, "carrier_timeout_s": 2}
QUICK = {"sandbox_submit_delay_s": 0, "sandbox_delivery_delay_s": 0.1}
OUTAGE_S = 3.0

HAND_OVERS = text("SELECT count(*), count(DISTINCT msisdn) FROM sandbox_message")
# Receipts of hand-overs that the killed worker never noted wait longer, for a message that has
# another id by now.
SLICES_LEFT = text("SELECT count(*) FROM pgqueuer WHERE entrypoint LIKE 'submit%'")
QUEUE_SESSIONS = """
    SELECT pid FROM pg_stat_activity
    WHERE application_name = 'txlink worker queue' AND datname = current_database()
"""
CUT_OFF = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name LIKE 'txlink worker%' AND datname = current_database()
"""


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database_url, application="txlink tests")
    yield engine
    await engine.dispose()


async def a_campaign(engine: AsyncEngine, count: int = MESSAGE_COUNT) -> int:
    # None of these numbers asks the sandbox for trouble.
    msisdns = [
        FIRST_MSISDN + 10 + place % 5_000 + 10_000 * (place // 5_000) for place in range(count)
    ]
    return await store_campaign(engine, msisdns=msisdns, is_queued=True)


async def is_midway(engine: AsyncEngine, campaign_id: int) -> bool:
    found = await counts(engine, campaign_id)
    return "submitting" in found and found.get("queued", 0) < MESSAGE_COUNT - 800


async def are_all(engine: AsyncEngine, campaign_id: int, status: str) -> bool:
    return set(await counts(engine, campaign_id)) == {status}


async def hand_overs(engine: AsyncEngine) -> tuple[int, int]:
    async with engine.connect() as connection:
        total, recipients = (await connection.execute(HAND_OVERS)).one()
    return total, recipients


async def has_no_slice(engine: AsyncEngine) -> bool:
    async with engine.connect() as connection:
        job_count: int = (await connection.execute(SLICES_LEFT)).scalar_one()
    return job_count == 0


async def exit_code(process: subprocess.Popen[bytes]) -> int:
    return await asyncio.to_thread(process.wait, TIMEOUT_S)


async def test_killed_worker_loses_no_message_and_repeats_only_windows_under_way(
    database_url: str, engine: AsyncEngine
) -> None:
    campaign_id = await a_campaign(engine)
    with worker_process(database_url, **SLOW) as worker:
        await until(lambda: is_midway(engine, campaign_id))
        worker.send_signal(signal.SIGKILL)
        await exit_code(worker)
    left_submitting = (await counts(engine, campaign_id)).get("submitting", 0)
    assert left_submitting % 100 == 0
    assert 0 < left_submitting <= 8 * 100

    with worker_process(database_url, **QUICK, worker_heartbeat_timeout_s=2):
        await until(lambda: are_all(engine, campaign_id, "delivered"))
        await until(lambda: has_no_slice(engine))

    total, recipients = await hand_overs(engine)
    assert recipients == MESSAGE_COUNT
    assert total - MESSAGE_COUNT <= left_submitting


async def test_drained_worker_exits_with_0_and_leaves_nothing_submitting(
    database_url: str, engine: AsyncEngine
) -> None:
    campaign_id = await a_campaign(engine)
    with worker_process(database_url, **SLOW) as worker:
        await until(lambda: is_midway(engine, campaign_id))
        worker.send_signal(signal.SIGTERM)
        assert await exit_code(worker) == 0
    assert set(await counts(engine, campaign_id)) >= {"queued", "submitted"}
    assert "submitting" not in await counts(engine, campaign_id)

    with worker_process(database_url, **QUICK):
        await until(lambda: are_all(engine, campaign_id, "delivered"))

    assert await hand_overs(engine) == (MESSAGE_COUNT, MESSAGE_COUNT)


async def test_worker_that_cannot_drain_in_time_says_so_and_loses_nothing(
    database_url: str, engine: AsyncEngine
) -> None:
    campaign_id = await a_campaign(engine, 500)
    with worker_process(
        database_url, sandbox_submit_delay_s=5, worker_drain_timeout_s=0.2, carrier_timeout_s=6
    ) as worker:
        await until(lambda: is_submitting(engine, campaign_id))
        worker.send_signal(signal.SIGTERM)
        assert await exit_code(worker) == 1

    with worker_process(database_url, **QUICK, worker_heartbeat_timeout_s=1):
        await until(lambda: are_all(engine, campaign_id, "delivered"))


async def is_submitting(engine: AsyncEngine, campaign_id: int) -> bool:
    return "submitting" in await counts(engine, campaign_id)


async def test_worker_outlives_the_loss_of_all_its_connections(
    database_url: str, engine: AsyncEngine
) -> None:
    campaign_id = await a_campaign(engine)
    with worker_process(database_url, **SLOW, sandbox_delivery_delay_s=0.1) as worker:
        await until(lambda: is_midway(engine, campaign_id))
        connection = await asyncpg.connect(database_url)
        await connection.execute(CUT_OFF)
        await connection.close()

        await until(lambda: are_all(engine, campaign_id, "delivered"))

        assert worker.poll() is None


async def test_worker_outlives_an_outage_of_postgres(
    database_url: str, engine: AsyncEngine
) -> None:
    campaign_id = await a_campaign(engine)
    relay = PostgresRelay(database_url)
    await relay.open()
    try:
        with worker_process(relay.url, **SLOW, sandbox_delivery_delay_s=0.1) as worker:
            await until(lambda: is_midway(engine, campaign_id))
            await relay.cut()
            await asyncio.sleep(OUTAGE_S)
            assert worker.poll() is None
            await relay.open()

            await until(lambda: are_all(engine, campaign_id, "delivered"))

            worker.send_signal(signal.SIGTERM)
            assert await exit_code(worker) == 0
    finally:
        await relay.cut()


async def test_two_workers_share_a_campaign_and_send_each_message_once(
    database_url: str, engine: AsyncEngine
) -> None:
    campaign_id = await a_campaign(engine)
    with worker_process(database_url, **QUICK), worker_process(database_url, **QUICK):
        await until(lambda: are_all(engine, campaign_id, "delivered"))

    assert await hand_overs(engine) == (MESSAGE_COUNT, MESSAGE_COUNT)


async def test_slice_whose_worker_loses_the_queue_is_not_handed_over_by_another_meanwhile(
    database_url: str, engine: AsyncEngine
) -> None:
    campaign_id = await a_campaign(engine, 250)
    slow = {
        "sandbox_submit_delay_s": 5,
        "sandbox_delivery_delay_s": 0.1,
        "carrier_timeout_s": 7,
        "worker_heartbeat_timeout_s": 1,
    }
    with worker_process(database_url, **slow) as holder:
        await until(lambda: is_submitting(engine, campaign_id))
        async with engine.connect() as connection:
            (session,) = (await connection.execute(text(QUEUE_SESSIONS))).scalars()
        with worker_process(database_url, **slow) as other:
            await until(lambda: are_two_listening(engine))
            async with engine.connect() as connection:
                await connection.execute(
                    text("SELECT pg_terminate_backend(:pid)"), {"pid": session}
                )

            await until(lambda: are_all(engine, campaign_id, "delivered"))
            # With them goes the job that looks whether the holder has died.
            await until(lambda: has_no_slice(engine))

            assert (holder.poll(), other.poll()) == (None, None)

    assert await hand_overs(engine) == (250, 250)


async def are_two_listening(engine: AsyncEngine) -> bool:
    async with engine.connect() as connection:
        sessions = (await connection.execute(text(QUEUE_SESSIONS))).scalars().all()
    return len(sessions) == 2
