"""The migrations make the schema that the code declares, and can be taken back."""

import asyncio
import os
import subprocess
import sys
from datetime import timedelta

import asyncpg
import pytest
from alembic import command
from pgqueuer.queries import Queries

from services.redirector.storage.hits import HitRow
from tests.support.database import REPOSITORY, alembic_config, migrate
from tests.support.rollups import (
    A_HIT,
    HOSTS_BY_REFERRER,
    HitsAndClicks,
    RollupKey,
    kept_rollups,
    right_rollups,
)
from tests.support.waiting import until

OBJECTS = """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'S', 'i')
    UNION ALL
    SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype = 'e'
"""

DROP_LAST_MONTH = """
    DO $$ BEGIN
        EXECUTE (
            SELECT 'DROP TABLE ' || string_agg(inhrelid::regclass::text, ', ') FROM pg_inherits
            JOIN pg_class ON pg_class.oid = inhrelid
            WHERE relkind = 'r' AND relname LIKE
            '%' || to_char(now() AT TIME ZONE 'UTC' + interval '12 months', '_YYYYMM')
        );
    END $$
"""


MIGRATION_LOCK = 7_463_118
# How long a migration waits for a table.
TABLE_LOCK_WAIT_S = 5
WAITING = """
    SELECT count(*) FROM pg_locks
    JOIN pg_database ON pg_database.oid = pg_locks.database
    WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()
"""


def migration_process(database_url: str) -> subprocess.Popen[bytes]:
    environment = os.environ | {"DATABASE_URL": database_url}  # noqa: TID251 - it is handed on
    return subprocess.Popen(
        [sys.executable, "-m", "services.cli", "migrate", "--no-roles"],
        cwd=REPOSITORY,
        env=environment,
    )


async def are_waiting(connection: asyncpg.Connection, count: int) -> bool:
    waiting: int = await connection.fetchval(WAITING)
    return waiting == count


async def fetch(url: str, query: str, *values: object) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(query, *values)
    finally:
        await connection.close()


def test_migrated_schema_is_the_declared_one(database_url: str) -> None:
    command.check(alembic_config(database_url))


def test_every_migration_can_be_taken_back_and_made_again(empty_database_url: str) -> None:
    migrate(empty_database_url)
    up = {row["relname"] for row in asyncio.run(fetch(empty_database_url, OBJECTS))}

    command.downgrade(alembic_config(empty_database_url), "base")
    down = {row["relname"] for row in asyncio.run(fetch(empty_database_url, OBJECTS))}
    migrate(empty_database_url)
    again = {row["relname"] for row in asyncio.run(fetch(empty_database_url, OBJECTS))}

    assert down == {"alembic_version", "alembic_version_pkc"}
    assert again == up


async def test_runs_at_once_wait_for_one_another_however_long_one_takes(
    empty_database_url: str,
) -> None:
    long_one = await asyncpg.connect(empty_database_url)
    try:
        await long_one.execute("SELECT pg_advisory_lock($1)", MIGRATION_LOCK)
        runs = [migration_process(empty_database_url) for _ in range(2)]
        await until(lambda: are_waiting(long_one, 2))
        await asyncio.sleep(TABLE_LOCK_WAIT_S + 1)
        assert [run.poll() for run in runs] == [None, None]
    finally:
        await long_one.close()

    codes = [await asyncio.to_thread(run.wait, 60) for run in runs]

    assert codes == [0, 0]
    [row] = await fetch(empty_database_url, "SELECT count(*) AS n FROM alembic_version")
    assert row["n"] == 1


