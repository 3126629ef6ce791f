import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from services.redirector.links.resolving import (
    CACHED_BLOCKS,
    CACHED_PERSONAL_OCTETS,
    GAP_TTL_S,
    Resolver,
    UnknownLinkError,
)
from services.redirector.storage.connections import open_pool
from services.redirector.storage.links import LIST_BLOCKS, LIST_PERSONAL_LINKS
from shared.domain.token_keys import TokenKeys
from shared.domain.tokens import TokenCipher
from tests.support.links import DESTINATION, seed_campaign, seed_personal_campaign
from tests.support.postgres_relay import PostgresRelay
from tests.support.sealing import SEALER
from tests.support.waiting import until

ADD_BLOCKS = """
INSERT INTO link_block (token_length, first_link, link_count, campaign_id, location)
SELECT 6, 1000 + number, 1, 1000 + number, 'https://shop.example.com/'
FROM generate_series(0, $1::integer - 1) AS number
"""
TAKE_BLOCKS = """
UPDATE token_domain SET next = 1000 + $1::integer WHERE length = 6 RETURNING key
"""
MOVE_BLOCK = "UPDATE link_block SET location = $2 WHERE token_length = 6 AND first_link = $1"
PAUSE_BLOCK = "UPDATE link_block SET is_paused = true WHERE token_length = 6 AND first_link = $1"


@pytest.fixture
async def resolver(database_url: str) -> AsyncIterator[Resolver]:
    pool = await open_pool(database_url, application="test", size=2, statement_timeout_s=5)
    resolver = Resolver(pool, TokenKeys(SEALER), short_domain="tx1.in")
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


def destinations(shop: str, count: int) -> list[str]:
    return [f"https://{shop}.example.com/{position}" for position in range(count)]


async def test_personal_links_of_one_tick_are_looked_up_together(
    database_url: str, resolver: Resolver
) -> None:
    first = await seed_personal_campaign(database_url, destinations("one", 50))
    second = await seed_personal_campaign(database_url, destinations("two", 50))
    uniform = await seed_campaign(database_url, recipient_count=2)
    await resolver.load_domains()

    links = await asyncio.gather(
        *(resolver.resolve(each) for each in first.tokens + second.tokens + uniform.tokens)
    )

    assert resolver.lookup_count == 1
    assert [link.location for link in links] == [
        *destinations("one", 50),
        *destinations("two", 50),
        DESTINATION,
        DESTINATION,
    ]


async def test_a_personal_link_is_looked_up_once_and_makes_no_other_known(
    database_url: str, resolver: Resolver
) -> None:
    campaign = await seed_personal_campaign(database_url, destinations("one", 3))
    await resolver.resolve(campaign.tokens[1])

    again = await resolver.resolve(campaign.tokens[1])

    assert again.location == "https://one.example.com/1"
    assert resolver.lookup_count == 1
    assert [resolver.find_cached(campaign.tokens[n]) for n in (0, 2)] == [None, None]


async def test_a_personal_link_of_a_known_block_needs_no_look_at_blocks(
    database_url: str, resolver: Resolver
) -> None:
    campaign = await seed_personal_campaign(database_url, destinations("one", 3))
    await resolver.resolve(campaign.tokens[0])
    connection = await asyncpg.connect(database_url)
    await connection.execute("DELETE FROM link_block")
    await connection.close()

    link = await resolver.resolve(campaign.tokens[2])

    assert link.location == "https://one.example.com/2"


async def test_a_message_without_a_text_is_no_link_and_asked_for_once_in_a_while_only(
    database_url: str, resolver: Resolver
) -> None:
    campaign = await seed_personal_campaign(database_url, ["https://one.example.com/", None])

    for _ in range(3):
        with pytest.raises(UnknownLinkError):
            await resolver.resolve(campaign.tokens[1])

    assert resolver.lookup_count == 1
    assert (await resolver.resolve(campaign.tokens[0])).location == "https://one.example.com/"


async def test_personal_links_longer_than_all_that_is_cached_are_resolved_together(
    database_url: str, resolver: Resolver
) -> None:
    long = [f"https://one.example.com/{'x' * 7_900}{position}" for position in range(2_500)]
    campaign = await seed_personal_campaign(database_url, long)

    links = await asyncio.gather(*(resolver.resolve(token) for token in campaign.tokens))

    assert sum(map(len, long)) > CACHED_PERSONAL_OCTETS
    assert [link.location for link in links] == long
    assert resolver.find_cached(campaign.tokens[0]) is None
    assert resolver.find_cached(campaign.tokens[-1]) == links[-1]


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


