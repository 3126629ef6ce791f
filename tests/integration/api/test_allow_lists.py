"""Accounts and keys may be used from where their lists say; nobody is shut out unasked."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from shared.domain.trusted_proxies import parse_trusted_proxies
from tests.support.api import Api, running_api
from tests.support.sends import TRACKED, Headers

HOME, AWAY, PROXY = "203.0.113.7", "198.51.100.9", "10.0.0.5"
PASSWORD = "Blue Kettle in the sun"  # noqa: S105 - of nobody


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    async with running_api(
        database_url, trusted_proxies=parse_trusted_proxies("10.0.0.0/8")
    ) as api:
        yield api


@asynccontextmanager
async def calling_from(api: Api, peer: str, headers: Headers) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(api.app, client=(peer, 40_000), raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://api.test", headers=headers
    ) as client:
        yield client


async def put(
    client: httpx.AsyncClient, networks: list[str], path: str = "/ip-allow-list", **query: str
) -> httpx.Response:
    return await client.put(path, json={"ip_allow_list": networks}, params=query)


def outcome(response: httpx.Response) -> tuple[int, Any]:
    return response.status_code, response.json().get("code")


async def test_both_lists_apply_from_the_next_call_on_and_an_empty_one_lets_all_in(
    api: Api, acme: Headers
) -> None:
    other = await api.account("other")
    path = f"/keys/{acme['apikey'].split('_')[1]}/ip-allow-list"
    async with (
        calling_from(api, HOME, acme) as home,
        calling_from(api, f"::ffff:{AWAY}", acme) as away,
        calling_from(api, AWAY, other) as stranger,
    ):
        everywhere = await away.get("/campaigns")
        of_account = await put(home, ["203.0.113.0/24", "2001:db8::/48"])
        refused = await away.get("/campaigns")
        at_home = await home.get("/campaigns")
        of_another = await stranger.get("/campaigns")
        wider = await put(home, ["203.0.113.0/24", f"::ffff:{AWAY}"])
        of_key = await put(home, [HOME], path)
        by_key = await away.get("/campaigns")
        cleared = await put(home, [], path)
        shown = await away.get("/ip-allow-list")

    assert outcome(everywhere) == outcome(at_home) == outcome(of_another) == (200, None)
    assert of_account.json() == {
        "ip_allow_list": ["203.0.113.0/24", "2001:db8::/48"],
        "your_address": HOME,
    }
    for response in (refused, by_key):
        assert response.status_code == 403
        assert response.json() == {
            "status": "error",
            "statusCode": "403",
            "reason": f"These credentials may not be used from {AWAY}",
            "code": "address_not_allowed",
        }
    assert [r.status_code for r in (wider, of_key, cleared)] == [200] * 3
    assert shown.json() == {"ip_allow_list": ["203.0.113.0/24", AWAY], "your_address": AWAY}
    entries = await api.database.fetch(
        "SELECT action, host(address) AS address, before, after FROM audit_entry "
        "WHERE author_kind = 'key' ORDER BY id"
    )
    assert [(row["action"], row["address"]) for row in entries] == [
        ("account.allow", HOME),
        ("account.allow", HOME),
        ("key.allow", HOME),
        ("key.allow", HOME),
    ]
    assert json.loads(entries[2]["before"]) == {"ip_allow_list": []}
    assert json.loads(entries[2]["after"]) == {"ip_allow_list": [HOME]}


async def test_the_address_is_the_clients_behind_trusted_proxies_and_no_forged_one(
    api: Api, acme: Headers
) -> None:
    async with (
        calling_from(api, PROXY, acme | {"x-forwarded-for": f"{AWAY}, {HOME}"}) as proxied,
        calling_from(api, AWAY, acme | {"x-forwarded-for": HOME}) as forging,
    ):
        set_by_it = await put(proxied, [HOME])
        let_in = await proxied.get("/campaigns")
        refused = await forging.get("/campaigns")
        seen = await forging.get("/whoami")

    assert (set_by_it.json()["your_address"], let_in.status_code) == (HOME, 200)
    assert refused.json()["reason"].endswith(f"from {seen.json()['address']}")
    assert seen.json()["address"] == AWAY


async def test_who_would_be_left_out_is_asked_to_force_it(api: Api, acme: Headers) -> None:
    prefix = acme["apikey"].split("_")[1]
    async with calling_from(api, AWAY, acme) as away, calling_from(api, "unix", acme) as nowhere:
        warned = [
            await put(away, [HOME]),
            await put(away, [HOME], f"/keys/{prefix}/ip-allow-list"),
            await put(nowhere, [HOME]),
        ]
        unchanged = await away.get("/ip-allow-list")
        forced = await put(away, [HOME], force="true")
        out = await away.get("/ip-allow-list")
        no_address = await nowhere.get("/campaigns")

    assert [outcome(response) for response in warned] == [(409, "would_lock_out")] * 3
    assert f"add {AWAY}, or give force=true" in warned[0].json()["reason"]
    assert unchanged.json()["ip_allow_list"] == []
    assert forced.json()["ip_allow_list"] == [HOME]
    assert outcome(out) == outcome(no_address) == (403, "address_not_allowed")
    assert "a connection without an IP address" in no_address.json()["reason"]


async def test_old_clients_are_refused_in_their_envelope_by_key_and_by_login(
    api: Api, acme: Headers
) -> None:
    await api.user("acme", "asha", PASSWORD)
    login = {"userId": "asha", "password": PASSWORD}
    async with calling_from(api, HOME, acme) as home, calling_from(api, AWAY, {}) as away:
        await put(home, [HOME])
        plain = await away.get("/SMSApi/send", params=TRACKED | login)
        by_key = await away.get("/SMSApi/account/readstatus", headers=acme)
        native = await away.post("/send", data=TRACKED | login)
        # Not told that the body is wrong, too.
        broken = await away.post(
            "/send", content=b"{", headers=acme | {"content-type": "application/json"}
        )

    reason = f"These credentials may not be used from {AWAY}"
    assert (plain.status_code, plain.text.strip()) == (200, f"error | 403 | {reason}")
    answer = by_key.json()["response"]
    assert (by_key.status_code, answer["code"], answer["msg"]) == (200, "403", reason)
    assert outcome(native) == outcome(broken) == (403, "address_not_allowed")
    assert await api.count("campaign") == 0


async def test_what_is_no_network_is_refused_with_what_would_be_right(
    api: Api, acme: Headers
) -> None:
    async with calling_from(api, HOME, acme) as home:
        bits = await put(home, ["203.0.113.7/24"])
        many = await put(home, [f"10.0.{n}.0/24" for n in range(201)], force="true")
        missing = await home.put("/ip-allow-list", json={})

    assert [r.status_code for r in (bits, many, missing)] == [400] * 3
    assert {r.json()["field"] for r in (bits, many, missing)} == {"ip_allow_list"}
    assert "within 203.0.113.0/24; write that, or 203.0.113.7" in bits.json()["reason"]
    assert "holds 201 networks and may hold 200" in many.json()["reason"]
