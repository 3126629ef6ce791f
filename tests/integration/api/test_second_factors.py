"""A second factor is set up, asked for, taken once, and removed by who may."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import SecretStr

from services.api.domain.roles import UserKind
from services.cli.secrets_at_rest import seal_all
from shared.domain.sealing import Sealer, make_key
from shared.storage.sealed_columns import FACTOR_SEED
from tests.support.api import Api, running_api
from tests.support.browsers import Browser, browser, code_of, freeze
from tests.support.sealing import SEALER, SECRET_KEYS
from tests.support.whole_database import places_of, rows_of_all_tables

PASSWORD = "Blue Kettle in the sun"  # noqa: S105 - of nobody


@pytest.fixture
async def users(api: Api) -> Api:
    freeze(api.app)
    await api.account("acme", "ACMEIN")
    await api.user("acme", "asha", PASSWORD, "owner", UserKind.CONSOLE)
    await api.database.execute(
        "INSERT INTO account_user (account_id, password_hash, login, role, kind) "
        "SELECT account_id, password_hash, 'bela', 'owner', 'console' FROM account_user"
    )
    return api


@pytest.fixture
async def asha(users: Api) -> AsyncIterator[Browser]:
    async with browser(users.app) as one:
        await one.sign_in("asha", PASSWORD)
        yield one


def code(answer: httpx.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("code") if answer.content else None


async def test_a_factor_is_asked_for_once_it_is_confirmed(users: Api, asha: Browser) -> None:
    path = "/session/second-factor"
    refused = await asha.call("POST", path, {"password": "not it"})
    begun = await asha.call("POST", path, {"password": PASSWORD})
    secret = begun.json()["secret"]
    async with browser(users.app) as other:
        unasked = await other.sign_in("asha", PASSWORD)
        wrong = await asha.call("POST", f"{path}/confirm", {"code": "000000"})
        before = asha.cookie
        made = await asha.call("POST", f"{path}/confirm", {"code": code_of(secret, steps=-1)})
        ended = await other.get("/session")
        needed = await other.sign_in("asha", PASSWORD)
        used = await other.sign_in("asha", PASSWORD, code=code_of(secret, steps=-1))
        right = await other.sign_in("asha", PASSWORD, code=code_of(secret))
        again = await other.sign_in("asha", PASSWORD, code=code_of(secret))
    shown = (await asha.get("/session")).json()["second_factor"]
    twice = await asha.call("POST", path, {"password": PASSWORD})

    assert code(refused) == (400, "wrong_password")
    assert begun.json()["otpauth_url"].startswith("otpauth://totp/txlink:asha?secret=")
    assert begun.headers["cache-control"] == "no-store, private"
    assert unasked.status_code == 200
    assert code(wrong) == (401, "second_factor_wrong")
    assert (made.status_code, asha.cookie != before) == (200, True)
    assert ended.status_code == 401
    assert code(needed) == (401, "second_factor_needed")
    assert code(used) == code(again) == (401, "second_factor_wrong")
    assert right.status_code == 200
    assert shown == {"is_on": True, "is_demanded": False, "recovery_codes_left": 10}
    assert code(twice) == (409, "second_factor_state")
    stored = await users.database.fetchval("SELECT string_agg(t::text, '') FROM account_user t")
    assert secret not in stored
    assert bytes.hex(b"txs1.") in stored


async def test_one_code_lets_in_one_of_many_at_once(users: Api, asha: Browser) -> None:
    secret, _ = await asha.set_up_factor(PASSWORD)
    right = code_of(secret)

    async def sign_in() -> int:
        async with browser(users.app) as one:
            return (await one.sign_in("asha", PASSWORD, code=right)).status_code

    statuses = await asyncio.gather(*(sign_in() for _ in range(4)))

    assert sorted(statuses) == [200, 401, 401, 401]


async def test_a_recovery_code_is_good_once(users: Api, asha: Browser) -> None:
    _, codes = await asha.set_up_factor(PASSWORD)
    async with browser(users.app) as one:
        first = await one.sign_in("asha", PASSWORD, recovery_code=codes[0].upper())
        second = await one.sign_in("asha", PASSWORD, recovery_code=codes[0])
        left = (await asha.get("/session")).json()["second_factor"]["recovery_codes_left"]
        renewed = await asha.call(
            "POST", "/session/second-factor/recovery-codes", {"password": PASSWORD}
        )
        old = await one.sign_in("asha", PASSWORD, recovery_code=codes[1])
        new = await one.sign_in(
            "asha", PASSWORD, recovery_code=renewed.json()["recovery_codes"][0]
        )

    assert len(codes) == 10
    assert (first.status_code, second.status_code, left) == (200, 401, 9)
    assert (old.status_code, new.status_code) == (401, 200)
    stored = await users.database.fetchval("SELECT string_agg(t::text, '') FROM account_user t")
    assert not [each for each in codes if each in stored]


async def test_wrong_codes_are_throttled_like_passwords(users: Api, asha: Browser) -> None:
    secret, _ = await asha.set_up_factor(PASSWORD)
    async with browser(users.app, "198.51.100.9") as stranger:
        statuses = [
            (await stranger.sign_in("asha", PASSWORD, code="000000")).status_code for _ in range(7)
        ]
        right = await stranger.sign_in("asha", PASSWORD, code=code_of(secret))

    assert statuses == [401] * 6 + [429]
    assert right.status_code == 429


async def test_it_is_removed_by_its_password_or_by_another_owner(
    users: Api, asha: Browser
) -> None:
    await asha.set_up_factor(PASSWORD)
    path = "/session/second-factor/remove"
    refused = await asha.call("POST", path, {"password": "not it"})
    removed = await asha.call("POST", path, {"password": PASSWORD})
    again = await asha.call("POST", path, {"password": PASSWORD})
    await users.database.execute("UPDATE account_user SET factor_last_step = NULL")
    await asha.set_up_factor(PASSWORD)
    mine = (await asha.get("/session")).json()["user_id"]
    own = await asha.call("DELETE", f"/users/{mine}/second-factor")
    async with browser(users.app) as bela:
        await bela.sign_in("bela", PASSWORD)
        by_owner = await bela.call("DELETE", f"/users/{mine}/second-factor")
        out = await asha.get("/session")
        alone = await asha.sign_in("asha", PASSWORD)

    assert code(refused) == (400, "wrong_password")
    assert removed.json()["second_factor"]["is_on"] is False
    assert code(again) == (409, "second_factor_state")
    assert code(own) == (409, "own_user")
    assert (by_owner.status_code, out.status_code, alone.status_code) == (204, 401, 200)
    actions = await users.database.fetch(
        "SELECT action FROM audit_entry WHERE subject = 'asha' AND action LIKE 'user.factor%'"
    )
    assert [row["action"] for row in actions] == [
        "user.factor-on",
        "user.factor-off",
        "user.factor-on",
        "user.factor-off",
    ]


async def test_where_a_factor_is_demanded_nothing_else_is_done_without(
    users: Api, asha: Browser
) -> None:
    rules = await asha.call("PATCH", "/sign-in-rules", {"demands_second_factor": True})
    refused = [
        await asha.get("/campaigns"),
        await asha.get("/users"),
        await asha.call("POST", "/send", {}),
    ]
    shown = (await asha.get("/session")).json()
    async with browser(users.app) as bela:
        signed_in = await bela.sign_in("bela", PASSWORD)
        owing = await bela.get("/campaigns")
    await asha.set_up_factor(PASSWORD)
    after = await asha.get("/campaigns")

    assert rules.json() == {"password_calls": True, "demands_second_factor": True}
    assert {code(each) for each in refused} == {(403, "second_factor_demanded")}
    assert (shown["scopes"], shown["second_factor"]["is_demanded"]) == ([], True)
    assert (signed_in.status_code, owing.status_code, after.status_code) == (200, 403, 200)


async def test_a_seed_of_another_row_opens_nothing(users: Api, asha: Browser) -> None:
    secret, _ = await asha.set_up_factor(PASSWORD)
    await users.database.execute(
        "UPDATE account_user SET factor_seed = of_asha.factor_seed, factor_confirmed_at = now() "
        "FROM account_user AS of_asha WHERE of_asha.login = 'asha' AND account_user.login = 'bela'"
    )
    async with browser(users.app) as one:
        answer = await one.sign_in("bela", PASSWORD, code=code_of(secret))

    assert answer.status_code == 500
    assert await users.count("user_session") == 1


async def test_a_seed_is_sealed_anew_with_all_other_secrets(users: Api, asha: Browser) -> None:
    secret, _ = await asha.set_up_factor(PASSWORD)
    new = make_key()
    both = Sealer([new, SECRET_KEYS.get_secret_value()])

    counts = await asyncio.to_thread(seal_all, users.database_url, both)

    assert counts[FACTOR_SEED] == 1
    rows = await rows_of_all_tables(users.database)
    assert places_of(rows, [f"txs1.{SEALER.key_ids[0]}"]) == []
    async with running_api(users.database_url, secret_keys=SecretStr(new)) as api:
        freeze(api.app)
        async with browser(api.app) as one:
            answer = await one.sign_in("asha", PASSWORD, code=code_of(secret))
    assert answer.status_code == 200
