"""What the recorder makes of a delivery report that comes after the hit was stored."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import asyncpg
import pytest

from services.redirector.recorder.awaiting import Awaited
from services.redirector.recorder.late_reports import LateReports
from services.redirector.recorder.reconciling import reconcile
from services.redirector.recorder.recording import Recorder
from services.redirector.storage.connections import open_pool
from services.redirector.storage.reclassing import LIST_HITS_OF_RECIPIENTS, LOCK_OUT_OTHERS
from shared.domain.messages import MessageStatus
from tests.support.deliveries import deliver, submit
from tests.support.journals import Journal, counts, record_all
from tests.support.links import seed_campaign
from tests.support.mmdb import Value, write_mmdb
from tests.support.rollups import kept_rollups, right_rollups
from tests.support.waiting import until

LAPTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/124.0.0.0 Safari/537.36"
DATA_CENTRE, HOME = "81.2.69.142", "81.3.1.1"
EARLY = ["time:delivery"]
JUDGED = """
SELECT position, click_class, reasons, score FROM hit
ORDER BY position, occurred_at, journal_id, journal_offset
"""
VERSIONS = """
SELECT xmin FROM hit UNION ALL SELECT xmin FROM recipient_clicks
UNION ALL SELECT xmin FROM campaign_clicks UNION ALL SELECT xmin FROM quarter_clicks
UNION ALL SELECT xmin FROM trait_clicks
"""


@pytest.fixture
def networks(tmp_path: Path) -> Path:
    path = tmp_path / "networks.mmdb"
    hosting: Value = {
        "autonomous_system_number": 24940,
        "autonomous_system_organization": "Hetzner Online GmbH",
    }
    write_mmdb(path, {"81.2.69.0/24": hosting}, database_type="Made-ASN")
    return path


async def judged(connection: asyncpg.Connection) -> list[tuple[int, str, list[str], int]]:
    return [tuple(row) for row in await connection.fetch(JUDGED)]


async def record_until_early(
    connection: asyncpg.Connection, recorders: Sequence[Recorder], hit_count: int
) -> None:
    """Record until so many hits are known to have come early."""

    async def are_early() -> bool:
        await asyncio.gather(*map(record_all, recorders))
        early = await connection.fetchval("SELECT count(*) FROM hit WHERE $1 <@ reasons", EARLY)
        assert early <= hit_count
        return bool(early == hit_count)

    await until(are_early)


async def test_a_report_after_the_hit_makes_a_data_centre_a_scanner_and_a_person_stays_one(
    database_url: str,
    connection: asyncpg.Connection,
    tmp_path: Path,
    a_recorder: Callable[..., Recorder],
    networks: Path,
) -> None:
    campaign = await seed_campaign(database_url)
    await submit(connection, campaign)
    journal = Journal(tmp_path)
    journal.add(campaign, 0, address=DATA_CENTRE)
    journal.add(campaign, 1, address=HOME)
    journal.add(campaign, 2, address=DATA_CENTRE)
    recorder = a_recorder(networks=networks, report_interval_s=0)
    await record_all(recorder)
    assert await counts(connection) == (3, 3, 3, 3, 3, 3, 3)

    await deliver(connection, campaign, 0)
    await deliver(connection, campaign, 1, ago=timedelta(days=-3))
    await record_until_early(connection, [recorder], 2)
    journal.close()

    assert await judged(connection) == [
        (0, "scanner", ["network:hosting", "time:delivery"], 70),
        (1, "person", ["time:delivery"], 25),
        (2, "person", ["network:hosting"], 45),
    ]
    assert await counts(connection) == (3, 3, 3, 2, 3, 2, 2)
    spans = "SELECT first_click_at, last_click_at FROM recipient_clicks WHERE position = 0"
    assert tuple(await connection.fetchrow(spans) or ()) == (None, None)
    rollups = await kept_rollups(connection)
    assert rollups == await right_rollups(connection)
    assert rollups[campaign.id, "click_class", "scanner"] == (1, 0)
    assert (await reconcile(database_url, tmp_path / "journal")).differences == []


async def test_a_person_after_a_data_centre_did_not_get_the_link_forwarded(
    database_url: str,
    connection: asyncpg.Connection,
    tmp_path: Path,
    a_recorder: Callable[..., Recorder],
    networks: Path,
) -> None:
    campaign = await seed_campaign(database_url)
    await submit(connection, campaign)
    journal = Journal(tmp_path)
    journal.add(campaign, 0, address=DATA_CENTRE)
    journal.add(campaign, 0, address=HOME, user_agent=LAPTOP)
    recorder = a_recorder(networks=networks, report_interval_s=0)
    await record_all(recorder)
    assert (await judged(connection))[1] == (0, "person", ["forwarded:device"], 0)

    await deliver(connection, campaign, 0)
    await record_until_early(connection, [recorder], 2)
    later = datetime.now(UTC) + timedelta(seconds=9)  # noqa: TID251 - after the delivery
    journal.add(campaign, 0, address=HOME, user_agent=LAPTOP, at=later)
    journal.close()
    await record_all(recorder)

    assert await judged(connection) == [
        (0, "scanner", ["network:hosting", "time:delivery"], 70),
        (0, "person", ["time:delivery"], 25),
        (0, "person", [], 0),
    ]


@pytest.mark.parametrize(
    ("ago", "status"),
    [
        (timedelta(seconds=5), MessageStatus.DELIVERED),
        (timedelta(0), MessageStatus.UNDELIVERED),
    ],
    ids=["seconds after delivery", "never delivered"],
)
async def test_a_hit_that_was_not_early_stays_as_it_was(
    database_url: str,
    connection: asyncpg.Connection,
    tmp_path: Path,
    a_recorder: Callable[..., Recorder],
    ago: timedelta,
    status: MessageStatus,
) -> None:
    campaign = await seed_campaign(database_url)
    await submit(connection, campaign)
    journal = Journal(tmp_path)
    journal.add(campaign, 0)
    journal.add(campaign, 1)
    journal.close()
    recorder = a_recorder(report_interval_s=0)
    await record_all(recorder)
    of_it = "SELECT xmin FROM hit WHERE position = 0"
    before = await connection.fetch(of_it)

    async with connection.transaction():
        await deliver(connection, campaign, 0, ago=ago, status=status)
        await deliver(connection, campaign, 1)
    await record_until_early(connection, [recorder], 1)

    assert await judged(connection) == [(0, "person", [], 0), (1, "person", EARLY, 25)]
    assert await connection.fetch(of_it) == before


async def test_hits_of_many_recipients_on_two_hosts_are_each_weighed_again_once(
    database_url: str,
    connection: asyncpg.Connection,
    tmp_path: Path,
    a_recorder: Callable[..., Recorder],
    networks: Path,
) -> None:
    campaigns = [await seed_campaign(database_url, recipient_count=600) for _ in range(2)]
    recorders = []
    for host in ("a", "b"):
        (tmp_path / host).mkdir()
        journal = Journal(tmp_path / host)
        for campaign in campaigns:
            for position in range(600):
                # Private, so that their number says nothing of their sender.
                journal.add(campaign, position, address="10.0.0.1")
        # So that the classes of some are not as they were, too.
        journal.add(campaigns[0], 7, address=DATA_CENTRE)
        journal.close()
        recorders.append(
            a_recorder(
                batch_hits=500,
                report_interval_s=0,
                networks=networks,
                data_dir=tmp_path / host,
            )
        )
    for campaign in campaigns:
        await submit(connection, campaign)
    await asyncio.gather(*map(record_all, recorders))
    assert await counts(connection) == (2402, 2402, 2402, 2402, 2402, 2402, 1200)

    async with connection.transaction():
        for campaign in campaigns:
            for position in range(600):
                await deliver(connection, campaign, position)
    await record_until_early(connection, recorders, 2402)
    done = await connection.fetch(VERSIONS)
    for _ in range(20):
        await asyncio.gather(*map(record_all, recorders))

    assert await connection.fetch(VERSIONS) == done
    assert await counts(connection) == (2402, 2402, 2402, 2400, 2402, 2400, 1200)
    assert await kept_rollups(connection) == await right_rollups(connection)
    for host in ("a", "b"):
        assert (await reconcile(database_url, tmp_path / host / "journal")).differences == []


async def test_while_another_reclassifies_hits_are_recorded_and_weighed_again_afterwards(
    database_url: str,
    connection: asyncpg.Connection,
    tmp_path: Path,
    a_recorder: Callable[..., Recorder],
) -> None:
    campaign = await seed_campaign(database_url)
    await submit(connection, campaign)
    journal = Journal(tmp_path)
    journal.add(campaign, 0)
    recorder = a_recorder(report_interval_s=0)
    await record_all(recorder)

    async with connection.transaction():
        await connection.execute(LOCK_OUT_OTHERS)
        other = await asyncpg.connect(database_url)
        await deliver(other, campaign, 0)
        await other.close()
        for position in (1, 2):
            journal.add(campaign, position)
            await record_all(recorder)
        meanwhile = await judged(connection)
    await record_until_early(connection, [recorder], 1)
    journal.close()

    assert meanwhile == [(position, "person", [], 0) for position in range(3)]
    assert (await judged(connection))[0] == (0, "person", EARLY, 25)


async def test_who_cannot_be_delivered_any_more_is_not_waited_for(
    database_url: str, connection: asyncpg.Connection
) -> None:
    campaigns = [await seed_campaign(database_url) for _ in range(3)]
    await submit(connection, campaigns[0])
    await deliver(connection, campaigns[1], 0)
    awaited = Awaited()
    for campaign in campaigns:
        awaited.note(campaign.id, 1, datetime.now(UTC))  # noqa: TID251 - as hits are
    pool = await open_pool(database_url, application="test", size=1, statement_timeout_s=5)
    forgotten: list[list[tuple[int, int]]] = []

    await LateReports(pool, awaited, forgotten.append).weigh_due(is_idle=True)
    await pool.close()

    assert awaited.list_campaigns() == [campaigns[0].id]
    assert len(awaited) == 1
    assert forgotten == []


def test_no_more_recipients_are_waited_for_than_there_is_room_and_the_oldest_go_first() -> None:
    awaited = Awaited(kept_recipients=3)
    at = partial(datetime, 2026, 11, 25, tzinfo=UTC)

    for campaign, position, hour in (
        (7, 0, 1),
        (8, 0, 2),
        (7, 1, 5),
        (8, 1, 3),
        (7, 1, 4),
        (7, 1, 6),
        (8, 2, 7),
    ):
        awaited.note(campaign, position, at(hour))

    assert awaited.list_campaigns() == [8]
    assert awaited.list_recipients([8]) == [(8, 0), (8, 1), (8, 2)]
    assert (awaited.take(8, 1), len(awaited)) == (at(3), 2)
    awaited.forget_campaign(8)
    assert (awaited.list_campaigns(), len(awaited)) == ([], 0)


def test_of_the_hits_of_a_recipient_the_earliest_counts() -> None:
    awaited = Awaited()
    at = partial(datetime, 2026, 11, 25, tzinfo=UTC)

    for hour in (5, 4, 6):
        awaited.note(7, 1, at(hour))

    assert awaited.take(7, 1) == at(4)
    assert len(awaited) == 0


async def test_hits_of_recipients_are_found_by_their_keys(
    database_url: str, connection: asyncpg.Connection
) -> None:
    await seed_campaign(database_url)
    at = datetime.now(UTC)  # noqa: TID251 - within the months that there are

    plan = await connection.fetch(
        f"EXPLAIN {LIST_HITS_OF_RECIPIENTS}", 1, at, -1, -1, [1, 2], 1000
    )

    text = "\n".join(row[0] for row in plan)
    assert "campaign_id_position_occurred_at_idx" in text
    assert "hit_pkey" not in text
    assert "Seq Scan" not in text