async def test_queue_schema_is_what_the_installed_queue_wants(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        plan = await Queries.from_asyncpg_connection(connection).plan_upgrade()
    finally:
        await connection.close()

    assert not plan.statements


async def test_each_token_length_has_a_key_of_its_own(database_url: str) -> None:
    rows = await fetch(database_url, "SELECT length, key, ceiling FROM token_domain")

    assert {row["length"]: row["ceiling"] for row in rows} == {
        6: 5_680_023,
        7: 352_161_460,
        8: 21_834_010_558,
    }
    assert len({row["key"] for row in rows}) == 3
    assert all(len(row["key"]) == 32 for row in rows)


def test_keys_differ_between_installations(empty_database_url: str) -> None:
    keys = "SELECT key FROM token_domain"
    migrate(empty_database_url)
    first = {row["key"] for row in asyncio.run(fetch(empty_database_url, keys))}

    command.downgrade(alembic_config(empty_database_url), "base")
    migrate(empty_database_url)
    second = {row["key"] for row in asyncio.run(fetch(empty_database_url, keys))}

    assert first.isdisjoint(second)


def test_hits_that_are_stored_are_counted_by_time_and_trait(empty_database_url: str) -> None:
    migrate(empty_database_url, "0012")
    asyncio.run(store_hits(empty_database_url))

    migrate(empty_database_url)

    kept, right = asyncio.run(rollups(empty_database_url))
    assert kept == right
    assert len(kept) > 20


async def store_hits(url: str) -> None:
    """Store hits of two campaigns, each of another referrer and some of other places."""
    connection = await asyncpg.connect(url)
    try:
        at = await connection.fetchval("SELECT date_trunc('month', now())")
        hits = [
            A_HIT._replace(
                campaign_id=number % 2,
                occurred_at=at + number * timedelta(minutes=4),
                journal_offset=number,
                click_class=("person", "preview")[number % 3 == 0],
                country=(None, "IN")[number % 2],
                region=(None, "Delhi", "")[number % 3],
                city=(None, "Delhi", "x" * 250)[number % 3],
                device=(None, "K")[number % 2],
                referrer=referrer,
            )
            for number, referrer in enumerate(HOSTS_BY_REFERRER)
        ]
        await connection.copy_records_to_table("hit", records=hits, columns=HitRow._fields)
    finally:
        await connection.close()


async def rollups(url: str) -> tuple[dict[RollupKey, HitsAndClicks], ...]:
    """Return rollups as they are kept, and as they have to be."""
    connection = await asyncpg.connect(url)
    try:
        return await kept_rollups(connection), await right_rollups(connection)
    finally:
        await connection.close()


@pytest.mark.parametrize("table", ["message", "recipient_clicks", "personal_text", "hit"])
async def test_partitions_reach_a_year_ahead(database_url: str, table: str) -> None:
    rows = await fetch(
        database_url,
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = $1::regclass",
        table,
    )

    assert len(rows) == 13


async def test_a_campaign_id_falls_into_the_partition_of_its_month(database_url: str) -> None:
    query = """
        WITH campaign AS (SELECT next_campaign_id() AS id),
        stored AS (
            INSERT INTO message (campaign_id, position, msisdn)
            SELECT id, 0, 919876543210 FROM campaign RETURNING tableoid::regclass::text AS name
        )
        SELECT name, 'message_' || to_char(now() AT TIME ZONE 'UTC', 'YYYYMM') AS wanted
        FROM stored
    """

    rows = await fetch(database_url, query)

    assert rows[0]["name"] == rows[0]["wanted"]


async def test_ensuring_partitions_again_changes_nothing(database_url: str) -> None:
    count = "SELECT count(*) AS n FROM pg_inherits"
    before = await fetch(database_url, count)

    await fetch(database_url, "SELECT ensure_partitions(12)")

    assert await fetch(database_url, count) == before


async def test_sessions_that_find_a_month_missing_at_once_all_succeed(database_url: str) -> None:
    count = "SELECT count(*) AS n FROM pg_inherits"
    before = await fetch(database_url, count)

    for _ in range(5):
        await fetch(database_url, DROP_LAST_MONTH)
        await asyncio.gather(
            *(fetch(database_url, "SELECT ensure_partitions(12)") for _ in range(6))
        )

        assert await fetch(database_url, count) == before
