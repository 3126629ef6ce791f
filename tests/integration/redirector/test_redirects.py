import asyncio
from collections.abc import Iterator
from ipaddress import IPv6Address

import asyncpg
import httpx
import pytest

from services.redirector.settings import RedirectorSettings
from shared.domain.tokens import TokenCipher
from tests.support.database import DatabaseServer
from tests.support.links import DESTINATION, seed_campaign, seed_personal_campaign
from tests.support.redirector import journaled_hits, serving

PHONE = "Mozilla/5.0 (Linux; Android 14; SM-A546E) AppleWebKit/537.36 Chrome/124.0.0.0 Mobile"


# Each test has a journal folder and a campaign of its own, so they may share a database.
@pytest.fixture(scope="module")
def database_url(postgres_server: DatabaseServer) -> Iterator[str]:
    with postgres_server.migrated_database() as url:
        yield url


async def get(settings: RedirectorSettings, path: str, method: str = "GET") -> httpx.Response:
    async with serving(settings) as client:
        return await client.request(method, path, headers={"User-Agent": PHONE})


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_short_link_redirects_to_its_destination(
    settings: RedirectorSettings, method: str
) -> None:
    campaign = await seed_campaign(settings.database_url.get_secret_value())

    answer = await get(settings, f"/{campaign.tokens[1]}", method)

    assert (answer.status_code, answer.headers["location"]) == (302, DESTINATION)
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.content == b""
    assert "server" not in answer.headers


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_the_hit_is_in_the_journal_before_the_visitor_has_the_answer(
    settings: RedirectorSettings, method: str
) -> None:
    campaign = await seed_campaign(settings.database_url.get_secret_value())
    async with serving(settings) as client:
        await client.request(method, f"/{campaign.tokens[2]}?utm=1", headers={"User-Agent": PHONE})

        [hit] = journaled_hits(settings.journal_folder)

    assert (hit.token_length, hit.link_number) == (6, campaign.first_link + 2)
    assert IPv6Address(hit.address).ipv4_mapped is not None
    line, *headers = hit.head.decode().split("\r\n")
    assert line == f"{method} /{campaign.tokens[2]}?utm=1 HTTP/1.1"
    assert f"User-Agent: {PHONE}" in headers


@pytest.mark.parametrize(
    "destination",
    [
        "https://shop.example.com/?offer#top1",
        "https://shop.example.com/a%20b?u=https%3A%2F%2Fx.example%2F%3Fa%3D1",
        "https://teams.example.com/l/19%3ameet_x@thread/0?context=%7b%22Tid%22%3a%221%22%7d",
        "https://shop.example.com/a%0d%0aSet-Cookie:%20x=1",
        "http://169.254.169.254/latest/meta-data/",
    ],
)
async def test_the_destination_is_given_octet_for_octet(
    settings: RedirectorSettings, destination: str
) -> None:
    campaign = await seed_campaign(
        settings.database_url.get_secret_value(), destination=destination
    )

    answer = await get(settings, f"/{campaign.tokens[0]}")

    assert (answer.status_code, answer.headers["location"]) == (302, destination)
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "destination", ["javascript:alert(1)", "shop.example.co.in/sale", "https://x.example/ऑफर"]
)
async def test_what_cannot_stand_in_a_location_header_cannot_be_stored(
    database_url: str, destination: str
) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await seed_campaign(database_url, destination=destination)


@pytest.mark.parametrize(
    "path",
    ["/{t}.", "/{t}/", "/{t})", "/{t},", "/{t}%20", "/{t}%E0%A5%A4", "/{t}_", "/SAMRAT/{t}"],
    ids=["full stop", "slash", "bracket", "comma", "space", "danda", "italics", "header shape"],
)
async def test_what_is_pasted_along_with_a_link_does_not_break_it(
    settings: RedirectorSettings, path: str
) -> None:
    campaign = await seed_campaign(settings.database_url.get_secret_value())

    answer = await get(settings, path.format(t=campaign.tokens[0]))

    assert (answer.status_code, answer.headers["location"]) == (302, DESTINATION)


async def test_a_percent_encoded_character_of_the_token_is_that_character(
    settings: RedirectorSettings,
) -> None:
    campaign = await seed_campaign(settings.database_url.get_secret_value())
    first, rest = campaign.tokens[0][0], campaign.tokens[0][1:]

    answer = await get(settings, f"/%{ord(first):02X}{rest}")

    assert answer.status_code == 302


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/zzzzz",
        "/zzzzzzzzz",
        "/zzzzzz",
        "/%C0",
        "/{t}%0d%0aX-Injected:%201",
        "/{t}%0d%0a",
        "/{t}%C0",
        "/{t}x",
        "/a/b/{t}",
        "/{t}.html",
    ],
)
async def test_a_path_that_is_no_live_link_answers_404_with_a_page_and_no_hit(
    settings: RedirectorSettings, path: str
) -> None:
    campaign = await seed_campaign(settings.database_url.get_secret_value())

    answer = await get(settings, path.format(t=campaign.tokens[0]))

    assert answer.status_code == 404
    assert "Link not found" in answer.text
    assert not {"location", "x-injected"} & set(answer.headers)
    assert journaled_hits(settings.journal_folder) == []


async def test_tokens_that_differ_in_case_only_are_different_links(
    settings: RedirectorSettings,
) -> None:
    campaign = await seed_campaign(settings.database_url.get_secret_value())

    answer = await get(settings, f"/{campaign.tokens[0].swapcase()}")

    assert answer.status_code == 404


