"""The database fixtures, on which every other integration test leans."""

import asyncio
import subprocess
import sys

import asyncpg
import pytest

from tests.support.database import DatabaseServer, execute

DATABASES = "SELECT datname FROM pg_database"
TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"


async def names(url: str, query: str) -> set[str]:
    connection = await asyncpg.connect(url)
    try:
        return {name for (name,) in await connection.fetch(query)}
    finally:
        await connection.close()


async def tables(url: str) -> set[str]:
    return await names(url, TABLES)


async def test_migrated_database_has_the_newest_tables(database_url: str) -> None:
    found = await tables(database_url)

    assert {"alembic_version", "account", "campaign", "message"} <= found


def test_sync_test_gets_a_migrated_database_too(database_url: str) -> None:
    assert "alembic_version" in asyncio.run(tables(database_url))


async def test_empty_database_has_no_table(empty_database_url: str) -> None:
    assert await tables(empty_database_url) == set()


async def test_database_is_utf8_in_utc_with_the_c_locale(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)

    settings = await connection.fetchrow(
        "SELECT current_setting('server_encoding') AS encoding, datcollate AS collation,"
        " current_setting('timezone') AS timezone"
        " FROM pg_database WHERE datname = current_database()"
    )
    await connection.close()

    assert settings is not None
    assert dict(settings) == {"encoding": "UTF8", "collation": "C", "timezone": "UTC"}


@pytest.mark.parametrize("attempt", [1, 2])
async def test_what_a_test_writes_no_other_test_sees(database_url: str, attempt: int) -> None:
    connection = await asyncpg.connect(database_url)

    await connection.execute("CREATE TABLE mine (attempt integer)")
    await connection.execute("INSERT INTO mine VALUES ($1)", attempt)
    rows = await connection.fetch("SELECT attempt FROM mine")
    await connection.close()

    assert [row["attempt"] for row in rows] == [attempt]


def test_database_is_dropped_although_a_client_is_still_connected(
    postgres_server: DatabaseServer,
) -> None:
    with asyncio.Runner() as runner:
        with postgres_server.empty_database() as url:
            client = runner.run(asyncpg.connect(url))

        with pytest.raises(asyncpg.PostgresError):
            runner.run(client.fetchval("SELECT 1"))


def test_databases_of_dead_processes_are_pruned_and_those_of_living_ones_kept(
    postgres_server: DatabaseServer, database_url: str
) -> None:
    if not postgres_server.is_private:
        pytest.skip("another machine's living processes would pass for dead ones")
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        dead.wait()
    orphan = f"txlink_test_{dead.pid}_0"

    asyncio.run(execute(postgres_server.admin_url, f'CREATE DATABASE "{orphan}"'))

    postgres_server.prune()

    assert orphan not in asyncio.run(names(postgres_server.admin_url, DATABASES))
    assert "alembic_version" in asyncio.run(tables(database_url))
