"""Keys that end, are rotated or multiply while they are in use."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from services.api.send_call import FRESH_S
from tests.support.api import Api
from tests.support.sends import Headers

BODIES: dict[str, tuple[str, str, bytes, bytes]] = {
    "key": ("POST", "/keys", b'{"name": "x", ', b'"scopes": ["admin"]}'),
    "allow-list": ("PUT", "/ip-allow-list", b'{"ip_allow_list"', b": []}"),
    "webhook": ("POST", "/webhooks", b'{"url": "https://', b'evil.example/"}'),
    "upload": ("POST", "/uploads", b"Phone\n", b"919876543210\n"),
    "links": ("POST", "/links", b'{"mobile": "919876543210", ', b'"msg": "https://a.example/x"}'),
}


async def another(api: Api, acme: Headers) -> tuple[str, str]:
    made = await api.client.post(
        "/keys", json={"name": "stolen", "scopes": ["send", "report", "admin"]}, headers=acme
    )
    return made.json()["prefix"], made.json()["key"]


def held_back(
    first: bytes, rest: bytes, between: Callable[[], Awaitable[object]]
) -> AsyncIterator[bytes]:
    async def body() -> AsyncIterator[bytes]:
        yield first
        await between()
        yield rest

    return body()


@pytest.mark.parametrize("what", BODIES)
async def test_a_body_that_was_held_back_does_nothing_once_its_key_is_revoked(
    api: Api, acme: Headers, what: str
) -> None:
    prefix, stolen = await another(api, acme)
    method, path, first, rest = BODIES[what]
    before = await api.count("audit_entry")

    async def revoke() -> None:
        # By then the key has been looked at: nothing of a body is read before.
        assert (await api.client.delete(f"/keys/{prefix}", headers=acme)).status_code == 204

    kind = "text/csv" if what == "upload" else "application/json"
    answer = await api.client.request(
        method,
        path,
        content=held_back(first, rest, revoke),
        headers={"apikey": stolen, "content-type": kind},
    )

    assert answer.status_code == 401, answer.text
    assert await api.count("audit_entry") == before + 1
    assert await api.count("webhook") == await api.count("upload") == 0


async def test_a_send_whose_body_came_in_slowly_is_refused_once_its_key_is_revoked(
    api: Api, acme: Headers
) -> None:
    prefix, stolen = await another(api, acme)

    async def revoke() -> None:
        await api.client.delete(f"/keys/{prefix}", headers=acme)
        # What took less than this counts as one moment.
        await asyncio.sleep(FRESH_S + 0.1)

    answer = await api.client.post(
        "/send",
        content=held_back(b'{"mobile": "919876543210", ', b'"msg": "Hello"}', revoke),
        headers={"apikey": stolen, "content-type": "application/json"},
    )

    assert answer.status_code == 401
    assert await api.count("campaign") == 0


async def test_of_two_rotations_at_once_one_is_made(api: Api, acme: Headers) -> None:
    prefix, _ = await another(api, acme)

    async def rotate() -> httpx.Response:
        return await api.client.post(f"/keys/{prefix}/rotate", headers=acme)

    answers = await asyncio.gather(*(rotate() for _ in range(4)))

    made = [answer for answer in answers if answer.status_code == 201]
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    kept = await api.database.fetchval("SELECT replaced_by FROM api_key WHERE prefix = $1", prefix)
    assert kept == made[0].json()["prefix"]


async def test_a_key_that_is_revoked_while_it_is_rotated_does_not_live(
    api: Api, acme: Headers
) -> None:
    for _ in range(3):
        prefix, stolen = await another(api, acme)

        await asyncio.gather(
            api.client.delete(f"/keys/{prefix}", headers=acme),
            api.client.post(f"/keys/{prefix}/rotate", headers=acme),
        )

        answer = await api.client.get("/keys", headers={"apikey": stolen})
        assert answer.status_code == 401