async def test_the_lookup_of_personal_links_walks_the_primary_key_of_their_months_alone(
    database_url: str,
) -> None:
    connection = await asyncpg.connect(database_url)
    months = [
        row[0]
        for row in await connection.fetch(
            "SELECT first_campaign_id((now() + n * interval '1 month')::date) "
            "FROM generate_series(0, 2) n"
        )
    ]
    await connection.execute(
        "INSERT INTO personal_text SELECT month + 1, n, 'a', 'b', 'x', 'https://x.example/', "
        "'GSM-7', 1 FROM unnest($1::bigint[]) month, generate_series(0, 9999) n",
        months,
    )
    await connection.execute("ANALYZE personal_text")
    wanted = [(month + 1, position) for month in months[:2] for position in range(0, 9_000, 3)]
    plan = await connection.fetch(
        f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {LIST_PERSONAL_LINKS}",
        [campaign_id for campaign_id, _ in wanted],
        [position for _, position in wanted],
    )
    await connection.close()

    lines = [row[0].strip() for row in plan]
    walked = [
        line for line in lines if "on personal_text_2" in line and "never executed" not in line
    ]
    assert len(walked) == 2
    assert all("Index Scan using personal_text_2" in line for line in walked)
    assert all("_pkey on " in line and "loops=3000" in line for line in walked)


async def fill_the_cache(resolver: Resolver, connection: asyncpg.Connection) -> None:
    """Ask for as many other blocks as there is room for."""
    await connection.execute(ADD_BLOCKS, CACHED_BLOCKS)
    key = await connection.fetchval(TAKE_BLOCKS, CACHED_BLOCKS)
    await resolver.load_domains()
    tokens = TokenCipher(key, 6).mint_block(1_000, CACHED_BLOCKS)
    for start in range(0, CACHED_BLOCKS, 1_000):
        await asyncio.gather(*map(resolver.resolve, tokens[start : start + 1_000]))


@pytest.mark.parametrize("is_told", [True, False], ids=["told", "by the net"])
async def test_pause_holds_for_a_hot_link_whose_block_has_made_room(
    database_url: str, resolver: Resolver, *, is_told: bool
) -> None:
    campaign = await seed_campaign(database_url)
    token = campaign.tokens[0].encode()
    connection = await asyncpg.connect(database_url)
    await resolver.load_domains()
    await resolver.resolve(campaign.tokens[0])
    assert resolver.find_plain(token)
    await fill_the_cache(resolver, connection)

    await connection.execute(PAUSE_BLOCK, campaign.first_link)
    await connection.close()
    await resolver.refresh([(6, campaign.first_link)] if is_told else None)

    assert resolver.find_plain(token) is None
    assert (await resolver.resolve(campaign.tokens[0])).block.is_paused


async def test_long_links_of_personal_texts_do_not_fill_the_cache_of_tokens(
    database_url: str, resolver: Resolver
) -> None:
    short, long = "https://a.example.com/", "https://a.example.com/" + "a" * 1_000
    campaign = await seed_personal_campaign(database_url, [short, long])
    await resolver.load_domains()
    for token in campaign.tokens:
        await resolver.resolve(token)

    twice = [[resolver.find_plain(token.encode()) for _ in range(2)] for token in campaign.tokens]

    assert twice[0][0] is twice[0][1] is not None
    assert twice[1][0] is not twice[1][1] == twice[1][0]


async def test_change_that_comes_while_its_block_is_read_is_not_missed(database_url: str) -> None:
    campaign, other = [await seed_campaign(database_url, recipient_count=1) for _ in range(2)]
    relay = PostgresRelay(database_url)
    await relay.open()
    pool = await open_pool(relay.url, application="test", size=1, statement_timeout_s=5)
    resolver = Resolver(pool, TokenKeys(SEALER), short_domain="tx1.in")
    await resolver.resolve(other.tokens[0])
    relay.hold()
    reading = asyncio.create_task(resolver.resolve(campaign.tokens[0]))

    async def has_been_read() -> bool:
        return relay.held_count > 0

    await until(has_been_read)
    connection = await asyncpg.connect(database_url)
    await connection.execute(MOVE_BLOCK, campaign.first_link, "https://new.example.com/")
    await connection.close()
    hearing = asyncio.create_task(resolver.refresh([(6, campaign.first_link)]))
    await asyncio.sleep(0)
    relay.let_through()

    link = await reading
    await hearing

    assert link.location == "https://new.example.com/"
    assert (await resolver.resolve(campaign.tokens[0])).location == "https://new.example.com/"
    pool.terminate()
    await relay.cut()
