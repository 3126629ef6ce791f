import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from services.redirector.recorder.reclassing import Progress, Reclassing, UnknownCampaignError
from services.redirector.recorder.recording import Recorder
from services.redirector.storage.connections import Pool, open_pool
from tests.support.journals import CRAWLER, PHONE, Journal, counts, record_all
from tests.support.links import SeededCampaign, seed_campaign

LAPTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/124.0.0.0 Safari/537.36"
STATE = """
SELECT position, occurred_at, click_class, reasons, score FROM hit
ORDER BY campaign_id, occurred_at, journal_id, journal_offset
"""
KEPT = """
SELECT campaign_id, position, hit_count, click_count, first_click_at, last_click_at
FROM recipient_clicks ORDER BY 1, 2
"""
# As rules would have had it that knew no machine but HEAD, and took laptops for machines.
CLASS_BADLY = """
UPDATE hit SET reasons = '{old:rule}', score = 1,
    click_class = CASE WHEN user_agent LIKE '%Windows%' THEN 'scanner' ELSE 'person' END
"""
COUNT_RECIPIENTS_BADLY = """
UPDATE recipient_clicks AS kept SET
    click_count = hits.click_count, first_click_at = hits.first_at, last_click_at = hits.last_at
FROM (
    SELECT campaign_id, position,
           count(*) FILTER (WHERE click_class = 'person') AS click_count,
           min(occurred_at) FILTER (WHERE click_class = 'person') AS first_at,
           max(occurred_at) FILTER (WHERE click_class = 'person') AS last_at
    FROM hit GROUP BY 1, 2
) AS hits
WHERE hits.campaign_id = kept.campaign_id AND hits.position = kept.position
"""
COUNT_CAMPAIGNS_BADLY = """
UPDATE campaign_clicks AS kept SET
    click_count = sums.click_count, clicker_count = sums.clicker_count
FROM (
    SELECT campaign_id, sum(click_count) AS click_count,
           count(*) FILTER (WHERE click_count > 0) AS clicker_count
    FROM recipient_clicks GROUP BY 1
) AS sums
WHERE sums.campaign_id = kept.campaign_id
"""


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    pool = await open_pool(database_url, application="test", size=4, statement_timeout_s=10)
    yield pool
    await pool.close()


async def class_badly(connection: asyncpg.Connection) -> None:
    async with connection.transaction():
        await connection.execute(CLASS_BADLY)
        await connection.execute(COUNT_RECIPIENTS_BADLY)
        await connection.execute(COUNT_CAMPAIGNS_BADLY)


async def state(connection: asyncpg.Connection) -> list[list[asyncpg.Record]]:
    campaigns = "SELECT * FROM campaign_clicks ORDER BY campaign_id"
    return [await connection.fetch(query) for query in (STATE, KEPT, campaigns)]


async def record_mixed(
    tmp_path: Path, recorder: Recorder, campaigns: list[SeededCampaign]
) -> None:
    journal = Journal(tmp_path)
    for campaign in campaigns:
        for user_agent in (CRAWLER, PHONE, LAPTOP, CRAWLER, PHONE):
            journal.add(campaign, 0, user_agent=user_agent)
        journal.add(campaign, 0, method="HEAD")
        journal.add(campaign, 1, user_agent=CRAWLER)
        journal.add(campaign, 2, user_agent=LAPTOP)
        journal.add(campaign, 2, user_agent="")
    journal.close()
    await record_all(recorder)


@pytest.mark.parametrize("batch_hits", [1, 2, 1000])
async def test_hits_that_older_rules_classed_are_and_count_as_if_recorded_now(
    database_url: str,
    connection: asyncpg.Connection,
    pool: Pool,
    tmp_path: Path,
    a_recorder: Callable[..., Recorder],
    batch_hits: int,
) -> None:
    campaigns = [await seed_campaign(database_url) for _ in range(2)]
    await record_mixed(tmp_path, a_recorder(), campaigns)
    right = await state(connection)
    await class_badly(connection)
    assert await state(connection) != right
    reclassing = Reclassing(pool, batch_hits=batch_hits)

    await reclassing.reclass_all()

    assert await state(connection) == right
    assert reclassing.progress.hit_count == reclassing.progress.changed_count == 18
    assert dict(reclassing.progress.moves) == {
        ("person", "preview"): 6,
        ("person", "head"): 2,
        ("person", "unknown"): 2,
        ("scanner", "person"): 4,
    }


async def test_what_is_right_already_stays_untouched(
    database_url: str,
    connection: asyncpg.Connection,
    pool: Pool,
    tmp_path: Path,
    a_recorder: Callable[..., Recorder],
) -> None:
    await record_mixed(tmp_path, a_recorder(), [await seed_campaign(database_url)])
    versions = "SELECT xmin FROM hit UNION ALL SELECT xmin FROM recipient_clicks"
    before = await connection.fetch(versions)
    reclassing = Reclassing(pool)

    await reclassing.reclass_all()

    assert await connection.fetch(versions) == before
    assert (reclassing.progress.hit_count, reclassing.progress.changed_count) == (9, 0)


async def test_a_dry_run_tells_and_changes_nothing(
    database_url: str,
    connection: asyncpg.Connection,
    pool: Pool,
    tmp_path: Path,
    a_recorder: Callable[..., Recorder],
) -> None:
    await record_mixed(tmp_path, a_recorder(), [await seed_campaign(database_url)])
    await class_badly(connection)
    before = await state(connection)
    reclassing = Reclassing(pool, is_dry_run=True)

    await reclassing.reclass_all()

    assert await state(connection) == before
    assert reclassing.progress.moves["scanner", "person"] == 2
    assert reclassing.progress.changed_count == 9


