"""``txlink clicks rollup``, as an operator runs it."""

import subprocess
import sys
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from services.redirector.recorder.locating import Locator
from services.redirector.recorder.recording import Recorder
from services.redirector.storage.connections import open_pool
from tests.support.database import REPOSITORY
from tests.support.journals import Journal, record_all
from tests.support.links import SeededCampaign, seed_campaign
from tests.support.rollups import kept_rollups, right_rollups


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.fixture
async def campaigns(
    database_url: str, connection: asyncpg.Connection, tmp_path: Path
) -> list[SeededCampaign]:
    """Return two campaigns with hits, and with no rollups by country."""
    seeded = [await seed_campaign(database_url) for _ in range(2)]
    journal = Journal(tmp_path)
    for campaign in seeded:
        journal.add(campaign, 0)
    journal.close()
    pool = await open_pool(database_url, application="test", size=1, statement_timeout_s=5)
    await record_all(Recorder(pool, tmp_path / "journal", Locator(None)))
    await pool.close()
    await connection.execute("DELETE FROM trait_clicks WHERE trait = 'country'")
    return seeded


def roll_up(database_url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "services.cli", "clicks", "rollup", *arguments],
        cwd=REPOSITORY,
        env={"DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def test_it_tells_what_it_corrected_and_corrects_it_once(
    database_url: str, connection: asyncpg.Connection, campaigns: list[SeededCampaign]
) -> None:
    one = roll_up(database_url, "--campaign", str(campaigns[1].uuid))
    every, again = roll_up(database_url), roll_up(database_url)

    assert [done.stdout for done in (one, every, again)] == [
        "1 campaigns counted, 1 counts corrected\n",
        "2 campaigns counted, 1 counts corrected\n",
        "2 campaigns counted, 0 counts corrected\n",
    ]
    assert [done.returncode for done in (one, every, again)] == [0, 0, 0]
    assert await kept_rollups(connection) == await right_rollups(connection)


@pytest.mark.usefixtures("campaigns")
async def test_campaigns_of_which_hits_may_be_gone_are_left_alone_and_told_of(
    database_url: str, connection: asyncpg.Connection
) -> None:
    kept = await kept_rollups(connection)
    month = await connection.fetchval("SELECT tableoid::regclass::text FROM hit LIMIT 1")
    await connection.execute(f"DROP TABLE {month}")

    done = roll_up(database_url)

    assert done.stdout == (
        "0 campaigns counted, 0 counts corrected\n"
        "2 campaigns left alone: hits of theirs may have been dropped\n"
    )
    assert await kept_rollups(connection) == kept


def test_an_unknown_campaign_is_refused(database_url: str) -> None:
    done = roll_up(database_url, "--campaign", str(uuid.UUID(int=7)))

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("txlink: there is no campaign 00000000-")


def test_without_postgres_it_says_so() -> None:
    done = roll_up("postgresql://nobody:x@127.0.0.1:1/txlink")

    assert done.returncode == 1
    assert done.stderr.startswith("txlink: no Postgres: ")
