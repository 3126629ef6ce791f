"""Whatever is recorded, classed anew or counted anew: rollups are what the raw hits come to."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.redirector.recorder.locating import Locator
from services.redirector.recorder.reclassing import EARLIEST, Reclassing
from services.redirector.recorder.recording import Recorder
from services.redirector.recorder.recounting import Change, change_and_recount
from services.redirector.recorder.rolling_up import RollingUp, roll_up_all
from services.redirector.recorder.storing import store
from services.redirector.storage.connections import Connection, Pool, open_pool
from services.redirector.storage.hits import HitRow
from services.redirector.storage.reclassing import HitKey, list_hits, lock_out_others
from services.redirector.storage.rolling_up import correct_rollups
from services.redirector.storage.rollup_differences import list_rollup_differences
from shared.domain.clicks import ClickClass
from tests.support.database import DatabaseServer
from tests.support.journals import CRAWLER, PHONE, Journal, record_all
from tests.support.links import seed_campaign
from tests.support.rollups import A_HIT, HOSTS_BY_REFERRER, kept_rollups, right_rollups
from tests.support.waiting import until

# Postgres takes no NUL, so such a hit is refused, and with it the batch at first.
REFUSED = "https://refused.example/\0"
CLASSES = [click_class.value for click_class in ClickClass]
CAMPAIGNS = 3
WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
# Of times, to be moved into the month that partitions begin with.
START = datetime(2000, 1, 1)  # noqa: DTZ001 - as hypothesis draws them


@dataclass(frozen=True, slots=True)
class Store:
    """A database, and a loop to ask it in; what is done there is undone afterwards."""

    runner: asyncio.Runner
    pool: Pool
    first_campaign: int
    month: datetime


@pytest.fixture(scope="module")
def kept(postgres_server: DatabaseServer) -> Iterator[Store]:
    with postgres_server.migrated_database() as url, asyncio.Runner() as runner:
        pool = runner.run(open_pool(url, application="test", size=1, statement_timeout_s=10))
        first = runner.run(pool.fetchval("SELECT next_campaign_id()"))
        month = runner.run(pool.fetchval("SELECT date_trunc('month', now())"))
        yield Store(runner, pool, first, month)
        runner.run(pool.close())


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    pool = await open_pool(database_url, application="test", size=8, statement_timeout_s=10)
    yield pool
    await pool.close()


def one_of(*values: str | None) -> st.SearchStrategy[str | None]:
    return st.sampled_from(values)


hits = st.builds(
    A_HIT._replace,
    campaign_id=st.integers(0, CAMPAIGNS - 1),
    position=st.integers(0, 4),
    occurred_at=st.datetimes(START, START + timedelta(hours=2))
    | st.integers(0, 96).map(lambda number: START + number * timedelta(minutes=15)),
    click_class=st.sampled_from(CLASSES),
    country=one_of(None, "", "IN", "NP"),
    region=one_of(None, "", "Punjab", "Delhi"),
    city=one_of(None, "", "Delhi", "x" * 250, "x" * 251),
    browser=one_of(None, "Chrome Mobile", "ब्राउज़र" * 40),
    os=one_of(None, "", "Android"),
    device_type=st.sampled_from(["mobile", "unknown"]),
    device=one_of(None, "K", "k"),
    referrer=one_of(*HOSTS_BY_REFERRER, REFUSED),
)


@given(st.lists(st.lists(hits, min_size=1, max_size=12), max_size=5), st.data())
def test_any_hits_in_any_batches_classed_anew_at_will_are_counted_as_they_are_stored(
    kept: Store, batches: list[list[HitRow]], data: st.DataObject
) -> None:
    placed = _place(kept, batches)
    stored = [hit for batch in placed for hit in batch if hit.referrer != REFUSED]
    classes = data.draw(
        st.lists(st.sampled_from(CLASSES), min_size=len(stored), max_size=len(stored))
    )
    changes = [
        Change(hit, hit._replace(click_class=click_class))
        for hit, click_class in zip(stored, classes, strict=True)
    ]

    async def check() -> None:
        async with kept.pool.acquire() as connection:
            undone = connection.transaction()
            await undone.start()
            refusals = [len(await store(connection, batch)) for batch in placed]
            assert await kept_rollups(connection) == await right_rollups(connection)
            assert sum(refusals) == sum(map(len, placed)) - len(stored)
            await _change(connection, changes)
            await _check(connection)
            await undone.rollback()

    kept.runner.run(check())


def _place(kept: Store, batches: Sequence[Sequence[HitRow]]) -> list[list[HitRow]]:
    """Return hits at places of their own in a journal, of campaigns and times that can be."""
    return [
        [
            hit._replace(
                campaign_id=kept.first_campaign + hit.campaign_id,
                occurred_at=kept.month + (hit.occurred_at - START),
                journal_offset=1_000 * number + offset,
            )
            for offset, hit in enumerate(batch)
        ]
        for number, batch in enumerate(batches)
    ]


async def _change(connection: Connection, changes: Sequence[Change]) -> None:
    for campaign_id in sorted({change.new.campaign_id for change in changes}):
        of_campaign = [change for change in changes if change.new.campaign_id == campaign_id]
        await change_and_recount(connection, campaign_id, of_campaign)


async def _check(connection: Connection) -> None:
    """Hold rollups to hits by three ways of counting these."""
    right = await right_rollups(connection)
    assert await kept_rollups(connection) == right
    assert await list_rollup_differences(connection, limit=10) == []
    for campaign_id in {key[0] for key in right}:
        assert await correct_rollups(connection, campaign_id) == 0


@pytest.mark.parametrize("referrer", HOSTS_BY_REFERRER, ids=repr)
def test_of_a_referrer_the_host_is_counted(kept: Store, referrer: str | None) -> None:
    hit = A_HIT._replace(referrer=referrer, occurred_at=START, campaign_id=0)

    async def host() -> object:
        async with kept.pool.acquire() as connection:
            undone = connection.transaction()
            await undone.start()
            assert await store(connection, _place(kept, [[hit]])[0]) == []
            found = await connection.fetchval(
                "SELECT value FROM trait_clicks WHERE trait = 'referrer'"
            )
            await undone.rollback()
            return found

    assert kept.runner.run(host()) == HOSTS_BY_REFERRER[referrer]


DAMAGES = {
    "none": "SELECT",
    "wrong counts": "UPDATE quarter_clicks SET hit_count = hit_count + 1",
    "no rollups": "WITH gone AS (DELETE FROM quarter_clicks) DELETE FROM trait_clicks",
    "too many rows": "INSERT INTO trait_clicks SELECT campaign_id, 'city', 'Pune', 1, 0"
    " FROM campaign_clicks",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
async def test_counting_anew_makes_rollups_right_and_leaves_alone_what_is(
    database_url: str, connection: asyncpg.Connection, tmp_path: Path, pool: Pool, damage: str
) -> None:
    await _record(database_url, pool, tmp_path)
    right = await right_rollups(connection)
    await connection.execute(damage)
    apart = set(right.items()) ^ set((await kept_rollups(connection)).items())

    first = await roll_up_all(pool)
    versions = await connection.fetch("SELECT xmin FROM trait_clicks ORDER BY trait, value")
    second = await roll_up_all(pool)

    assert await kept_rollups(connection) == right
    assert (first.campaign_count, first.corrected_count) == (1, len({key for key, _ in apart}))
    assert second == RollingUp(campaign_count=1)
    again = await connection.fetch("SELECT xmin FROM trait_clicks ORDER BY trait, value")
    assert again == versions


async def test_rollups_outlive_the_months_of_hits_that_are_dropped(
    database_url: str, connection: asyncpg.Connection, tmp_path: Path, pool: Pool
) -> None:
    await _record(database_url, pool, tmp_path)
    right = await kept_rollups(connection)
    month = await connection.fetchval("SELECT tableoid::regclass::text FROM hit LIMIT 1")
    await connection.execute(f"DROP TABLE {month}")

    done = await roll_up_all(pool)

    assert done == RollingUp(kept_count=1)
    assert await kept_rollups(connection) == right
    async with connection.transaction():
        assert await list_rollup_differences(connection, limit=10) == []


async def test_rollups_stay_right_while_hosts_record_and_others_class_and_count_anew(
    database_url: str, connection: asyncpg.Connection, tmp_path: Path, pool: Pool
) -> None:
    campaigns = [await seed_campaign(database_url, recipient_count=5) for _ in range(3)]
    recorders = []
    for host in ("a", "b"):
        (tmp_path / host).mkdir()
        journal = Journal(tmp_path / host)
        for number in range(600):
            agent = (PHONE, CRAWLER)[number % 2]
            headers = f"referer: https://{number % 4}.example/\r\n"
            journal.add(campaigns[number % 3], number % 5, user_agent=agent, headers=headers)
        journal.close()
        recorders.append(Recorder(pool, tmp_path / host / "journal", Locator(None), batch_hits=7))
    for _ in range(40):
        await recorders[0].record_batches()
    await _class_badly(pool, [campaign.id for campaign in campaigns])
    assert await kept_rollups(connection) == await right_rollups(connection)

    await asyncio.gather(
        *map(record_all, recorders),
        *(Reclassing(pool, batch_hits=size).reclass_all() for size in (7, 13)),
        *(roll_up_all(pool) for _ in range(3)),
    )

    right = await right_rollups(connection)
    assert await kept_rollups(connection) == right
    assert [right[campaign.id, "os", "Android"] for campaign in campaigns] == [(200, 200)] * 3
    async with connection.transaction():
        assert await list_rollup_differences(connection, limit=10) == []


async def test_counting_anew_waits_for_a_class_that_is_being_changed(
    database_url: str, connection: asyncpg.Connection, tmp_path: Path, pool: Pool
) -> None:
    await _record(database_url, pool, tmp_path)
    async with pool.acquire() as reclassing, reclassing.transaction():
        await lock_out_others(reclassing)
        campaign_id = await reclassing.fetchval("SELECT campaign_id FROM campaign_clicks")
        hits = await list_hits(reclassing, campaign_id, after=HitKey(EARLIEST, -1, -1), limit=100)
        # No click comes or goes, so no count but the rollups' changes.
        changes = [
            Change(hit, hit._replace(click_class="scanner"))
            for hit in hits
            if hit.click_class == "preview"
        ]
        await change_and_recount(reclassing, campaign_id, changes)
        counting = asyncio.create_task(roll_up_all(pool))

        async def is_waiting() -> bool:
            return bool(await connection.fetchval(WAITING))

        await until(is_waiting)

    assert await counting == RollingUp(campaign_count=1)
    right = await right_rollups(connection)
    assert right[campaign_id, "click_class", "scanner"] == (4, 0)
    assert await kept_rollups(connection) == right


async def _class_badly(pool: Pool, campaign_ids: Sequence[int]) -> None:
    """Take all persons for crawlers, and crawlers for persons."""
    async with pool.acquire() as connection, connection.transaction():
        for campaign_id in campaign_ids:
            hits = await list_hits(
                connection, campaign_id, after=HitKey(EARLIEST, -1, -1), limit=10_000
            )
            await change_and_recount(
                connection,
                campaign_id,
                [
                    Change(
                        hit,
                        hit._replace(
                            click_class="preview" if hit.click_class == "person" else "person"
                        ),
                    )
                    for hit in hits
                ],
            )


async def _record(database_url: str, pool: Pool, tmp_path: Path) -> None:
    """Record hits of several kinds."""
    campaign = await seed_campaign(database_url)
    journal = Journal(tmp_path)
    for number in range(12):
        agent = (PHONE, CRAWLER, "")[number % 3]
        headers = f"referer: https://{number % 2}.example/\r\n"
        journal.add(campaign, number % 3, user_agent=agent, headers=headers)
    journal.close()
    await record_all(Recorder(pool, tmp_path / "journal", Locator(None)))
