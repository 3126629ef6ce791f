import asyncio
import signal
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from services.redirector.journal.files import list_journals
from services.redirector.recorder.locating import Locator
from services.redirector.recorder.main import record_until
from services.redirector.recorder.recording import Recorder
from services.redirector.storage.connections import open_pool
from shared.heartbeat import Heartbeat
from tests.support.journals import CRAWLER, PHONE, Journal, counts, record_all
from tests.support.links import seed_campaign, seed_personal_campaign
from tests.support.postgres_relay import PostgresRelay
from tests.support.recorder_process import recorder_process
from tests.support.waiting import until

SILENT = Heartbeat(None)
COMPUTER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/124.0.0.0 Safari/537.36"


async def test_hits_are_stored_and_only_persons_are_counted_as_clicks(
    database_url: str,
    connection: asyncpg.Connection,
    tmp_path: Path,
    a_recorder: Callable[..., Recorder],
) -> None:
    campaign = await seed_campaign(database_url)
    journal = Journal(tmp_path)
    journal.add(campaign, 0)
    journal.add(campaign, 0)
    journal.add(campaign, 0, method="HEAD")
    journal.add(campaign, 1, user_agent=CRAWLER)
    journal.add(campaign, 2, user_agent="")

    await record_all(a_recorder())
    journal.close()

    hits = await connection.fetch("SELECT position, click_class FROM hit ORDER BY journal_offset")
    assert [tuple(hit) for hit in hits] == [
        (0, "person"),
        (0, "person"),
        (0, "head"),
        (1, "preview"),
        (2, "unknown"),
    ]
    assert await counts(connection) == (5, 5, 5, 2, 5, 2, 1)


async def test_hits_of_personal_links_are_stored_whether_their_texts_are_kept_or_not(
    database_url: str,
    connection: asyncpg.Connection,
    tmp_path: Path,
    a_recorder: Callable[..., Recorder],
) -> None:
    campaign = await seed_personal_campaign(database_url, ["https://one.example.com/", None])
    journal = Journal(tmp_path)
    journal.add(campaign, 0)
    journal.add(campaign, 1)

    await record_all(a_recorder())
    journal.close()

    hits = await connection.fetch("SELECT campaign_id, position FROM hit ORDER BY position")
    assert [tuple(hit) for hit in hits] == [(campaign.id, 0), (campaign.id, 1)]


async def test_a_recipient_who_clicks_again_in_a_later_batch_is_one_clicker(
    database_url: str,
    connection: asyncpg.Connection,
    tmp_path: Path,
    a_recorder: Callable[..., Recorder],
) -> None:
    campaign = await seed_campaign(database_url)
    journal = Journal(tmp_path)
    for user_agent in (CRAWLER, PHONE, PHONE, CRAWLER, PHONE):
        journal.add(campaign, 1, user_agent=user_agent)

    await record_all(a_recorder(batch_hits=1))
    journal.close()

    assert await counts(connection) == (5, 5, 5, 3, 5, 3, 1)
    first_at, last_at = await connection.fetchrow(
        "SELECT first_click_at, last_click_at FROM recipient_clicks"
    ) or (None, None)
    clicks = await connection.fetch(
        "SELECT occurred_at FROM hit WHERE click_class = 'person' ORDER BY 1"
    )
    assert (first_at, last_at) == (clicks[0][0], clicks[-1][0])


async def test_a_recipient_who_clicks_on_two_devices_is_one_clicker(
    database_url: str,
    connection: asyncpg.Connection,
    tmp_path: Path,
    a_recorder: Callable[..., Recorder],
) -> None:
    campaign = await seed_campaign(database_url)
    journal = Journal(tmp_path)
    journal.add(campaign, 0, user_agent=PHONE)
    journal.add(campaign, 0, user_agent=COMPUTER)

    await record_all(a_recorder())
    journal.close()

    assert await counts(connection) == (2, 2, 2, 2, 2, 2, 1)


async def test_a_living_writers_journal_is_followed_and_a_dead_ones_removed_when_recorded(
    database_url: str,
    connection: asyncpg.Connection,
    tmp_path: Path,
    a_recorder: Callable[..., Recorder],
) -> None:
    campaign = await seed_campaign(database_url)
    journal, recorder = Journal(tmp_path), a_recorder()
    journal.add(campaign, 0)
    await record_all(recorder)
    assert journal.path.exists()
    journal.add(campaign, 1)
    journal.close()

    await record_all(recorder)

    assert not journal.path.exists()
    assert (await counts(connection))[0] == 2


async def test_a_torn_last_record_of_a_dead_writer_is_dropped_with_a_word(
    database_url: str,
    connection: asyncpg.Connection,
    tmp_path: Path,
    a_recorder: Callable[..., Recorder],
    caplog: pytest.LogCaptureFixture,
) -> None:
    campaign = await seed_campaign(database_url)
    journal = Journal(tmp_path)
    journal.add(campaign, 0)
    journal.add_octets(journal.path.read_bytes()[:-1])
    journal.close()

    await record_all(a_recorder())

    assert (await counts(connection))[0] == 1
    assert not journal.path.exists()
    assert "its last record is torn" in caplog.text


