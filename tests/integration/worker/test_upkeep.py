"""Upkeep: partitions ahead, and nothing kept past its day."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.worker.storage.upkeep import is_our_turn
from services.worker.upkeep import keep_up

DROP_LAST = text("""
    DO $$ BEGIN
        EXECUTE 'DROP TABLE ' || (
            SELECT max(inhrelid::regclass::text) FROM pg_inherits
            WHERE inhparent = 'message'::regclass
        );
    END $$
""")
PARTITION_COUNT = text("SELECT count(*) FROM pg_inherits WHERE inhparent = 'message'::regclass")
FILL = (
    text("""
        INSERT INTO idempotency_key (account_id, key, payload_sha256, answer, created_at)
        SELECT 1, 'k' || hours, '', '', now() - hours * interval '1 hour'
        FROM generate_series(23, 25, 2) AS hours
    """),
    text("""
        INSERT INTO pgqueuer_log (job_id, status, entrypoint, priority, aggregated, created)
        SELECT 1, 'successful', 'e', hours, is_aggregated, now() - hours * interval '1 hour'
        FROM generate_series(23, 25, 2) AS hours, unnest(ARRAY[true, false]) AS is_aggregated
    """),
    text("""
        INSERT INTO pgqueuer_statistics (count, status, entrypoint, priority, created)
        SELECT 1, 'successful', 'e', days, now() - days * interval '1 day'
        FROM generate_series(29, 31, 2) AS days
    """),
)
KEYS_LEFT = text("SELECT key FROM idempotency_key")
LOG_LEFT = text("SELECT priority, aggregated FROM pgqueuer_log ORDER BY 1, 2")
STATISTICS_LEFT = text("SELECT priority FROM pgqueuer_statistics")


async def test_missing_partition_is_made(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        before = (await connection.execute(PARTITION_COUNT)).scalar_one()
        await connection.execute(DROP_LAST)

    assert await keep_up(engine)

    async with engine.connect() as connection:
        assert (await connection.execute(PARTITION_COUNT)).scalar_one() == before


async def test_what_is_past_keeping_is_deleted(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        for statement in FILL:
            await connection.execute(statement)

    assert await keep_up(engine)

    async with engine.connect() as connection:
        assert (await connection.execute(KEYS_LEFT)).scalars().all() == ["k23"]
        log = (await connection.execute(LOG_LEFT)).all()
        assert [tuple(row) for row in log] == [(23, False), (23, True), (25, False)]
        assert (await connection.execute(STATISTICS_LEFT)).scalars().all() == [29]


async def test_two_workers_do_not_keep_up_at_once(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        assert await is_our_turn(connection)

        assert not await keep_up(engine)

    assert await keep_up(engine)
