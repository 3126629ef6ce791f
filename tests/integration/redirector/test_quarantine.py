"""A hit that Postgres refuses keeps no other from being recorded, and is kept itself."""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import asyncpg
import pytest
from typing_extensions import override

from services.redirector.journal.files import list_journals
from services.redirector.journal.quarantine import Quarantine, QuarantineError
from services.redirector.journal.records import Hit, scan
from services.redirector.recorder.locating import Locator, Place
from services.redirector.recorder.recording import Recorder
from services.redirector.storage.connections import open_pool
from tests.support.journals import Journal, counts, record_all
from tests.support.links import SeededCampaign, seed_campaign
from tests.support.recorder_process import recorder_process
from tests.support.waiting import until

# To a campaign of a month whose partitions are long gone.
AGE = """
UPDATE link_block SET campaign_id = first_campaign_id('2019-07-01') + 1 WHERE campaign_id = $1
"""
REFUSE = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'not that one' USING ERRCODE = '{code}'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON {table} FOR EACH ROW WHEN ({condition})
EXECUTE FUNCTION refuse();
"""
UNREFUSE = "DROP FUNCTION refuse CASCADE"

MakeRecorder = Callable[..., Recorder]


async def refuse(
    connection: asyncpg.Connection, condition: str, *, code: str = "23514", table: str = "hit"
) -> None:
    await connection.execute(REFUSE.format(code=code, table=table, condition=condition))


def quarantined(folder: Path) -> list[Hit]:
    return [
        hit
        for path in sorted(folder.glob("*.quarantine"))
        for _, hit in scan(path.read_bytes(), limit=1_000_000).hits
    ]


async def positions(connection: asyncpg.Connection) -> list[int]:
    rows = await connection.fetch("SELECT position FROM hit ORDER BY journal_id, journal_offset")
    return [row[0] for row in rows]


async def test_a_hit_on_a_campaign_whose_month_is_gone_is_kept_aside_and_the_others_recorded(
    database_url: str,
    connection: asyncpg.Connection,
    tmp_path: Path,
    a_recorder: MakeRecorder,
    caplog: pytest.LogCaptureFixture,
) -> None:
    old, live = await seed_campaign(database_url), await seed_campaign(database_url)
    await connection.execute(AGE, old.id)
    journal, recorder = Journal(tmp_path), a_recorder()
    journal.add(old, 0)
    journal.add(live, 0)

    await record_all(recorder)
    journal.add(live, 1)
    await record_all(recorder)
    journal.close()

    assert await positions(connection) == [0, 1]
    assert [hit.link_number for hit in quarantined(journal.path.parent)] == [old.first_link]
    assert "1 hits cannot be stored, 1 since the start (the campaign's month" in caplog.text
    assert "81.2.69.142" not in caplog.text


@pytest.mark.parametrize("code", ["22003", "23505", "54000", "P0001", "XX001"])
@pytest.mark.parametrize("table", ["hit", "recipient_clicks"])
async def test_only_the_refused_hits_of_a_batch_are_kept_aside(
    database_url: str,
    connection: asyncpg.Connection,
    tmp_path: Path,
    a_recorder: MakeRecorder,
    caplog: pytest.LogCaptureFixture,
    code: str,
    table: str,
) -> None:
    campaign = await seed_campaign(database_url, recipient_count=50)
    await refuse(connection, "NEW.position % 10 = 7", code=code, table=table)
    journal = Journal(tmp_path)
    for position in range(50):
        journal.add(campaign, position)
    journal.close()

    await record_all(a_recorder())

    assert "not that one" in caplog.text
    assert "81.2.69.142" not in caplog.text
    assert await positions(connection) == [number for number in range(50) if number % 10 != 7]
    assert await counts(connection) == (45,) * 7
    assert not journal.path.exists()
    refused = [hit.link_number - campaign.first_link for hit in quarantined(journal.path.parent)]
    assert refused == [7, 17, 27, 37, 47]


async def test_what_was_kept_aside_is_recorded_once_it_is_named_a_journal(
    database_url: str, connection: asyncpg.Connection, tmp_path: Path, a_recorder: MakeRecorder
) -> None:
    campaign = await seed_campaign(database_url, recipient_count=30)
    await refuse(connection, "NEW.position IN (3, 4, 29)")
    journal = Journal(tmp_path)
    for position in range(30):
        journal.add(campaign, position)
    journal.close()
    recorder = a_recorder()
    await record_all(recorder)
    [kept] = journal.path.parent.glob("*.quarantine")

    await connection.execute(UNREFUSE)
    kept.rename(kept.with_name(f"{kept.stem}-again.journal"))
    await record_all(recorder)

    assert await counts(connection) == (30,) * 7
    assert [path.suffix for path in journal.path.parent.iterdir()] == []


async def test_a_recorder_killed_among_refused_hits_stores_and_keeps_each_once(
    database_url: str, connection: asyncpg.Connection, tmp_path: Path
) -> None:
    campaign = await seed_campaign(database_url, recipient_count=100)
    await refuse(connection, "NEW.position IN (13, 77)")
    journal = Journal(tmp_path)
    for number in range(20_000):
        journal.add(campaign, number % 100)
    journal.close()
    folder = journal.path.parent

    kills = 0
    while list_journals(folder):
        with recorder_process(database_url, tmp_path) as recorder:
            before = len(quarantined(folder))

            async def has_got_on(before: int = before) -> bool:
                return len(quarantined(folder)) > before or not list_journals(folder)

            await until(has_got_on)
            recorder.kill()
            kills += 1

    assert kills > 2
    assert await counts(connection) == (19_600,) * 6 + (98,)
    assert len(quarantined(folder)) == 400


@pytest.mark.parametrize("code", ["42P01", "42501", "0A000", "40P01", "55P03", "57014", "53100"])
async def test_a_fault_that_is_not_a_hits_own_leaves_the_hits_in_the_journal(
    database_url: str,
    connection: asyncpg.Connection,
    tmp_path: Path,
    a_recorder: MakeRecorder,
    code: str,
) -> None:
    campaign = await seed_campaign(database_url)
    await refuse(connection, "true", code=code)
    journal, recorder = Journal(tmp_path), a_recorder()
    journal.add(campaign, 0)
    journal.close()

    with pytest.raises(Exception, match="not that one"):
        await recorder.record_batches()
    assert quarantined(journal.path.parent) == []

    await connection.execute(UNREFUSE)
    await record_all(recorder)
    assert await positions(connection) == [0]


async def test_a_journal_that_cannot_be_recorded_holds_up_no_other(
    database_url: str, connection: asyncpg.Connection, tmp_path: Path, a_recorder: MakeRecorder
) -> None:
    campaign = await seed_campaign(database_url)
    stuck, other = Journal(tmp_path), Journal(tmp_path)
    stuck.add(campaign, 0)
    other.add(campaign, 1)
    await refuse(connection, f"NEW.name = '{stuck.path.name}'", code="42501", table="journal")

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await a_recorder().record_batches()

    assert await positions(connection) == [1]
    for journal in (stuck, other):
        journal.close()


class Breaking(Locator):
    """A locator that one visitor's address breaks."""

    @override
    def locate(self, address: IPv4Address | IPv6Address) -> Place:
        raise LookupError(address)


