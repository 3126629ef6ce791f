"""A session lets nobody in, and gets no key that can do everything, without a recent proof."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from services.api.domain.roles import UserKind
from tests.support.api import Api, running_api
from tests.support.browsers import Browser, browser, code_of, freeze

PASSWORD = "Blue Kettle in the sun"  # noqa: S105 - of nobody
OTHER = "Green teapot of the moon"
STALE = "UPDATE user_session SET proved_at = now() - interval '16 minutes'"
STRICT = "UPDATE account SET password_calls = false"
NEEDED = (403, "fresh_proof_needed")
ADMIN = {"name": "robot", "scopes": ["admin"]}
RAVI = {"login": "ravi", "kind": "console", "role": "read-only", "password": OTHER}
COLLEAGUES = """
    INSERT INTO account_user (account_id, password_hash, login, role, kind, is_disabled)
    SELECT account_id, password_hash, colleague.*
    FROM account_user, (VALUES
        ('analyst', 'analyst', 'console', false), ('gone', 'sender', 'console', true)
    ) AS colleague
    WHERE login = 'asha'
"""


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    async with running_api(database_url) as api:
        yield api


@pytest.fixture
async def asha(api: Api) -> AsyncIterator[Browser]:
    """Return an owner whose proof is too old; her account has a key with admin."""
    await api.account("acme", "ACMEIN")
    await api.user("acme", "asha", PASSWORD, "owner", UserKind.CONSOLE)
    await api.database.execute(COLLEAGUES)
    async with browser(api.app) as one:
        assert (await one.sign_in("asha", PASSWORD)).status_code == 200
        await api.database.execute(STALE)
        yield one


async def outcome(
    asha: Browser, method: str, path: str, json: object = None
) -> tuple[int, str | None]:
    answer = await asha.call(method, path, json)
    return answer.status_code, answer.json().get("code") if answer.content else None


async def ids(api: Api) -> dict[str, str]:
    rows = await api.database.fetch("SELECT login, uuid FROM account_user")
    return {row["login"]: str(row["uuid"]) for row in rows}


async def test_what_lets_somebody_in_needs_a_proof_and_goes_on_after_it(
    api: Api, asha: Browser
) -> None:
    prefix = await api.database.fetchval("SELECT prefix FROM api_key")
    users = await ids(api)
    analyst, gone = (f"/users/{users[login]}" for login in ("analyst", "gone"))
    calls: list[tuple[str, str, object, int]] = [
        ("POST", "/keys", ADMIN, 201),
        ("POST", f"/keys/{prefix}/rotate", {}, 201),
        ("POST", "/users", RAVI, 201),
        ("PATCH", analyst, {"role": "owner"}, 200),
        ("PATCH", gone, {"is_disabled": False}, 200),
        ("PUT", f"{analyst}/password", {"password": OTHER}, 204),
        ("DELETE", f"{analyst}/second-factor", None, 204),
        ("PATCH", "/sign-in-rules", {"password_calls": True}, 200),
    ]
    await api.database.execute(STRICT)
    before = [await api.count(table) for table in ("api_key", "account_user", "audit_entry")]

    refused = [await outcome(asha, method, path, body) for method, path, body, _ in calls]
    after = [await api.count(table) for table in ("api_key", "account_user", "audit_entry")]
    proved = await asha.call("POST", "/session/proof", {"password": PASSWORD})
    done = [await asha.call(method, path, body) for method, path, body, _ in calls]

    assert refused == [NEEDED] * len(calls)
    assert after == before
    assert proved.status_code == 204
    assert [answer.status_code for answer in done] == [status for *_, status in calls]


async def test_what_lets_nobody_in_needs_none(api: Api, asha: Browser) -> None:
    analyst = f"/users/{(await ids(api))['analyst']}"
    made = await asha.call("POST", "/keys", {"name": "shop", "scopes": ["send", "report"]})
    prefix = made.json()["prefix"]

    assert made.status_code == 201
    for method, path, body in (
        ("POST", f"/keys/{prefix}/rotate", {}),
        ("DELETE", f"/keys/{prefix}", None),
        ("PATCH", analyst, {"role": "read-only"}),
        ("PATCH", analyst, {"is_disabled": True}),
        ("PATCH", analyst, {"role": "read-only", "is_disabled": True}),
        ("PATCH", "/sign-in-rules", {"password_calls": False}),
    ):
        assert (await asha.call(method, path, body)).is_success, path


async def test_keys_are_asked_for_no_proof(api: Api, asha: Browser) -> None:
    del asha
    headers = await api.account("other", "OTHERX")
    made = await api.client.post("/keys", json=ADMIN, headers=headers)
    added = await api.client.post("/users", json=RAVI, headers=headers)

    assert (made.status_code, added.status_code) == (201, 201)


async def test_a_wrong_proof_is_none_and_costs_waits_as_signing_in_does(
    api: Api, asha: Browser
) -> None:
    body = {"password": OTHER}
    answers = [await outcome(asha, "POST", "/session/proof", body) for _ in range(8)]
    throttled = await asha.call("POST", "/session/proof", {"password": PASSWORD})
    by_key = await api.client.post("/session/proof", json=body, headers={"apikey": "x"})

    assert answers[:5] == [(400, "wrong_password")] * 5
    assert answers[-1] == (429, "too_many_failures")
    assert throttled.status_code == 429
    assert int(throttled.headers["retry-after"]) >= 1
    assert by_key.status_code == 401
    assert await outcome(asha, "POST", "/keys", ADMIN) == NEEDED


async def test_who_has_a_second_factor_proves_that_too(api: Api, asha: Browser) -> None:
    freeze(api.app)
    secret, codes = await asha.set_up_factor(PASSWORD)
    await api.database.execute(STALE)
    missing = await outcome(asha, "POST", "/session/proof", {"password": PASSWORD})
    wrong = await outcome(asha, "POST", "/session/proof", {"password": PASSWORD, "code": "000000"})
    still = await outcome(asha, "POST", "/keys", ADMIN)
    right = {"password": PASSWORD, "code": code_of(secret)}
    proved = await asha.call("POST", "/session/proof", right)
    made = await asha.call("POST", "/keys", ADMIN)
    replayed = await outcome(asha, "POST", "/session/proof", right)
    recovered = await asha.call(
        "POST", "/session/proof", {"password": PASSWORD, "recovery_code": codes[0]}
    )

    assert missing == (401, "second_factor_needed")
    assert wrong == (401, "second_factor_wrong")
    assert still == NEEDED
    assert (proved.status_code, made.status_code) == (204, 201)
    assert replayed == (401, "second_factor_wrong")
    assert recovered.status_code == 204


async def test_a_proof_is_of_one_session_and_for_its_time(api: Api, asha: Browser) -> None:
    async with browser(api.app) as other:
        await other.sign_in("asha", PASSWORD)
        made = await other.call("POST", "/keys", ADMIN)
    elsewhere = await outcome(asha, "POST", "/keys", ADMIN)
    # A session of before there were proofs.
    await api.database.execute("UPDATE user_session SET proved_at = NULL")
    never = await outcome(asha, "POST", "/keys", ADMIN)
    await api.database.execute("UPDATE user_session SET proved_at = now() - interval '2 minutes'")
    short = replace(
        api.app.state.context,
        settings=api.app.state.context.settings.model_copy(update={"session_proof_s": 60.0}),
    )
    in_time = await asha.call("POST", "/keys", ADMIN)
    api.app.state.context = short
    too_late = await outcome(asha, "POST", "/keys", ADMIN)

    assert made.status_code == 201
    assert elsewhere == NEEDED
    assert never == NEEDED
    assert in_time.status_code == 201
    assert too_late == NEEDED