async def test_live_tokens_that_differ_in_case_only_lead_each_to_its_own_place(
    settings: RedirectorSettings, connection: asyncpg.Connection
) -> None:
    first, second = [
        await seed_campaign(
            settings.database_url.get_secret_value(), destination=destination, token_length=7
        )
        for destination in ("https://a.example.com/1", "https://b.example.com/2")
    ]
    token, other = first.tokens[0], first.tokens[0].swapcase()
    key: bytes = await connection.fetchval("SELECT key FROM token_domain WHERE length = 7")
    number = TokenCipher(key, 7).link_number(other)
    await connection.execute(
        "UPDATE token_domain SET next = $1::bigint, ceiling = $1 + 1000 WHERE length = 7",
        number + 1,
    )
    await connection.execute(
        "UPDATE link_block SET first_link = $1, link_count = 1 WHERE campaign_id = $2",
        number,
        second.id,
    )

    async with serving(settings) as client:
        # Each is asked for once it is cached, too.
        answers = [await client.get(f"/{each}") for each in (token, other) * 2]

    assert [answer.headers["location"] for answer in answers] == [
        "https://a.example.com/1",
        "https://b.example.com/2",
    ] * 2


@pytest.mark.parametrize(
    "destination",
    [
        "https://TX1.in/SAlhjS",
        "https://tx1.in./SAlhjS",
        "http://tx1.in:8443/SAlhjS",
        "https://[x/",
    ],
    ids=["capitals", "the root's dot", "a port", "no location"],
)
async def test_a_link_that_leads_back_to_the_short_domain_or_to_no_location_goes_nowhere(
    settings: RedirectorSettings, destination: str
) -> None:
    campaign = await seed_campaign(
        settings.database_url.get_secret_value(), destination=destination
    )

    answer = await get(settings, f"/{campaign.tokens[0]}")

    assert answer.status_code == 404


async def test_personal_links_redirect_each_to_its_own_destination_and_are_journaled(
    settings: RedirectorSettings,
) -> None:
    own = [f"https://shop.example.com/orders/{number}?a=%20" for number in range(3)]
    campaign = await seed_personal_campaign(settings.database_url.get_secret_value(), own)

    async with serving(settings) as client:
        answers = [await client.get(f"/{token}") for token in campaign.tokens]

    assert [answer.headers["location"] for answer in answers] == own
    hits = journaled_hits(settings.journal_folder)
    assert [hit.link_number - campaign.first_link for hit in hits] == [0, 1, 2]


@pytest.mark.parametrize(
    "destination",
    [None, "https://TX1.in/SAlhjS", "https://[x/"],
    ids=["no text", "own short domain", "no location"],
)
async def test_a_personal_link_that_leads_nowhere_answers_404_and_spares_its_neighbours(
    settings: RedirectorSettings, destination: str | None
) -> None:
    campaign = await seed_personal_campaign(
        settings.database_url.get_secret_value(), [DESTINATION, destination]
    )

    async with serving(settings) as client:
        good, bad = await asyncio.gather(*(client.get(f"/{token}") for token in campaign.tokens))
        again = await client.get(f"/{campaign.tokens[1]}")

    assert (good.status_code, bad.status_code, again.status_code) == (302, 404, 404)
    assert len(journaled_hits(settings.journal_folder)) == 1


async def test_a_short_link_can_only_be_read(settings: RedirectorSettings) -> None:
    campaign = await seed_campaign(settings.database_url.get_secret_value())

    answer = await get(settings, f"/{campaign.tokens[0]}", "POST")

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert journaled_hits(settings.journal_folder) == []


@pytest.mark.parametrize(
    ("path", "status"), [("/healthz", 200), ("/robots.txt", 200), ("/favicon.ico", 204)]
)
async def test_reserved_paths_are_answered_without_a_lookup(
    settings: RedirectorSettings, path: str, status: int
) -> None:
    answer = await get(settings, path)

    assert answer.status_code == status
    assert journaled_hits(settings.journal_folder) == []


async def test_nobody_is_led_to_the_host_that_a_request_names(
    settings: RedirectorSettings,
) -> None:
    answer = await get(settings, "/robots.txt/")

    assert (answer.status_code, answer.headers.get("location")) == (404, None)


async def test_health_tells_how_many_hits_the_disk_lost(settings: RedirectorSettings) -> None:
    answer = await get(settings, "/healthz")

    assert answer.json() == {"status": "ok", "lost_hits": 0}


async def test_a_campaign_made_after_the_start_is_found(settings: RedirectorSettings) -> None:
    async with serving(settings) as client:
        campaign = await seed_campaign(settings.database_url.get_secret_value())

        answer = await client.get(f"/{campaign.tokens[0]}")

    assert answer.status_code == 302


@pytest.mark.parametrize("token_length", [6, 7, 8])
async def test_tokens_of_every_length_are_answered(
    settings: RedirectorSettings, token_length: int
) -> None:
    campaign = await seed_campaign(
        settings.database_url.get_secret_value(), token_length=token_length
    )

    answer = await get(settings, f"/{campaign.tokens[0]}")

    assert answer.status_code == 302


async def test_a_burst_of_visitors_is_journaled_hit_by_hit(settings: RedirectorSettings) -> None:
    campaign = await seed_campaign(settings.database_url.get_secret_value(), recipient_count=200)
    async with serving(settings) as client:
        await asyncio.gather(*(client.get(f"/{token}") for token in campaign.tokens))

        hits = journaled_hits(settings.journal_folder)

    assert sorted(hit.link_number - campaign.first_link for hit in hits) == list(range(200))
