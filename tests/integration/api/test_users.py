"""An account's admins make and change its users, none above themselves, and one owner stays."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest

from services.api.domain.roles import UserKind
from services.api.operations.manage_users import MAX_USERS
from tests.support.api import Api
from tests.support.browsers import Browser, browser
from tests.support.sends import TRACKED, Headers

PASSWORD = "Blue Kettle in the sun"  # noqa: S105 - of nobody
OTHER = "Green teapot of the moon"


@pytest.fixture
async def acme(api: Api) -> Headers:
    return await api.account("acme", "ACMEIN")


@pytest.fixture
async def owner(api: Api, acme: Headers) -> AsyncIterator[Browser]:
    del acme
    await api.user("acme", "asha", PASSWORD, "owner", UserKind.CONSOLE)
    async with browser(api.app) as one:
        await one.sign_in("asha", PASSWORD)
        yield one


async def added(admin: Browser, login: str, **values: str) -> httpx.Response:
    body = {"login": login, "kind": "console", "role": "analyst", "password": OTHER}
    return await admin.call("POST", "/users", body | values)


async def ids(admin: Browser) -> dict[str, str]:
    users = (await admin.get("/users")).json()["users"]
    return {user["login"]: user["id"] for user in users}


def code(answer: httpx.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("code") if answer.content else None


async def test_users_are_made_listed_and_changed(api: Api, owner: Browser) -> None:
    made = (await added(owner, "bela")).json()
    old = await added(owner, "machine", kind="api", role="sender")
    first = (await owner.get("/users?limit=2")).json()
    rest = (await owner.get(f"/users?limit=2&cursor={first['next_cursor']}")).json()
    promoted = await owner.call("PATCH", f"/users/{made['id']}", {"role": "sender"})
    async with browser(api.app) as bela:
        await bela.sign_in("bela", OTHER)
        sent = await bela.call("POST", "/send", TRACKED)
        await owner.call("PATCH", f"/users/{made['id']}", {"role": "read-only"})
        lacking = await bela.call("POST", "/send", TRACKED)
        await owner.call("PUT", f"/users/{made['id']}/password", {"password": PASSWORD + "!"})
        out = await bela.get("/session")
        back = await bela.sign_in("bela", PASSWORD + "!")

    assert (made["kind"], made["role"], made["has_second_factor"]) == ("console", "analyst", False)
    assert (made["is_disabled"], made["signed_in_at"]) == (False, None)
    assert old.status_code == 201
    assert [user["login"] for user in first["users"] + rest["users"]] == [
        "machine",
        "bela",
        "asha",
    ]
    assert promoted.json()["role"] == "sender"
    assert (sent.status_code, lacking.status_code) == (200, 403)
    assert (out.status_code, back.status_code) == (401, 200)
    rows = await api.database.fetch(
        "SELECT action, author_name, before, after FROM audit_entry WHERE subject = 'bela' "
        "AND action <> 'user.sign-in' ORDER BY id"
    )
    assert [
        (
            row["action"],
            row["author_name"],
            *(json.loads(row[c] or "null") for c in ("before", "after")),
        )
        for row in rows
    ] == [
        ("user.create", "asha", None, {"kind": "console", "role": "analyst"}),
        ("user.change", "asha", {"role": "analyst"}, {"role": "sender"}),
        ("user.change", "asha", {"role": "sender"}, {"role": "read-only"}),
        ("user.password", "asha", None, None),
    ]
    stored = await api.database.fetchval("SELECT string_agg(t::text, '') FROM audit_entry t")
    assert OTHER not in stored


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"login": ""}, "login"),
        ({"login": " bela"}, "login"),
        ({"login": "x" * 65}, "login"),
        ({"login": "asha"}, "login"),
        ({"password": "too short"}, "password"),
        ({"password": "password2026!"}, "password"),
        ({"role": "king"}, "role"),
        ({"kind": "both"}, "kind"),
    ],
    ids=str,
)
async def test_a_user_that_cannot_be_is_refused(
    api: Api, owner: Browser, values: dict[str, str], field: str
) -> None:
    answer = (
        await added(owner, "bela", **{k: v for k, v in values.items() if k != "login"})
        if ("login" not in values)
        else await added(owner, values["login"])
    )

    assert (answer.status_code, answer.json()["field"]) == (400, field)
    assert await api.count("account_user") == 1


async def test_nobody_gives_or_touches_a_role_above_their_own(api: Api, owner: Browser) -> None:
    await added(owner, "bela")
    key = await owner.call("POST", "/keys", {"name": "hr", "scopes": ["admin", "report"]})
    headers = {"apikey": key.json()["key"]}
    known = await ids(owner)

    async def by_key(method: str, path: str, body: object = None) -> tuple[int, str | None]:
        return code(await api.client.request(method, path, json=body, headers=headers))

    new = {"login": "carla", "kind": "console", "password": OTHER}
    answers = [
        await by_key("POST", "/users", new | {"role": "analyst"}),
        await by_key("POST", "/users", new | {"login": "dora", "role": "sender"}),
        await by_key("PATCH", f"/users/{known['bela']}", {"role": "owner"}),
        await by_key("PATCH", f"/users/{known['asha']}", {"is_disabled": True}),
        await by_key("PUT", f"/users/{known['asha']}/password", {"password": OTHER}),
        await by_key("DELETE", f"/users/{known['asha']}/second-factor"),
        await by_key("PATCH", f"/users/{known['bela']}", {"is_disabled": True}),
    ]

    above = (403, "role_not_grantable")
    assert answers == [(201, None), above, above, above, above, above, (200, None)]


async def test_the_last_owner_who_can_sign_in_stays_one(owner: Browser) -> None:
    await added(owner, "machine", kind="api", role="owner")
    known = await ids(owner)
    me = f"/users/{known['asha']}"
    kept = [
        await owner.call("PATCH", me, {"role": "sender"}),
        await owner.call("PATCH", me, {"is_disabled": True}),
    ]
    machine = await owner.call("PATCH", f"/users/{known['machine']}", {"is_disabled": True})
    await added(owner, "bela", role="owner")
    goes = await owner.call("PATCH", me, {"role": "sender"})

    assert [code(answer) for answer in kept] == [(409, "last_owner")] * 2
    assert (machine.status_code, goes.status_code) == (200, 200)
    assert (await owner.get("/users")).status_code == 403


async def test_two_owners_who_demote_one_another_leave_one(
    api: Api, owner: Browser, acme: Headers
) -> None:
    await added(owner, "bela", role="owner")
    known = await ids(owner)

    answers = await asyncio.gather(
        *(
            api.client.patch(f"/users/{each}", json={"role": "sender"}, headers=acme)
            for each in known.values()
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_ones_own_password_is_changed_where_it_is_asked_for(owner: Browser) -> None:
    known = await ids(owner)

    answer = await owner.call("PUT", f"/users/{known['asha']}/password", {"password": OTHER})

    assert code(answer) == (409, "own_user")


async def test_users_of_others_are_unknown(api: Api, owner: Browser) -> None:
    known = await ids(owner)
    other = await api.account("other", "OTHERS")
    path = f"/users/{known['asha']}"

    answers = [
        await api.client.patch(path, json={"role": "sender"}, headers=other),
        await api.client.put(f"{path}/password", json={"password": OTHER}, headers=other),
        await api.client.delete(f"{path}/second-factor", headers=other),
    ]
    listed = await api.client.get("/users", headers=other)
    taken = await api.client.post(
        "/users",
        json={"login": "asha", "kind": "api", "role": "sender", "password": OTHER},
        headers=other,
    )

    assert [code(answer) for answer in answers] == [(404, "not_found")] * 3
    assert listed.json()["users"] == []
    assert taken.json()["field"] == "login"


async def test_an_account_has_no_more_users_than_it_may(api: Api, owner: Browser) -> None:
    await api.database.execute(
        "INSERT INTO account_user (account_id, login, password_hash) "
        "SELECT id, 'user ' || n, '' FROM account, generate_series(2, $1::integer) AS n",
        MAX_USERS,
    )

    assert code(await added(owner, "bela")) == (409, "too_many_users")


async def test_a_second_factor_is_of_users_of_the_console(owner: Browser) -> None:
    await added(owner, "machine", kind="api", role="sender")
    known = await ids(owner)

    answer = await owner.call("DELETE", f"/users/{known['machine']}/second-factor")

    assert code(answer) == (409, "not_of_console")


async def test_calls_with_a_password_can_be_switched_off(api: Api, owner: Browser) -> None:
    await added(owner, "machine", kind="api", role="sender")
    parameters = TRACKED | {"userId": "machine", "password": OTHER}
    off = await owner.call("PATCH", "/sign-in-rules", {"password_calls": False})
    refused = await api.client.get("/send", params=parameters)
    wrong = await api.client.get("/send", params=parameters | {"password": "wrong"})
    old = await api.client.get("/SMSApi/send", params=parameters | {"output": "json"})
    session = await owner.get("/session")
    await owner.call("PATCH", "/sign-in-rules", {"password_calls": True})
    taken = await api.client.get("/send", params=parameters)

    assert off.json() == {"password_calls": False, "demands_second_factor": False}
    assert code(refused) == (401, "password_calls_off")
    assert "send an API key" in refused.json()["reason"]
    assert code(wrong) == (401, "invalid_credentials")
    assert (old.status_code, old.json()["statusCode"]) == (200, "216")
    assert (session.status_code, taken.status_code) == (200, 200)
    rows = await api.database.fetch(
        "SELECT before, after FROM audit_entry WHERE action = 'account.sign-in-rules' ORDER BY id"
    )
    assert [(json.loads(r["before"]), json.loads(r["after"])) for r in rows] == [
        ({"password_calls": True}, {"password_calls": False}),
        ({"password_calls": False}, {"password_calls": True}),
    ]
