"""The links of a send: how they look, how many it takes, and what happens as they run out."""

import asyncio
import re

import pytest

from tests.support.api import Api, running_api
from tests.support.sends import (
    NUMBERS,
    STORED,
    TEXT,
    TRACKED,
    Headers,
    links_taken,
    send,
    stored,
)


@pytest.mark.parametrize(
    ("append_http", "pattern"),
    [("true", r"https://tx1\.in/[0-9A-Za-z]{6}"), ("false", r"tx1\.in/[0-9A-Za-z]{6}")],
)
async def test_the_link_is_of_the_promised_length(
    api: Api, acme: Headers, append_http: str, pattern: str
) -> None:
    answer = await send(api, acme, **TRACKED, appendHttp=append_http)

    assert re.fullmatch(pattern, answer["link"]["sample"])
    assert answer["text"] == f"Sale: {answer['link']['sample']}. Reply STOP"


async def test_an_accepted_send_takes_as_many_links_as_it_has_recipients(
    api: Api, acme: Headers
) -> None:
    await send(api, acme, **TRACKED)

    assert await links_taken(api) == 2


async def test_an_untracked_send_keeps_its_text_and_takes_no_links(
    api: Api, acme: Headers
) -> None:
    answer = await send(api, acme, mobile=NUMBERS, msg=TEXT)

    assert (answer["link"], answer["text"]) == (None, TEXT)
    assert await api.count("link_block") == 0


async def test_a_text_is_measured_with_a_link_as_long_as_it_will_get(
    api: Api, acme: Headers
) -> None:
    await api.database.execute("UPDATE token_domain SET next = ceiling WHERE length = 6")
    # With https://tx1.in/ and six characters this is one segment, with seven it is two.
    text = "x" * 138 + " https://a.example.com"

    answer = await send(api, acme, mobile=NUMBERS, msg=text, trackLink="true")

    assert (len(answer["text"]), answer["segments"]) == (161, 2)


@pytest.mark.parametrize("domain", ["tx1.in:8001", "localhost.test:8001"])
async def test_a_short_domain_may_have_a_port(database_url: str, domain: str) -> None:
    host = domain.partition(":")[0]
    async with running_api(database_url, short_domain=domain) as api:
        headers = await api.account("acme")

        sent = await send(api, headers, **TRACKED)
        refusals = [
            await api.client.get(
                "/send", params=TRACKED | {"msg": f"See https://{ours}/SAlhjS"}, headers=headers
            )
            for ours in (host, domain, f"{host}:9999")
        ]

    assert sent["link"]["sample"].startswith(f"https://{domain}/")
    assert [response.json()["code"] for response in refusals] == ["own_short_link"] * 3


async def test_sends_at_once_get_disjoint_blocks(api: Api, acme: Headers) -> None:
    await asyncio.gather(*(send(api, acme, **TRACKED) for _ in range(10)))

    rows = await api.database.fetch("SELECT first_link, link_count FROM link_block ORDER BY 1")
    assert [row["first_link"] for row in rows] == list(range(0, 20, 2))


async def test_tokens_grow_when_a_length_is_full(api: Api, acme: Headers) -> None:
    await api.database.execute("UPDATE token_domain SET next = ceiling - 1 WHERE length = 6")

    two = await send(api, acme, **TRACKED)
    one = await send(api, acme, **TRACKED | {"mobile": "919876543210"})
    last = await send(api, acme, **TRACKED | {"mobile": "919876543210"})

    lengths = [len(answer["link"]["sample"].rpartition("/")[2]) for answer in (two, one, last)]
    assert lengths == [7, 6, 7]


async def test_no_room_for_links_is_said_and_not_half_sent(api: Api, acme: Headers) -> None:
    await api.database.execute("UPDATE token_domain SET next = ceiling")

    response = await api.client.get("/send", params=TRACKED, headers=acme)

    assert response.status_code == 503
    assert response.json()["code"] == "no_link_room"
    assert await stored(api) == dict.fromkeys(STORED, 0)
