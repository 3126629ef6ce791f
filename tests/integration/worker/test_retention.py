"""Visits and addresses go when their account wants it; what was counted of them stays."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.redirector.recorder.reclassing import Reclassing
from services.redirector.recorder.rolling_up import RollingUp, roll_up_all
from services.redirector.storage.connections import Pool, open_pool
from services.worker.retention import keep_to_limits
from services.worker.storage import letting_go, truncating
from services.worker.upkeep import keep_up
from shared.clock import SystemClock
from shared.domain.request_heads import MAX_HEAD_OCTETS
from shared.schema.grants import Service
from tests.support.journals import BROWSER_HEADERS
from tests.support.links import seed_campaign
from tests.support.retention import (
    a_host,
    counted,
    keep_trying,
    limit,
    reconciled,
    stored,
)
from tests.support.roles import engine_as

NOW = SystemClock().now()
# Past the month after this one, so that what is recorded now is past one month of keeping.
LATER = (NOW + timedelta(days=70)).replace(hour=12)
MONTHS = """
SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'hit'::regclass ORDER BY 1
"""
ADDRESSES = """
SELECT host(address), masklen(address), request_head FROM hit WHERE campaign_id = $1
ORDER BY journal_offset
"""
VERSIONS = "SELECT xmin FROM hit UNION ALL SELECT xmin FROM campaign_clicks"
WAYS_IN = (
    "x-forwarded-for: 8.8.4.123\r\nforwarded: for=8.8.4.123\r\ncf-connecting-ip: 8.8.4.123\r\n"
)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    pool = await open_pool(database_url, application="test", size=10, statement_timeout_s=20)
    yield pool
    await pool.close()


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def test_a_month_that_every_account_lets_go_is_dropped_and_all_counts_stay(
    engine: AsyncEngine,
    database_url: str,
    connection: asyncpg.Connection,
    pool: Pool,
    tmp_path: Path,
) -> None:
    campaigns = [await seed_campaign(database_url, account=name) for name in ("acme", "beta")]
    host = a_host(pool, tmp_path)
    await host.record(campaigns)
    before = await counted(connection)
    months = [row[0] for row in await connection.fetch(MONTHS)]
    for account in ("acme", "beta"):
        await limit(engine, account, months=1)

    await keep_to_limits(engine_as(Service.WORKER, engine), now=NOW)
    assert [row[0] for row in await connection.fetch(MONTHS)] == months
    await keep_to_limits(engine_as(Service.WORKER, engine), now=LATER)

    left = [row[0] for row in await connection.fetch(MONTHS)]
    assert months[0] not in left
    assert left == months[-len(left) :]
    assert await counted(connection) == before
    assert await stored(connection) == {}
    assert await roll_up_all(pool) == RollingUp(kept_count=2)
    assert await counted(connection) == before
    found = await reconciled(database_url, host)
    assert (found.hits, found.let_go, found.marked_campaigns) == (0, 24, 2)
    assert found.differences == []


async def test_one_account_lets_go_of_its_visits_and_another_keeps_them(
    engine: AsyncEngine,
    database_url: str,
    connection: asyncpg.Connection,
    pool: Pool,
    tmp_path: Path,
) -> None:
    gone = await seed_campaign(database_url, account="acme")
    kept = await seed_campaign(database_url, account="beta")
    host = a_host(pool, tmp_path)
    await host.record([gone, kept], hits=30)
    await limit(engine, "acme", months=1)
    before = await counted(connection)
    months = await connection.fetch(MONTHS)

    await keep_to_limits(engine_as(Service.WORKER, engine), now=LATER, deleted_hits=7)

    assert await stored(connection) == {kept.id: 30}
    assert await counted(connection) == before
    assert await connection.fetch(MONTHS) == months
    # Hits that were late are counted, and one of a time that is kept is stored, too.
    host.journal.add(gone, 2)
    host.journal.add(gone, 0, at=LATER)
    await host.record([])
    assert await stored(connection) == {kept.id: 30, gone.id: 1}
    total = "SELECT hit_count, click_count FROM campaign_clicks WHERE campaign_id = $1"
    assert tuple(await connection.fetchrow(total, gone.id) or ()) == (32, 17)
    # Nothing of it is written from the one hit that is left.
    after = await counted(connection)
    assert (await roll_up_all(pool)).kept_count == 1
    reclassing = Reclassing(pool)
    await reclassing.reclass_all()
    assert (reclassing.progress.hit_count, reclassing.progress.changed_count) == (31, 0)
    assert await counted(connection) == after
    found = await reconciled(database_url, host)
    assert (found.hits, found.let_go, found.marked_campaigns) == (31, 31, 1)
    assert found.differences == []
    # A round with nothing to do writes nothing.
    versions = await connection.fetch(VERSIONS)
    await keep_to_limits(engine_as(Service.WORKER, engine), now=LATER)
    assert await connection.fetch(VERSIONS) == versions


DAMAGES = {
    "a kept hit": (
        "DELETE FROM hit",
        "0 hits are stored and 12 were let go of, 13 are counted",
    ),
    "a note of what was let go of": (
        "UPDATE let_go_hits SET hit_count = 11",
        "1 hits are stored and 11 were let go of, 13 are counted",
    ),
    "a count below what is kept": (
        "UPDATE recipient_clicks SET hit_count = 0 WHERE position = 0",
        "recipient 0: 1 hits and 1 clicks are stored, 0 and",
    ),
    "a quarter that is kept": (
        "UPDATE quarter_clicks SET hit_count = hit_count + 1 WHERE quarter > now()",
        "1 hits and 1 clicks are stored, 2 and 1 counted",
    ),
    "a quarter that is not": (
        "UPDATE quarter_clicks SET hit_count = hit_count + 1 WHERE quarter < now()",
        "by quarter, 14 hits",
    ),
    "a trait": (
        "UPDATE trait_clicks SET hit_count = hit_count + 1 WHERE trait = 'device_type'",
        "by device_type, ",
    ),
}


async def test_what_can_still_be_proven_of_visits_that_were_let_go_is(
    engine: AsyncEngine,
    database_url: str,
    connection: asyncpg.Connection,
    pool: Pool,
    tmp_path: Path,
) -> None:
    campaign = await seed_campaign(database_url)
    host = a_host(pool, tmp_path)
    await host.record([campaign])
    host.journal.add(campaign, 0, at=LATER)
    await host.record([])
    await limit(engine, "acme", months=1)
    await keep_to_limits(engine_as(Service.WORKER, engine), now=LATER)
    assert (await reconciled(database_url, host)).differences == []

    for name, (damage, told) in DAMAGES.items():
        tables = ("hit", "let_go_hits", "recipient_clicks", "quarter_clicks", "trait_clicks")
        for table in tables:
            await connection.execute(f"CREATE TABLE saved_{table} AS TABLE {table}")
        assert not (await connection.execute(damage)).endswith(" 0"), name

        differences = (await reconciled(database_url, host)).differences

        assert any(told in difference for difference in differences), (name, differences)
        for table in tables:
            await connection.execute(f"TRUNCATE {table}")
            await connection.execute(f"INSERT INTO {table} TABLE saved_{table}")
            await connection.execute(f"DROP TABLE saved_{table}")


async def test_addresses_are_truncated_wherever_they_are_and_classes_stay(
    engine: AsyncEngine,
    database_url: str,
    connection: asyncpg.Connection,
    pool: Pool,
    tmp_path: Path,
) -> None:
    campaign = await seed_campaign(database_url, recipient_count=60)
    other = await seed_campaign(database_url, account="beta")
    host = a_host(pool, tmp_path)
    # 25 people of one network, no burst; a burst of one address; and of many in one /64.
    for number in range(25):
        host.journal.add(
            campaign, number, address=f"8.8.4.{number}", headers=BROWSER_HEADERS + WAYS_IN
        )
        host.journal.add(campaign, 25 + number, address="9.9.9.9")
    host.journal.add(campaign, 50, address="2606:4700:4700:1::1111")
    host.journal.add(campaign, 51, headers=WAYS_IN + "x-long: " + "x" * MAX_HEAD_OCTETS)
    host.journal.add(other, 0, address="8.8.4.123")
    await host.record([])
    reasons = "SELECT journal_offset, click_class, reasons, score FROM hit ORDER BY 1"
    before = await connection.fetch(reasons)
    assert sum("sender:burst" in row["reasons"] for row in before) == 25
    await limit(engine, "acme", days=0)

    await keep_to_limits(
        engine_as(Service.WORKER, engine), now=SystemClock().now(), truncated_hits=5
    )

    hits = [tuple(row) for row in await connection.fetch(ADDRESSES, campaign.id)]
    assert {hit[:2] for hit in hits} == {
        ("8.8.4.0", 24),
        ("9.9.9.0", 24),
        ("2606:4700:4700::", 48),
        ("81.2.69.0", 24),
    }
    assert not any("8.8.4" in head for *_, head in hits)
    assert len(hits[-1][2]) == MAX_HEAD_OCTETS
    [kept] = await connection.fetch(ADDRESSES, other.id)
    assert tuple(kept)[:2] == ("8.8.4.123", 32)
    reclassing = Reclassing(pool, batch_hits=9)
    await reclassing.reclass_all()
    assert (reclassing.progress.hit_count, reclassing.progress.changed_count) == (53, 0)
    assert await connection.fetch(reasons) == before
    versions = await connection.fetch(VERSIONS)
    await keep_to_limits(engine_as(Service.WORKER, engine), now=SystemClock().now())
    assert await connection.fetch(VERSIONS) == versions


async def test_addresses_of_hits_that_came_late_or_at_one_time_are_truncated_too(
    engine: AsyncEngine,
    database_url: str,
    connection: asyncpg.Connection,
    pool: Pool,
    tmp_path: Path,
) -> None:
    campaign = await seed_campaign(database_url)
    host = a_host(pool, tmp_path)
    await limit(engine, "acme", days=1)
    at = NOW.replace(microsecond=0)
    whole = "SELECT count(*) FROM hit WHERE masklen(address) = 32"
    for _ in range(12):
        host.journal.add(campaign, 0, at=at)
    host.journal.add(campaign, 0, at=at + timedelta(days=2))
    await host.record([])

    await keep_to_limits(
        engine_as(Service.WORKER, engine), now=at + timedelta(days=1, seconds=1), truncated_hits=5
    )
    assert await connection.fetchval(whole) == 1
    host.journal.add(campaign, 1, at=at - timedelta(seconds=1) if at.day > 1 else at)
    await host.record([])
    assert await connection.fetchval(whole) == 2
    await keep_to_limits(engine_as(Service.WORKER, engine), now=at + timedelta(days=1, seconds=1))
    assert await connection.fetchval(whole) == 1
    # Neither is the last one by its own time, nor does any round read what is truncated.
    await keep_to_limits(engine_as(Service.WORKER, engine), now=at + timedelta(days=3, seconds=1))
    assert await connection.fetchval(whole) == 0
    assert await connection.fetchval("SELECT whole_addresses_from FROM campaign_clicks") is None


async def test_nothing_is_lost_or_doubled_while_all_are_at_work(
    engine: AsyncEngine,
    database_url: str,
    connection: asyncpg.Connection,
    pool: Pool,
    tmp_path: Path,
) -> None:
    accounts = {"months": {"months": 1}, "days": {"days": 0}, "both": {"months": 1, "days": 0}}
    campaigns = [
        await seed_campaign(database_url, account=account)
        for account in (*accounts, "none")
        for _ in range(2)
    ]
    for account, of_account in accounts.items():
        await limit(engine, account, **of_account)
    hosts = [a_host(pool, tmp_path / name, batch_hits=9) for name in ("a", "b")]
    for host in hosts:
        await host.record(campaigns, hits=6)

    async def let_go() -> None:
        for _ in range(4):
            await keep_trying(engine, LATER)

    await asyncio.gather(
        *(host.record(campaigns, hits=36) for host in hosts),
        *(let_go() for _ in range(2)),
        *(Reclassing(pool, batch_hits=size).reclass_all() for size in (7, 13)),
        *(roll_up_all(pool) for _ in range(2)),
    )
    await keep_trying(engine, LATER)

    gone = campaigns[:2] + campaigns[4:6]
    kept = campaigns[2:4] + campaigns[6:]
    assert await stored(connection) == {campaign.id: 84 for campaign in kept}
    rows = await connection.fetch(
        "SELECT campaign_id, hit_count, click_count FROM campaign_clicks"
    )
    assert {tuple(row) for row in rows} == {(campaign.id, 84, 42) for campaign in campaigns}
    for host in hosts:
        found = await reconciled(database_url, host)
        assert (found.hits, found.let_go) == (84 * len(kept), 84 * len(gone))
        assert found.differences == []
    assert (await roll_up_all(pool)).corrected_count == 0
    whole = "SELECT DISTINCT campaign_id FROM hit WHERE masklen(address) = 32 ORDER BY 1"
    assert [row[0] for row in await connection.fetch(whole)] == [c.id for c in campaigns[6:]]


async def test_a_month_that_is_read_is_dropped_by_the_next_upkeep(
    engine: AsyncEngine,
    database_url: str,
    connection: asyncpg.Connection,
    pool: Pool,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await a_host(pool, tmp_path).record([await seed_campaign(database_url)])
    await limit(engine, "acme", months=1)
    months = await connection.fetch(MONTHS)

    async with connection.transaction():
        await connection.fetch("SELECT FROM hit")
        with caplog.at_level(logging.WARNING):
            await keep_to_limits(engine_as(Service.WORKER, engine), now=LATER)
        assert await connection.fetch(MONTHS) == months
    await keep_to_limits(engine_as(Service.WORKER, engine), now=LATER)

    assert "cannot be dropped now" in caplog.text
    assert await connection.fetch(MONTHS) != months
    assert await stored(connection) == {}


async def test_upkeep_keeps_to_limits_and_a_second_worker_leaves_it_to_the_first(
    engine: AsyncEngine,
    database_url: str,
    connection: asyncpg.Connection,
    pool: Pool,
    tmp_path: Path,
) -> None:
    await a_host(pool, tmp_path).record([await seed_campaign(database_url)], hits=1)
    await limit(engine, "acme", days=0)

    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('txlink upkeep'))")
        assert not await keep_up(engine_as(Service.WORKER, engine))
    assert await connection.fetchval("SELECT masklen(address) FROM hit") == 32
    assert await keep_up(engine_as(Service.WORKER, engine))

    assert await connection.fetchval("SELECT masklen(address) FROM hit") == 24


PLACE = {"campaign_id": 1, "until": NOW}
KEY = {"occurred_at": NOW - timedelta(minutes=1), "journal_id": 1, "journal_offset": 1}
PAGE = {"account_id": 1, "until": NOW, "after": 1, "row_limit": 10}
STATEMENTS = {
    letting_go.LIST_CAMPAIGNS_TO_MARK: PAGE,
    truncating.LIST_CAMPAIGNS_TO_TRUNCATE: PAGE,
    letting_go.COUNT_LET_GO: PLACE | {"begin": None},
    letting_go.NEXT_TO_DELETE: {},
    letting_go.DELETE_HITS: PLACE | {"row_limit": 10},
    truncating.LIST_WHOLE_HITS: PLACE | KEY | {"row_limit": 10},
    truncating.NOTE_ALL_TRUNCATED: PLACE,
    truncating.CHANGE_HITS: {"campaign_id": 1, "address": ["10.0.0.0/24"], "request_head": [""]}
    | {name: [value] for name, value in KEY.items()},
}


async def test_no_table_is_read_from_end_to_end(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        # Tables are empty: what can be found by an index at all is.
        await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for statement, values in STATEMENTS.items():
            explain = type(statement)(f"EXPLAIN {statement.text}")
            plan = "\n".join((await connection.execute(explain, values)).scalars())
            assert "Seq Scan" not in plan, plan
            assert "Index" in plan