async def test_one_campaign_alone_can_be_reclassed(
    database_url: str,
    connection: asyncpg.Connection,
    pool: Pool,
    tmp_path: Path,
    a_recorder: Callable[..., Recorder],
) -> None:
    campaigns = [await seed_campaign(database_url) for _ in range(2)]
    await record_mixed(tmp_path, a_recorder(), campaigns)
    await class_badly(connection)

    await Reclassing(pool).reclass_campaign(campaigns[1].uuid)

    rows = await connection.fetch(
        "SELECT campaign_id, bool_or(reasons = '{old:rule}') FROM hit GROUP BY 1 ORDER BY 1"
    )
    assert [tuple(row) for row in rows] == [(campaigns[0].id, True), (campaigns[1].id, False)]


async def test_it_goes_on_from_the_campaign_where_it_stopped(
    database_url: str,
    connection: asyncpg.Connection,
    pool: Pool,
    tmp_path: Path,
    a_recorder: Callable[..., Recorder],
) -> None:
    campaigns = [await seed_campaign(database_url) for _ in range(3)]
    await record_mixed(tmp_path, a_recorder(), campaigns)
    await class_badly(connection)
    reclassing = Reclassing(pool)

    await reclassing.reclass_all(from_campaign=campaigns[1].uuid)

    assert reclassing.progress.hit_count == 18
    assert reclassing.progress.campaign == campaigns[2].uuid


async def test_hits_before_a_date_are_left_alone(
    database_url: str,
    connection: asyncpg.Connection,
    pool: Pool,
    tmp_path: Path,
    a_recorder: Callable[..., Recorder],
) -> None:
    await record_mixed(tmp_path, a_recorder(), [await seed_campaign(database_url)])
    times = [row["occurred_at"] for row in await connection.fetch(STATE)]
    late = Reclassing(pool, since=times[4])
    never = Reclassing(pool, since=datetime(2999, 1, 1, tzinfo=UTC))

    await late.reclass_all()
    await never.reclass_all()

    assert (late.progress.hit_count, never.progress) == (
        5,
        Progress(campaign=never.progress.campaign),
    )


async def test_an_unknown_campaign_is_refused(pool: Pool) -> None:
    with pytest.raises(UnknownCampaignError):
        await Reclassing(pool).reclass_campaign(uuid.uuid4())


async def test_networks_are_judged_anew_and_what_cannot_be_told_any_more_is_kept(
    database_url: str,
    connection: asyncpg.Connection,
    pool: Pool,
    tmp_path: Path,
    a_recorder: Callable[..., Recorder],
) -> None:
    journal = Journal(tmp_path)
    journal.add(await seed_campaign(database_url), 0)
    journal.close()
    await record_all(a_recorder())
    await connection.execute(
        "UPDATE hit SET reasons = '{sender:burst,forwarded:device,time:reset}',"
        " as_organisation = 'Hetzner Online GmbH'"
    )

    await Reclassing(pool).reclass_all()

    hit = await connection.fetchrow("SELECT click_class, reasons, score FROM hit")
    assert tuple(hit or ()) == ("scanner", ["network:hosting", "sender:burst", "time:reset"], 85)


async def test_clicks_of_months_that_were_dropped_still_count(
    database_url: str,
    connection: asyncpg.Connection,
    pool: Pool,
    tmp_path: Path,
    a_recorder: Callable[..., Recorder],
) -> None:
    await record_mixed(tmp_path, a_recorder(), [await seed_campaign(database_url)])
    earlier = datetime(2026, 1, 1, tzinfo=UTC)
    await class_badly(connection)
    await connection.execute(
        "UPDATE recipient_clicks SET click_count = click_count + 1, first_click_at = $1", earlier
    )

    await Reclassing(pool).reclass_all()

    kept = await connection.fetch("SELECT click_count, first_click_at FROM recipient_clicks")
    assert sorted(tuple(row) for row in kept) == [(1, earlier), (2, earlier), (4, earlier)]


async def test_counts_stay_right_while_recorders_work_and_two_reclass_at_once(
    database_url: str,
    connection: asyncpg.Connection,
    pool: Pool,
    tmp_path: Path,
    a_recorder: Callable[..., Recorder],
) -> None:
    campaign = await seed_campaign(database_url, recipient_count=5)
    journal, agents = Journal(tmp_path), (PHONE, CRAWLER, LAPTOP)
    for number in range(300):
        journal.add(campaign, number % 5, user_agent=agents[number % 3])
    await record_all(a_recorder())
    await class_badly(connection)
    for number in range(600):
        journal.add(campaign, number % 5, user_agent=agents[number % 3])
    journal.close()

    await asyncio.gather(
        record_all(a_recorder(batch_hits=7)),
        Reclassing(pool, batch_hits=13).reclass_all(),
        Reclassing(pool, batch_hits=17).reclass_all(),
    )

    assert await counts(connection) == (900, 900, 900, 600, 900, 600, 5)
    spans = await connection.fetch(
        """
        SELECT kept.first_click_at = min(occurred_at) AND kept.last_click_at = max(occurred_at)
        FROM hit JOIN recipient_clicks AS kept USING (campaign_id, position)
        WHERE click_class = 'person' GROUP BY position, kept.first_click_at, kept.last_click_at
        """
    )
    assert [row[0] for row in spans] == [True] * 5
