"""When a worker counts as alive: as long as all its loops go on, or Postgres alone is missing."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.support.heartbeats import grow_old, is_beating
from tests.support.postgres_relay import PostgresRelay
from tests.support.waiting import until
from tests.support.worker_task import running_worker

# Longer than any loop sleeps, and than the least time between two beats.
WHILE_S = 3.0


async def test_an_idle_worker_beats(database_url: str, tmp_path: Path) -> None:
    path = tmp_path / "heartbeat"

    async with running_worker(database_url, heartbeat_file=path):
        await until(lambda: is_beating(path))
        grow_old(path)

        await until(lambda: is_beating(path))


async def test_a_worker_that_outlives_an_outage_beats(database_url: str, tmp_path: Path) -> None:
    path = tmp_path / "heartbeat"
    relay = PostgresRelay(database_url)
    await relay.open()

    async with running_worker(relay.url, heartbeat_file=path):
        await until(lambda: is_beating(path))
        await relay.cut()
        await asyncio.sleep(WHILE_S)
        grow_old(path)

        await until(lambda: is_beating(path))

        await relay.open()
        grow_old(path)
        await until(lambda: is_beating(path))
    await relay.cut()


@pytest.mark.parametrize(
    "table",
    [
        pytest.param("pgqueuer", id="lanes"),
        pytest.param("sandbox_message", id="sandbox receipts"),
        pytest.param("campaign", id="releases"),
    ],
)
async def test_a_worker_with_a_stuck_loop_stops_beating_until_it_goes_on(
    database_url: str, engine: AsyncEngine, tmp_path: Path, table: str
) -> None:
    path = tmp_path / "heartbeat"

    async with running_worker(database_url, heartbeat_file=path):
        await until(lambda: is_beating(path))
        async with engine.begin() as connection:
            await connection.execute(text(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
            await asyncio.sleep(WHILE_S)
            grow_old(path)
            await asyncio.sleep(WHILE_S)
            assert not await is_beating(path)

        await until(lambda: is_beating(path))
