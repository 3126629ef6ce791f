"""When a recorder counts as alive: as long as it records, or would if Postgres were there."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from services.redirector.journal.files import SUFFIX, create_locked
from services.redirector.recorder.locating import Locator
from services.redirector.recorder.main import record_until
from services.redirector.recorder.recording import Recorder
from services.redirector.storage.connections import open_pool
from shared.heartbeat import Heartbeat
from tests.support.heartbeats import grow_old, is_beating
from tests.support.postgres_relay import PostgresRelay
from tests.support.waiting import until

# Several rounds of a loop that would beat.
WHILE_S = 1.5


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@asynccontextmanager
async def recording(database_url: str, data_dir: Path) -> AsyncIterator[Path]:
    """Record until the context ends; yield the heartbeat file, once it is beating."""
    path = data_dir / "heartbeat"
    pool = await open_pool(database_url, application="test", size=1, statement_timeout_s=30)
    stopping = asyncio.Event()
    recorder = Recorder(pool, data_dir / "journal", Locator(None))
    heartbeat = Heartbeat(path, interval_s=0)
    task = asyncio.create_task(record_until(stopping, recorder, heartbeat))
    try:
        await until(lambda: is_beating(path))
        yield path
    finally:
        stopping.set()
        await task
        await pool.close()


def add_journal(data_dir: Path) -> None:
    """Leave a journal whose writer has ended: Postgres must be asked about it."""
    folder = data_dir / "journal"
    folder.mkdir(exist_ok=True)
    descriptor, _ = create_locked(folder, started_ns=1)
    os.close(descriptor)


async def test_an_idle_recorder_beats(database_url: str, tmp_path: Path) -> None:
    async with recording(database_url, tmp_path) as path:
        grow_old(path)

        await until(lambda: is_beating(path))


async def test_a_recorder_that_outlives_an_outage_beats(database_url: str, tmp_path: Path) -> None:
    relay = PostgresRelay(database_url)
    await relay.open()

    async with recording(relay.url, tmp_path) as path:
        await relay.cut()
        add_journal(tmp_path)
        await asyncio.sleep(WHILE_S)
        grow_old(path)

        await until(lambda: is_beating(path))

        assert list((tmp_path / "journal").iterdir()), "it was recorded, so there was no outage"
    await relay.open()
    await relay.cut()


async def test_a_recorder_that_is_stuck_stops_beating_until_it_goes_on(
    database_url: str, tmp_path: Path, connection: asyncpg.Connection
) -> None:
    async with recording(database_url, tmp_path) as path:
        async with connection.transaction():
            await connection.execute("LOCK TABLE journal IN ACCESS EXCLUSIVE MODE")
            add_journal(tmp_path)
            await asyncio.sleep(WHILE_S)
            grow_old(path)
            await asyncio.sleep(WHILE_S)
            assert not await is_beating(path)

        await until(lambda: is_beating(path))


async def test_a_recorder_that_cannot_read_a_journal_stops_beating(
    database_url: str, tmp_path: Path
) -> None:
    unreadable = tmp_path / "journal" / f"1{SUFFIX}"

    async with recording(database_url, tmp_path) as path:
        unreadable.mkdir(parents=True)
        await asyncio.sleep(WHILE_S)
        grow_old(path)
        await asyncio.sleep(WHILE_S)
        assert not await is_beating(path)

        unreadable.rmdir()
        await until(lambda: is_beating(path))