async def test_a_hit_of_which_no_row_can_be_made_is_kept_aside(
    database_url: str,
    connection: asyncpg.Connection,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    campaign = await seed_campaign(database_url)
    journal = Journal(tmp_path)
    journal.add(campaign, 0)
    journal.add(campaign, 1, address="")
    journal.close()
    pool = await open_pool(database_url, application="test", size=1, statement_timeout_s=5)

    await record_all(Recorder(pool, journal.path.parent, Breaking(None)))
    await pool.close()

    assert await positions(connection) == [1]
    assert len(quarantined(journal.path.parent)) == 1
    assert "(LookupError)" in caplog.text


async def test_a_full_quarantine_loses_hits_countedly_and_recording_goes_on(
    database_url: str,
    connection: asyncpg.Connection,
    tmp_path: Path,
    a_recorder: MakeRecorder,
    caplog: pytest.LogCaptureFixture,
) -> None:
    campaign: SeededCampaign = await seed_campaign(database_url)
    await refuse(connection, "NEW.position = 0")
    journal, recorder = Journal(tmp_path), a_recorder(quarantine_octets=500, batch_hits=4)
    for position in (0, 0, 0, 1, 0, 2):
        journal.add(campaign, position)
    journal.close()

    await record_all(recorder)

    assert await positions(connection) == [1, 2]
    assert len(quarantined(journal.path.parent)) == 2
    assert "the quarantine is full: 1 hits lost" in caplog.text
    assert "1 hits cannot be stored, 4 since the start" in caplog.text


def test_a_record_kept_twice_is_kept_once(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path, max_octets=1_000)
    journal = Journal(tmp_path)
    journal.add(SeededCampaign(1, b"", 6, 0, []), 0)  # type: ignore[arg-type]
    record = journal.path.read_bytes()
    journal.close()

    for _ in range(2):
        assert quarantine.keep("1.journal", [(5_000, record), (70_000, record)]) == 2

    assert len(quarantined(tmp_path)) == 2
    assert quarantine.path("1.journal").stat().st_mode & 0o777 == 0o600


async def test_hits_stay_in_the_journal_when_none_can_be_kept_aside(
    database_url: str, connection: asyncpg.Connection, tmp_path: Path, a_recorder: MakeRecorder
) -> None:
    campaign = await seed_campaign(database_url)
    await refuse(connection, "NEW.position = 0")
    journal, recorder = Journal(tmp_path), a_recorder()
    for position in (0, 1):
        journal.add(campaign, position)
    journal.close()
    obstacle = journal.path.with_suffix(".quarantine")
    obstacle.mkdir()

    with pytest.raises(QuarantineError):
        await recorder.record_batches()
    assert await counts(connection) == (0,) * 7

    obstacle.rmdir()
    await record_all(recorder)
    assert await positions(connection) == [1]
    assert len(quarantined(journal.path.parent)) == 1
