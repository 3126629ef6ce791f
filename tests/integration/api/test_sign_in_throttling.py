"""Guessing gets slower and slower, for whoever guesses and for nobody else."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator

import httpx
import pytest
from argon2 import PasswordHasher

from services.api.domain.roles import UserKind
from tests.support.api import Api, running_api
from tests.support.browsers import Browser, browser
from tests.support.sends import TRACKED

PASSWORD = "Blue Kettle in the sun"  # noqa: S105 - of nobody
FAILED = """
    INSERT INTO sign_in_failure (subject, failure_count, failed_at)
    SELECT subject, $2, now() - make_interval(secs => $3) FROM unnest($1::bytea[]) AS t (subject)
    ON CONFLICT (subject) DO UPDATE SET failure_count = $2, failed_at = excluded.failed_at
"""


@pytest.fixture
async def users(api: Api) -> Api:
    await api.account("acme", "ACMEIN")
    await api.user("acme", "asha", PASSWORD, "owner", UserKind.CONSOLE)
    await api.database.execute(
        "INSERT INTO account_user (account_id, password_hash, login, role) "
        "SELECT account_id, password_hash, 'machine', 'sender' FROM account_user"
    )
    return api


@pytest.fixture
async def stranger(users: Api) -> AsyncIterator[Browser]:
    async with browser(users.app, "198.51.100.9") as one:
        yield one


async def fail(one: Browser, login: str, times: int) -> list[httpx.Response]:
    return [await one.sign_in(login, "not the password") for _ in range(times)]


async def by_password(api: Api, address: str, password: str) -> httpx.Response:
    async with browser(api.app, address) as one:
        parameters = TRACKED | {"userId": "machine", "password": password}
        return await one.get("/send", params=parameters)


async def test_known_and_unknown_logins_are_held_up_alike(users: Api) -> None:
    told = {}
    for login in ("asha", "nobody"):
        async with browser(users.app, f"198.51.100.{len(login)}") as one:
            told[login] = [
                (each.status_code, each.text, each.headers.get("retry-after"))
                for each in await fail(one, login, 7)
            ]

    assert told["asha"] == told["nobody"]
    assert [status for status, _, _ in told["asha"]] == [401] * 6 + [429]
    assert told["asha"][-1][2] == "1"
    assert json.loads(told["asha"][-1][1])["code"] == "too_many_failures"


async def test_strangers_keep_nobody_out_who_is_known_from_where_they_are(
    users: Api, stranger: Browser
) -> None:
    async with browser(users.app) as home:
        first = await home.sign_in("asha", PASSWORD)
        await fail(stranger, "asha", 7)
        held_up = await stranger.sign_in("asha", PASSWORD)
        again = await home.sign_in("asha", PASSWORD)

    assert (first.status_code, held_up.status_code, again.status_code) == (200, 429, 200)


async def test_whoever_fails_at_home_is_held_up_there_until_it_is_over(users: Api) -> None:
    async with browser(users.app) as home:
        await home.sign_in("asha", PASSWORD)
        failed = await fail(home, "asha", 7)
        held_up = await home.sign_in("asha", PASSWORD)
        await users.database.execute(
            "UPDATE sign_in_failure SET failed_at = failed_at - interval '2 seconds'"
        )
        later = await home.sign_in("asha", PASSWORD)
        forgotten = [each.status_code for each in await fail(home, "asha", 6)]

    assert [each.status_code for each in failed] == [401] * 6 + [429]
    assert (held_up.status_code, later.status_code) == (429, 200)
    assert forgotten == [401] * 6


async def test_a_success_buys_no_guesses_of_others(users: Api) -> None:
    async with browser(users.app) as home:
        await home.sign_in("asha", PASSWORD)
        for number in range(21):
            await home.sign_in(f"nobody {number}", "not the password")
        own = await home.sign_in("asha", PASSWORD)
        another = await home.sign_in("nobody 99", "not the password")

    assert (own.status_code, another.status_code) == (200, 429)


async def test_addresses_of_one_network_of_ipv6_are_one(users: Api) -> None:
    for number in range(21):
        async with browser(users.app, f"2001:db8::{number:x}") as one:
            await one.sign_in(f"nobody {number}", "not the password")
    statuses = []
    for address in ("2001:db8::ffff:1", "2001:db8:0:1::1"):
        async with browser(users.app, address) as one:
            statuses.append((await one.sign_in("nobody", "x")).status_code)

    assert statuses == [429, 401]


async def test_calls_with_a_password_are_held_up_in_all_processes(users: Api) -> None:
    async with running_api(users.database_url) as beside:
        known = await by_password(users, "203.0.113.7", PASSWORD)
        failed = [
            (await by_password(each, "198.51.100.9", "wrong")).status_code
            for each in (users, beside) * 3
        ]
        held_up = await by_password(beside, "198.51.100.9", PASSWORD)
        still = await by_password(beside, "203.0.113.7", PASSWORD)
        old = await beside.client.get(
            "/SMSApi/send",
            params=TRACKED | {"userId": "machine", "password": PASSWORD, "output": "json"},
        )

    assert failed == [401] * 6
    assert (known.status_code, held_up.status_code, still.status_code) == (200, 429, 200)
    assert held_up.headers["retry-after"] == "1"
    assert (old.status_code, old.json()["statusCode"]) == (200, "429")


async def test_right_passwords_are_never_counted(users: Api) -> None:
    statuses = {(await by_password(users, "203.0.113.7", PASSWORD)).status_code for _ in range(8)}

    assert statuses == {200}
    assert await users.count("sign_in_failure") == 0


async def test_a_burst_gets_in_no_more_guesses_than_its_turn(
    users: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = {"now": 0, "most": 0, "all": 0}
    lock, verify = threading.Lock(), PasswordHasher.verify

    def watched(hasher: PasswordHasher, password_hash: str, password: str) -> bool:
        with lock:
            counts["now"] += 1
            counts["all"] += 1
            counts["most"] = max(counts["most"], counts["now"])
        try:
            return verify(hasher, password_hash, password)
        finally:
            with lock:
                counts["now"] -= 1

    monkeypatch.setattr(PasswordHasher, "verify", watched)
    async with browser(users.app) as one:
        answers = await asyncio.gather(
            *(one.sign_in("asha", f"not the password {number}") for number in range(30))
        )

    statuses = [answer.status_code for answer in answers]
    assert counts["most"] == 2
    assert 6 <= counts["all"] <= 8
    assert statuses.count(401) == counts["all"]
    assert statuses.count(429) == 30 - counts["all"]


async def test_beyond_so_many_waiting_passwords_are_refused(database_url: str) -> None:
    limits = {"password_concurrency": 1, "max_waiting_passwords": 1}
    async with running_api(database_url, **limits) as api, browser(api.app) as one:
        answers = await asyncio.gather(
            *(one.sign_in(f"nobody {number}", "not the password") for number in range(10))
        )

    statuses = [answer.status_code for answer in answers]
    assert statuses.count(401) >= 2
    assert statuses.count(401) + statuses.count(503) == 10


async def test_owners_are_told_of_failures_all_at_once(users: Api, stranger: Browser) -> None:
    await fail(stranger, "asha", 3)
    await fail(stranger, "nobody", 2)
    await users.app.state.context.failure_notes.flush()

    [entry] = await users.database.fetch(
        "SELECT subject, after FROM audit_entry WHERE action = 'user.sign-in-failed'"
    )

    assert entry["subject"] == "asha"
    assert json.loads(entry["after"]) == {"count": 3, "addresses": ["198.51.100.9"]}
