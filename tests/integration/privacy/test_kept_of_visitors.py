"""How much of visitors' addresses is stored is for the account to say; nothing else changes."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.operations.change_sending import SendingChanges, change_sending
from services.redirector.storage.connections import Pool, open_pool
from services.worker.retention import keep_to_limits
from shared.clock import SystemClock
from shared.domain.address_policies import AddressPolicy
from shared.schema.grants import Service
from shared.storage.engine import create_engine
from tests.support.journals import BROWSER_HEADERS, record_all
from tests.support.links import SeededCampaign, seed_campaign
from tests.support.retention import Host, a_host, reconciled
from tests.support.roles import engine_as, url_as

FORWARDED = "x-forwarded-for: 8.8.4.123\r\n"
STORED = """
SELECT CASE WHEN masklen(address) IN (32, 128) THEN host(address) ELSE address::text END,
       request_head LIKE '%8.8.4.123%' FROM hit WHERE campaign_id = $1
ORDER BY journal_offset
"""
VERDICTS = "SELECT click_class, reasons, score, country, browser FROM hit ORDER BY journal_offset"
EXPECTED = {
    AddressPolicy.FULL: [("81.2.69.142", True), ("2001:db8:1:2:3:4:5:6", True)],
    AddressPolicy.TRUNCATED: [("81.2.69.0/24", False), ("2001:db8:1::/48", False)],
    AddressPolicy.NONE: [(None, False), (None, False)],
}


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database_url, application="test")
    yield engine
    await engine.dispose()


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    pool = await open_pool(
        url_as(Service.RECORDER, database_url), application="test", size=5, statement_timeout_s=20
    )
    yield pool
    await pool.close()


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def follow(host: Host, campaign: SeededCampaign) -> None:
    for address in ("81.2.69.142", "2001:db8:1:2:3:4:5:6"):
        host.journal.add(campaign, 0, address=address, headers=BROWSER_HEADERS + FORWARDED)
    await record_all(host.recorder)


async def stored(
    connection: asyncpg.Connection, campaign: SeededCampaign
) -> list[tuple[str | None, bool]]:
    return [tuple(row) for row in await connection.fetch(STORED, campaign.id)]


async def test_addresses_are_stored_as_each_account_says_and_classed_as_ever(
    engine: AsyncEngine,
    database_url: str,
    connection: asyncpg.Connection,
    pool: Pool,
    tmp_path: Path,
) -> None:
    host = a_host(pool, tmp_path)
    for policy, expected in EXPECTED.items():
        campaign = await seed_campaign(database_url, account=policy.value)
        await change_sending(engine, policy.value, SendingChanges(addresses=policy))

        await follow(host, campaign)

        assert await stored(connection, campaign) == expected
    verdicts = await connection.fetch(VERDICTS)
    assert verdicts[:2] * 3 == verdicts
    assert (await reconciled(database_url, host)).differences == []


async def test_what_was_stored_before_follows_with_the_next_upkeep(
    engine: AsyncEngine,
    database_url: str,
    connection: asyncpg.Connection,
    pool: Pool,
    tmp_path: Path,
) -> None:
    host = a_host(pool, tmp_path)
    campaign = await seed_campaign(database_url)
    other = await seed_campaign(database_url, account="beta")
    await follow(host, campaign)
    await follow(host, other)

    for policy in (AddressPolicy.TRUNCATED, AddressPolicy.NONE):
        await change_sending(engine, "acme", SendingChanges(addresses=policy))
        await keep_to_limits(engine_as(Service.WORKER, engine), now=SystemClock().now())
        assert await stored(connection, campaign) == EXPECTED[policy]

    assert await stored(connection, other) == EXPECTED[AddressPolicy.FULL]
    assert (await reconciled(database_url, host)).differences == []
