"""``txlink clicks reclassify``, as an operator runs it."""

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
from tests.support.journals import CRAWLER, PHONE, Journal, record_all
from tests.support.links import SeededCampaign, seed_campaign


@pytest.fixture
async def badly_classed(database_url: str, tmp_path: Path) -> AsyncIterator[SeededCampaign]:
    """Yield a campaign with a crawler's hit that counts as a click, and a person's."""
    campaign = await seed_campaign(database_url)
    journal = Journal(tmp_path)
    journal.add(campaign, 0, user_agent=CRAWLER)
    journal.add(campaign, 1, user_agent=PHONE)
    journal.close()
    pool = await open_pool(database_url, application="test", size=1, statement_timeout_s=5)
    await record_all(Recorder(pool, tmp_path / "journal", Locator(None)))
    await pool.execute("UPDATE hit SET click_class = 'person', reasons = '{}', score = 0")
    await pool.execute(
        "UPDATE recipient_clicks SET click_count = 1,"
        " first_click_at = coalesce(first_click_at, now())"
    )
    await pool.execute("UPDATE campaign_clicks SET click_count = 2, clicker_count = 2")
    yield campaign
    await pool.close()


def reclassify(database_url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "services.cli", "clicks", "reclassify", *arguments],
        cwd=REPOSITORY,
        env={"DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def clicks(database_url: str) -> int:
    connection = await asyncpg.connect(database_url)
    try:
        found: int = await connection.fetchval("SELECT click_count FROM campaign_clicks")
        return found
    finally:
        await connection.close()


async def test_it_tells_what_it_changed_and_a_dry_run_what_it_would(
    database_url: str, badly_classed: SeededCampaign
) -> None:
    dry = reclassify(database_url, "--dry-run")
    assert await clicks(database_url) == 2
    wet = reclassify(database_url, "--campaign", str(badly_classed.uuid))
    again = reclassify(database_url, "--since", "2026-01-01")

    assert (dry.stdout, wet.stdout, again.stdout) == (
        "2 hits looked at, 1 would change\nperson -> preview: 1\n",
        "2 hits looked at, 1 changed\nperson -> preview: 1\n",
        "2 hits looked at, 0 changed\n",
    )
    assert [done.returncode for done in (dry, wet, again)] == [0, 0, 0]
    assert await clicks(database_url) == 1


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--campaign", str(uuid.UUID(int=7))], 1, "there is no campaign 00000000-"),
        (["--campaign", "mine"], 2, "--campaign: invalid UUID value: 'mine'"),
        (["--since", "yesterday"], 2, "--since: invalid date value: 'yesterday'"),
        (
            ["--campaign", str(uuid.UUID(int=7)), "--resume-at", str(uuid.UUID(int=7))],
            2,
            "not allowed with argument --campaign",
        ),
    ],
    ids=["unknown campaign", "no UUID", "no date", "two ways to begin"],
)
def test_what_cannot_be_done_is_refused(
    database_url: str, arguments: list[str], status: int, said: str
) -> None:
    done = reclassify(database_url, *arguments)

    assert (done.returncode, done.stdout) == (status, "")
    assert said in done.stderr


def test_without_postgres_it_says_so() -> None:
    done = reclassify("postgresql://nobody:x@127.0.0.1:1/txlink")

    assert done.returncode == 1
    assert done.stderr.startswith("txlink: no Postgres: ")
