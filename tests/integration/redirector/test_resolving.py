import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from services.redirector.resolving import GAP_TTL_S, Resolver, UnknownLinkError
from services.redirector.storage.connections import open_pool
from services.redirector.storage.links import LIST_BLOCKS
from shared.domain.tokens import TokenCipher
from tests.support.links import seed_campaign


@pytest.fixture
async def resolver(database_url: str) -> AsyncIterator[Resolver]:
    pool = await open_pool(database_url, application="test", size=2, statement_timeout_s=5)
    resolver = Resolver(pool, short_domain="tx1.in")
    await resolver.load_domains()
    yield resolver
    await pool.close()


async def a_token(database_url: str, number: int) -> str:
    connection = await asyncpg.connect(database_url)
    try:
        key = await connection.fetchval("SELECT key FROM token_domain WHERE length = 6")
    finally:
        await connection.close()
    return TokenCipher(key, 6).mint(number)


async def test_visitors_of_one_tick_share_one_query(database_url: str, resolver: Resolver) -> None:
    campaigns = [await seed_campaign(database_url, recipient_count=50) for _ in range(3)]
    await resolver.load_domains()
    tokens = [token for campaign in campaigns for token in campaign.tokens]

    links = await asyncio.gather(*(resolver.resolve(token) for token in tokens))

    assert resolver.lookup_count == 1
    assert [link.number - link.block.first_link for link in links] == [*range(50)] * 3
    assert {link.block.campaign_id for link in links} == {c.id for c in campaigns}


async def test_one_visitor_makes_all_recipients_of_the_campaign_known(
    database_url: str, resolver: Resolver
) -> None:
    campaign = await seed_campaign(database_url, recipient_count=1000)

    await resolver.resolve(campaign.tokens[500])

    assert all(resolver.find_cached(token) for token in campaign.tokens)


async def test_neighbouring_campaigns_are_told_apart(
    database_url: str, resolver: Resolver
) -> None:
    campaigns = [await seed_campaign(database_url, recipient_count=2) for _ in range(5)]

    for campaign in (campaigns[i] for i in (4, 0, 2, 3, 1)):
        for token in campaign.tokens:
            assert (await resolver.resolve(token)).block.campaign_id == campaign.id


async def test_a_guessed_number_that_nobody_will_ever_get_costs_no_query(
    database_url: str, resolver: Resolver
) -> None:
    ceiling = 62**6 // 10_000

    with pytest.raises(UnknownLinkError):
        resolver.find_cached(await a_token(database_url, ceiling))

    assert resolver.lookup_count == 0


async def test_a_number_not_handed_out_is_asked_for_once_in_a_while_only(
    database_url: str, resolver: Resolver
) -> None:
    token = await a_token(database_url, 4242)

    for _ in range(5):
        with pytest.raises(UnknownLinkError):
            await resolver.resolve(token)

    assert resolver.lookup_count == 1


async def test_a_gap_between_blocks_is_no_link_until_its_block_comes(
    database_url: str, resolver: Resolver
) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE token_domain SET next = 100 WHERE length = 6")
    campaign = await seed_campaign(database_url)
    token = await a_token(database_url, 50)
    for _ in range(3):
        with pytest.raises(UnknownLinkError):
            await resolver.resolve(token)
    assert resolver.lookup_count == 1

    await connection.execute(
        "UPDATE link_block SET first_link = 50 WHERE campaign_id = $1", campaign.id
    )
    await connection.close()
    await asyncio.sleep(GAP_TTL_S)

    assert (await resolver.resolve(token)).block.campaign_id == campaign.id


@pytest.mark.parametrize("token", ["zzzzz", "zzzzzzzzz", "zzzz-z", ""])
async def test_what_cannot_be_a_token_is_unknown_at_once(resolver: Resolver, token: str) -> None:
    with pytest.raises(UnknownLinkError):
        resolver.find_cached(token)


async def test_the_lookup_descends_the_primary_key(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "INSERT INTO link_block SELECT 6, n * 10, 10, n, 'https://x.example/' "
        "FROM generate_series(1, 20000) n"
    )
    await connection.execute("ANALYZE link_block")
    plan = await connection.fetch(f"EXPLAIN (COSTS OFF) {LIST_BLOCKS}", [6], [15_005])
    await connection.close()

    text = "\n".join(row[0] for row in plan)
    assert "Index Scan Backward using link_block_pkey" in text
    assert "Seq Scan" not in text
