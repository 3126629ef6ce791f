"""A database that is away or struggles: new clients get 503, old ones 200 and their own error."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import httpx
import pytest

from tests.support.api import Api, running_api
from tests.support.postgres_relay import PostgresRelay
from tests.support.waiting import until

SEND = {"mobile": "919876543210", "msg": "See https://a.example.com", "trackLink": "true"}
OLD_PATHS = ("/SMSApi/send", "/SMSApi/rest/send")
END_SESSIONS = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE application_name = 'txlink-api' AND datname = current_database()
"""
COUNT_WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE application_name = 'txlink-api' AND datname = current_database()
        AND wait_event_type = 'Lock'
"""

Headers = dict[str, str]


@asynccontextmanager
async def locked(
    database_url: str, table: str = "token_domain"
) -> AsyncIterator[asyncpg.Connection]:
    """Hold what sends need, such as what every tracked one does, while the context lasts."""
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            yield connection
    finally:
        await connection.close()


def is_new_refusal(response: httpx.Response, code: str = "unavailable") -> bool:
    return (
        response.status_code == 503
        and response.headers["retry-after"] == "5"
        and response.headers["content-type"] == "application/json"
        and response.json()["code"] == code
        and response.json()["statusCode"] == "503"
    )


def is_old_refusal(response: httpx.Response) -> bool:
    return response.status_code == 200 and response.text.startswith("error | 503 | ")


async def test_sends_that_a_session_dies_under_are_refused_and_leave_nothing(
    api: Api, acme: Headers
) -> None:
    async with locked(api.database_url) as lock:
        new = [
            asyncio.ensure_future(api.client.get("/send", params=SEND, headers=acme))
            for _ in range(5)
        ]
        old = [
            asyncio.ensure_future(api.client.get(path, params=SEND, headers=acme))
            for path in OLD_PATHS
        ]
        await until(lambda: _all_wait(api, len(new) + len(old)))
        await lock.fetchval(END_SESSIONS)
        new_answers, old_answers = await asyncio.gather(*new), await asyncio.gather(*old)

    assert all(map(is_new_refusal, new_answers))
    assert all(map(is_old_refusal, old_answers))
    assert await api.count("campaign") == 0
    again = await api.client.get("/send", params=SEND, headers=acme)
    assert again.status_code == 200


async def _all_wait(api: Api, count: int) -> bool:
    waiting: int = await api.database.fetchval(COUNT_WAITING)
    return waiting == count


async def test_sends_for_which_no_connection_is_left_are_refused(api: Api, acme: Headers) -> None:
    async with locked(api.database_url):
        sends = [
            asyncio.ensure_future(api.client.get("/send", params=SEND, headers=acme))
            for _ in range(24)
        ]
        done: set[asyncio.Future[httpx.Response]] = set()
        while len(done) < 4:
            finished, _ = await asyncio.wait(sends, timeout=20, return_when="FIRST_COMPLETED")
            done |= finished
            assert done, "nothing was refused although the pool has 20 connections"
            await asyncio.sleep(0.1)
    answers = await asyncio.gather(*sends)

    refused = [answer for answer in answers if answer.status_code != 200]
    assert len(refused) >= 4
    assert all(is_new_refusal(answer, "overloaded") for answer in refused)
    assert await api.count("campaign") == len(answers) - len(refused)


async def test_personal_sends_that_hold_all_connections_still_get_their_links(
    api: Api, acme: Headers
) -> None:
    rows = [{"mobile": "919876543210", "name": "Asha"}]
    values = {"sms": rows, "msg": "Hi {name} https://a.example.com", "trackLink": True}
    async with locked(api.database_url, "personal_text"):
        sends = [
            asyncio.ensure_future(api.client.post("/send", json=values, headers=acme))
            for _ in range(20)
        ]
        await until(lambda: _all_wait(api, 20))

        health = await api.client.get("/healthz")
    answers = await asyncio.gather(*sends)

    assert health.status_code == 200
    assert [answer.status_code for answer in answers] == [200] * 20


async def test_without_a_database_every_path_says_so_in_its_own_form(database_url: str) -> None:
    relay = PostgresRelay(database_url)
    await relay.open()
    async with running_api(relay.url) as api:
        headers = await api.account("acme")
        await relay.cut()

        for path in ("/send", "/campaigns", "/sandbox/messages", "/recipients/9876543210"):
            parameters = SEND if path == "/send" else {}
            assert is_new_refusal(
                await api.client.get(path, params=parameters, headers=headers)
            ), path
        plain = await api.client.get("/send", params=SEND | {"output": "plain"}, headers=headers)
        health = await api.client.get("/healthz")
        old = [await api.client.get(path, params=SEND, headers=headers) for path in OLD_PATHS]

    assert (plain.status_code, plain.headers["retry-after"]) == (503, "5")
    assert plain.text.startswith("error | 503 | The database cannot be reached")
    assert health.status_code == 503
    assert all(map(is_old_refusal, old))


@pytest.mark.parametrize("output", ["json", "plain", "xml"])
async def test_a_fault_of_ours_is_told_in_the_form_asked_for(
    api: Api, acme: Headers, output: str
) -> None:
    await api.database.execute("ALTER TABLE campaign_delivery RENAME TO away")

    new = await api.client.get("/send", params=SEND | {"output": output}, headers=acme)
    old = await api.client.get("/SMSApi/send", params=SEND | {"output": output}, headers=acme)

    assert (new.status_code, old.status_code) == (500, 200)
    for response in (new, old):
        assert "Something went wrong on our side" in response.text
        assert "campaign_delivery" not in response.text
    if output == "json":
        assert new.json()["code"] == "internal_error"
    assert await api.count("campaign") == 0
