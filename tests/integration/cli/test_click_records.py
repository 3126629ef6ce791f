"""What the CLI says of journals, and whether they agree with what is counted."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from services.cli.click_records import inspect_journal, show_reconciliation
from services.redirector.recorder.locating import Locator
from services.redirector.recorder.recording import Recorder
from services.redirector.storage.connections import open_pool
from tests.support.journals import Journal, record_all
from tests.support.links import SeededCampaign, seed_campaign


@pytest.fixture
def campaign(database_url: str) -> SeededCampaign:
    return asyncio.run(seed_campaign(database_url))


@pytest.fixture
def journal(tmp_path: Path, campaign: SeededCampaign) -> Iterator[Journal]:
    written = Journal(tmp_path)
    for position in (0, 1, 1):
        written.add(campaign, position)
    yield written
    written.close()


def record(database_url: str, data_dir: Path) -> None:
    async def run() -> None:
        pool = await open_pool(database_url, application="test", size=2, statement_timeout_s=5)
        await record_all(Recorder(pool, data_dir / "journal", Locator(None), batch_hits=2))
        await pool.close()

    asyncio.run(run())


def execute(database_url: str, statement: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(database_url)
        await connection.execute(statement)
        await connection.close()

    asyncio.run(run())


def test_journal_is_shown_record_by_record_with_what_is_none(
    journal: Journal, campaign: SeededCampaign, capsys: pytest.CaptureFixture[str]
) -> None:
    journal.add_octets(b"\x01torn")

    inspect_journal(journal.path, limit=None)

    *records, counts, state = capsys.readouterr().out.splitlines()
    assert len(records) == 3
    assert re.search(rf"81\.2\.69\.142 +link {campaign.first_link + 1} of 6", records[2])
    assert "GET /SAlhjS HTTP/1.1" in records[0]
    assert counts == "3 records; 0 octets are damaged, 5 at its end are no whole record"
    assert state == "the journal is being written"


def test_no_more_records_are_shown_than_asked_for(
    journal: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    inspect_journal(journal.path, limit=1)

    assert len(capsys.readouterr().out.splitlines()) == 1


def test_journal_that_is_not_there_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="there is no journal"):
        inspect_journal(tmp_path / "no.journal", limit=None)


def test_folder_of_journals_is_no_journal(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="is a folder: name one of the journals in it"):
        inspect_journal(tmp_path, limit=None)


def test_file_without_a_single_record_is_not_called_a_complete_journal(tmp_path: Path) -> None:
    other = tmp_path / "links.snapshot"
    other.write_text('{"domains": []}')

    with pytest.raises(SystemExit, match="is no journal, or all of it is damaged"):
        inspect_journal(other, limit=None)


def test_what_is_recorded_and_what_waits_agree(
    journal: Journal,
    campaign: SeededCampaign,
    database_url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    record(database_url, tmp_path)
    journal.add(campaign, 2)

    show_reconciliation(database_url, tmp_path)

    stored, journals, verdict = capsys.readouterr().out.splitlines()
    assert stored == "3 hits are stored"
    assert journals.endswith("3 records recorded, 1 waiting, 0 in quarantine")
    assert verdict == "journals = hits = counts by recipient = counts by campaign = rollups"


LET_GO_OF_ALL = """
INSERT INTO let_go_hits SELECT campaign_id, journal_id, count(*) FROM hit GROUP BY 1, 2;
UPDATE campaign_clicks SET hits_kept_from = '2099-01-01'
"""


@pytest.mark.usefixtures("journal")
def test_what_was_let_go_of_is_told_beside_what_agrees(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record(database_url, tmp_path)
    execute(database_url, LET_GO_OF_ALL)

    show_reconciliation(database_url, tmp_path)

    stored, journals, let_go, verdict = capsys.readouterr().out.splitlines()
    assert stored == "0 hits are stored"
    assert "3 records recorded" in journals
    assert let_go.startswith("3 hits were let go of, of 1 campaigns with a limit")
    assert verdict.startswith("journals = hits")


@pytest.mark.usefixtures("journal")
@pytest.mark.parametrize(
    ("damage", "told"),
    [
        pytest.param(
            "DELETE FROM hit WHERE position = 0", "recipient 0: 0 hits and 0 clicks", id="hit"
        ),
        pytest.param(
            "UPDATE recipient_clicks SET click_count = 7 WHERE position = 1",
            "recipient 1: 2 hits and 2 clicks are stored, 2 and 7",
            id="count by recipient",
        ),
        pytest.param(
            "UPDATE recipient_clicks SET last_click_at = now() + interval '1 hour'",
            "or their times differ",
            id="time of a click",
        ),
        pytest.param(
            "UPDATE campaign_clicks SET clicker_count = 9",
            "3 hits, 3 clicks and 2 clickers, 3, 3 and 9",
            id="count by campaign",
        ),
        pytest.param(
            "UPDATE quarter_clicks SET click_count = 9",
            "clicks are stored, 3 and 9 counted",
            id="rollup by time",
        ),
        pytest.param(
            "UPDATE trait_clicks SET value = 'KaiOS' WHERE trait = 'os'",
            "os 'Android': 3 hits and 3 clicks are stored, 0 and 0 counted",
            id="value of a trait",
        ),
        pytest.param(
            "DELETE FROM trait_clicks WHERE trait = 'referrer'",
            "referrer '': 3 hits and 3 clicks are stored, 0 and 0 counted",
            id="rollup by trait",
        ),
        pytest.param(
            "INSERT INTO trait_clicks SELECT campaign_id, 'city', 'Pune', 1, 0"
            " FROM campaign_clicks",
            "by city, 4 hits and 3 clicks are counted, 3 and 3 in all",
            id="sum of a trait",
        ),
        pytest.param(
            "INSERT INTO quarter_clicks SELECT campaign_id, '2020-01-01', 1, 1"
            " FROM campaign_clicks",
            "by quarter, 4 hits and 4 clicks are counted, 3 and 3 in all",
            id="time of which hits are gone",
        ),
        pytest.param("DELETE FROM campaign_clicks", "in all: 3 hits are stored", id="all of it"),
        pytest.param(
            "UPDATE journal SET recorded_octets = 0",
            "0 records are noted as recorded, 3 hits are stored",
            id="place in the journal",
        ),
    ],
)
def test_whatever_is_apart_is_told_of(
    database_url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    damage: str,
    told: str,
) -> None:
    record(database_url, tmp_path)
    execute(database_url, damage)

    with pytest.raises(SystemExit) as ended:
        show_reconciliation(database_url, tmp_path)

    assert ended.value.code == 1
    assert told in capsys.readouterr().out