async def test_damage_in_the_middle_costs_the_damaged_record_only_and_is_logged(
    database_url: str,
    connection: asyncpg.Connection,
    tmp_path: Path,
    a_recorder: Callable[..., Recorder],
    caplog: pytest.LogCaptureFixture,
) -> None:
    campaign = await seed_campaign(database_url)
    journal = Journal(tmp_path)
    journal.add(campaign, 0)
    journal.add_octets(journal.path.read_bytes()[:-1] + b"x")
    journal.add(campaign, 2)
    journal.close()

    await record_all(a_recorder())

    assert [row[0] for row in await connection.fetch("SELECT position FROM hit")] == [0, 2]
    assert "are damaged and skipped" in caplog.text


async def test_a_hit_on_a_link_that_is_no_more_does_not_stop_the_others(
    database_url: str,
    connection: asyncpg.Connection,
    tmp_path: Path,
    a_recorder: Callable[..., Recorder],
) -> None:
    gone, kept = await seed_campaign(database_url), await seed_campaign(database_url)
    await connection.execute("DELETE FROM link_block WHERE campaign_id = $1", gone.id)
    journal = Journal(tmp_path)
    journal.add(gone, 0)
    journal.add(kept, 0)
    journal.close()

    await record_all(a_recorder())

    assert [row[0] for row in await connection.fetch("SELECT campaign_id FROM hit")] == [kept.id]
    assert not journal.path.exists()


async def test_two_recorders_started_by_mistake_count_each_hit_once(
    database_url: str,
    connection: asyncpg.Connection,
    tmp_path: Path,
    a_recorder: Callable[..., Recorder],
) -> None:
    campaign = await seed_campaign(database_url, recipient_count=50)
    journals = [Journal(tmp_path) for _ in range(2)]
    for number in range(500):
        journals[number % 2].add(campaign, number % 50)
    stopping = asyncio.Event()
    recorders = [
        asyncio.create_task(record_until(stopping, a_recorder(batch_hits=7), SILENT))
        for _ in range(2)
    ]

    async def is_recorded() -> bool:
        return (await counts(connection))[0] == 500

    await until(is_recorded)
    stopping.set()
    await asyncio.gather(*recorders)
    for journal in journals:
        journal.close()

    assert await counts(connection) == (500, 500, 500, 500, 500, 500, 50)


async def test_recording_outlasts_an_outage_of_postgres(
    database_url: str, connection: asyncpg.Connection, tmp_path: Path
) -> None:
    campaign = await seed_campaign(database_url)
    relay = PostgresRelay(database_url)
    await relay.open()
    pool = await open_pool(relay.url, application="test", size=1, statement_timeout_s=5)
    stopping = asyncio.Event()
    recorder = Recorder(pool, tmp_path / "journal", Locator(None))
    recording = asyncio.create_task(record_until(stopping, recorder, SILENT))
    journal = Journal(tmp_path)

    async def are_recorded(number: int) -> bool:
        return (await counts(connection))[0] == number

    journal.add(campaign, 0)
    await until(lambda: are_recorded(1))
    await relay.cut()
    journal.add(campaign, 1)
    await asyncio.sleep(0.5)
    assert not recording.done()
    await relay.open()

    await until(lambda: are_recorded(2))
    stopping.set()
    await recording
    journal.close()
    await pool.close()
    await relay.cut()
    assert await counts(connection) == (2, 2, 2, 2, 2, 2, 2)


async def test_a_recorder_killed_in_the_middle_leaves_no_hit_out_and_counts_none_twice(
    database_url: str, connection: asyncpg.Connection, tmp_path: Path
) -> None:
    campaign = await seed_campaign(database_url, recipient_count=100)
    journal = Journal(tmp_path)
    for number in range(40_000):
        journal.add(campaign, number % 100)
    journal.close()

    kills = 0
    while list_journals(tmp_path / "journal"):
        with recorder_process(database_url, tmp_path) as recorder:
            before = (await counts(connection))[0]

            async def has_got_on(before: int = before) -> bool:
                now = (await counts(connection))[0]
                return now > before or not list_journals(tmp_path / "journal")

            await until(has_got_on)
            recorder.kill()
            kills += 1

    assert kills > 2
    assert await counts(connection) == (40_000,) * 6 + (100,)


async def test_sigterm_ends_the_recorder_in_peace(database_url: str, tmp_path: Path) -> None:
    with recorder_process(database_url, tmp_path) as recorder:
        assert recorder.stderr is not None
        await asyncio.to_thread(recorder.stderr.readline)

        recorder.send_signal(signal.SIGTERM)

        assert await asyncio.to_thread(recorder.wait, 10) == 0
