"""A dry run answers as the send would, and leaves nothing."""

import re

from tests.support.api import Api
from tests.support.sends import STORED, TRACKED, Headers, links_taken, send, stored


async def test_a_dry_run_answers_all_and_stores_nothing(api: Api, acme: Headers) -> None:
    answer = await send(api, acme, **TRACKED, test="true", idempotencyKey="k")

    assert answer["test"] is True
    assert re.fullmatch(r"https://tx1\.in/[0-9A-Za-z]{6}", answer["link"]["sample"])
    assert await stored(api) == dict.fromkeys(STORED, 0)
    assert await links_taken(api) == 0
    assert await api.count("idempotency_key") == 0


async def test_a_dry_run_shows_one_link_for_one_message(api: Api, acme: Headers) -> None:
    answer = await send(api, acme, **TRACKED, test="true")

    first, second = answer["preflight"]["messages"]
    assert answer["text"] == first["text"]
    assert answer["link"]["sample"] in first["text"]
    assert answer["link"]["sample"] not in second["text"]


async def test_a_dry_run_names_no_campaign_since_there_is_none(api: Api, acme: Headers) -> None:
    answer = await send(api, acme, **TRACKED, test="true")
    old = await api.client.get(
        "/SMSApi/send", params=TRACKED | {"test": "true", "output": "json"}, headers=acme
    )

    assert (answer["uuid"], answer["transactionId"]) == (None, None)
    assert old.json()["transactionId"] == ""


async def test_a_dry_run_refuses_what_a_send_refuses(api: Api, acme: Headers) -> None:
    text = "https://a.example.com " + "x" * 3_040

    response = await api.client.get(
        "/send", params=TRACKED | {"msg": text, "test": "true"}, headers=acme
    )

    assert response.json()["code"] == "text_too_long"
