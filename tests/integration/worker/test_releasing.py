"""A scheduled campaign goes out at its time: not before, once, and however many others wait."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.worker.releasing import BATCH_CAMPAIGN_COUNT, release
from services.worker.storage.campaigns import CLAIM_DUE
from shared.storage.queue import MessageSlice
from tests.support.given_orders import orders_to
from tests.support.stored_campaigns import FIRST_MSISDN, counts, store_campaign
from tests.support.waiting import until
from tests.support.worker_task import running_worker

PAST = datetime(2026, 1, 1, tzinfo=UTC)
FUTURE = datetime(2100, 1, 1, tzinfo=UTC)
JOBS = text("SELECT payload, entrypoint FROM pgqueuer ORDER BY id")
CONTROL = text("SELECT control FROM campaign WHERE id = :campaign_id")
MAKE_DUE = text("UPDATE campaign SET scheduled_at = now() WHERE id = :campaign_id")
LOCK = "SELECT FROM campaign WHERE id = $1 FOR NO KEY UPDATE"
# As the API stores them, but that nothing else is needed of them here.
ADD_MANY = text("""
    INSERT INTO campaign (uuid, transaction_id, account_id, carrier, body_before, message_count,
        encoding, segment_count, scheduled_at, control)
    SELECT gen_random_uuid(), number, (SELECT min(id) FROM account), 'sandbox', 'Hi', 1, 'gsm7', 1,
        now() + number * interval '1 minute', 'scheduled'
    FROM generate_series(1, :campaign_count) AS number
""")
ANALYZE = text("ANALYZE campaign")


def numbers(count: int) -> range:
    return range(FIRST_MSISDN + 10, FIRST_MSISDN + 10 + count)


async def scheduled(engine: AsyncEngine, at: datetime, count: int = 1) -> int:
    return await store_campaign(engine, msisdns=numbers(count), scheduled_at=at)


async def jobs(engine: AsyncEngine) -> list[tuple[str, MessageSlice]]:
    async with engine.connect() as connection:
        rows = (await connection.execute(JOBS)).all()
    return [(row.entrypoint, MessageSlice.from_payload(row.payload)) for row in rows]


async def control(engine: AsyncEngine, campaign_id: int) -> str:
    async with engine.connect() as connection:
        found = await connection.execute(CONTROL, {"campaign_id": campaign_id})
        return str(found.scalar_one())


@pytest.fixture
async def raw(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def test_campaign_whose_time_has_come_is_queued_in_slices(engine: AsyncEngine) -> None:
    campaign_id = await scheduled(engine, PAST, 700)

    assert await release(engine) == 1

    assert await jobs(engine) == [
        ("submit_messages", MessageSlice(campaign_id, range(500))),
        ("submit_messages", MessageSlice(campaign_id, range(500, 700))),
    ]
    assert await control(engine, campaign_id) == "running"


async def test_single_message_goes_ahead_of_bulk(engine: AsyncEngine) -> None:
    campaign_id = await scheduled(engine, PAST)

    await release(engine)

    assert await jobs(engine) == [
        ("submit_urgent_messages", MessageSlice(campaign_id, range(1))),
    ]


async def test_campaign_waits_for_its_time(engine: AsyncEngine) -> None:
    campaign_id = await scheduled(engine, FUTURE)

    assert await release(engine) == 0

    assert await jobs(engine) == []
    assert await control(engine, campaign_id) == "scheduled"


async def test_released_campaign_is_not_released_again(engine: AsyncEngine) -> None:
    await scheduled(engine, PAST)
    await release(engine)

    assert await release(engine) == 0

    assert len(await jobs(engine)) == 1


@pytest.mark.parametrize("order", ["pause", "cancel"])
async def test_campaign_that_is_stopped_does_not_go_out(engine: AsyncEngine, order: str) -> None:
    campaign_id = await scheduled(engine, FUTURE)
    orders = await orders_to(engine, campaign_id)
    await (orders.pause() if order == "pause" else orders.cancel())
    async with engine.begin() as connection:
        await connection.execute(MAKE_DUE, {"campaign_id": campaign_id})

    assert await release(engine) == 0


async def test_campaign_that_is_just_given_an_order_is_left_to_it(
    engine: AsyncEngine, raw: asyncpg.Connection
) -> None:
    held, other = await scheduled(engine, PAST), await scheduled(engine, PAST)
    async with raw.transaction():
        await raw.fetch(LOCK, held)

        assert await release(engine) == 1

    assert (await control(engine, held), await control(engine, other)) == ("scheduled", "running")
    assert await release(engine) == 1


async def test_workers_that_look_at_once_release_each_campaign_once(engine: AsyncEngine) -> None:
    campaign_ids = {await scheduled(engine, PAST) for _ in range(3 * BATCH_CAMPAIGN_COUNT + 1)}

    released = await asyncio.gather(*(release(engine) for _ in range(4)))

    assert sum(released) == len(campaign_ids)
    found = [part.campaign_id for _, part in await jobs(engine)]
    assert sorted(found) == sorted(campaign_ids)


async def test_looking_costs_the_same_however_many_wait(engine: AsyncEngine) -> None:
    due = await scheduled(engine, PAST)
    async with engine.begin() as connection:
        await connection.execute(ADD_MANY, {"campaign_count": 20_000})
        await connection.execute(ANALYZE)
        plan = await connection.execute(
            text(f"EXPLAIN (ANALYZE, FORMAT JSON) {CLAIM_DUE.text}"), {"campaign_count": 10}
        )
        told = plan.scalar_one()

    assert "campaign_scheduled_at_idx" in str(told)
    assert "Seq Scan" not in str(told)
    assert "'Rows Removed by Filter': 0" in str(told)
    assert await release(engine) == 1
    assert await control(engine, due) == "running"
    # Nor does what waits lie in the way of those who look for jobs.
    assert len(await jobs(engine)) == 1


async def test_worker_sends_a_campaign_when_its_time_comes(
    engine: AsyncEngine, database_url: str
) -> None:
    at = datetime.now(UTC) + timedelta(seconds=2)  # noqa: TID251
    campaign_id = await scheduled(engine, at, 3)

    async def is_delivered() -> bool:
        return await counts(engine, campaign_id) == {"delivered": 3}

    async with running_worker(database_url):
        while datetime.now(UTC) < at - timedelta(seconds=0.3):  # noqa: TID251
            assert await counts(engine, campaign_id) == {"queued": 3}
            await asyncio.sleep(0.1)
        await until(is_delivered)
