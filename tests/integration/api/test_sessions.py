"""Users of the console sign in, use every route by their role, and are out when they should be."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.api.domain.roles import UserKind
from services.api.operations.key_access import SessionAccess, find_refused
from services.api.operations.sessions import MAX_SESSIONS
from tests.support.api import Api, running_api
from tests.support.browsers import COOKIE, Browser, browser
from tests.support.sends import TRACKED

PASSWORD = "Blue Kettle in the sun"  # noqa: S105 - of nobody
OTHER = "Green teapot of the moon"
# Hashing a password for each of them would take most of the tests' time.
COLLEAGUES = """
    INSERT INTO account_user (account_id, password_hash, login, role, kind, is_disabled)
    SELECT account_id, password_hash, colleague.*
    FROM account_user, (VALUES
        ('sender', 'sender', 'console', false),
        ('analyst', 'analyst', 'console', false),
        ('reader', 'read-only', 'console', false),
        ('machine', 'owner', 'api', false),
        ('gone', 'owner', 'console', true)
    ) AS colleague
    WHERE account_user.login = 'asha'
"""


@pytest.fixture
async def users(api: Api) -> Api:
    await api.account("acme", "ACMEIN")
    await api.user("acme", "asha", PASSWORD, "owner", UserKind.CONSOLE)
    await api.database.execute(COLLEAGUES)
    return api


@pytest.fixture
async def asha(users: Api) -> AsyncIterator[Browser]:
    async with browser(users.app) as one:
        assert (await one.sign_in("asha", PASSWORD)).status_code == 200
        yield one


async def trail(api: Api) -> list[tuple[str, str, str | None]]:
    await api.app.state.context.failure_notes.flush()
    rows = await api.database.fetch(
        "SELECT action, author_name, host(address) AS address FROM audit_entry "
        "WHERE author_kind = 'user' ORDER BY id"
    )
    return [(row["action"], row["author_name"], row["address"]) for row in rows]


def code(answer: httpx.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("code") if answer.content else None


async def test_a_session_is_begun_used_and_ended(users: Api) -> None:
    async with browser(users.app) as one:
        answer = await one.sign_in("asha", PASSWORD)
        shown = (await one.get("/session")).json()
        sent = await one.client.post(
            "/send", data=TRACKED, headers={"x-csrf-token": one.csrf_token}
        )
        report = await one.get("/campaigns")
        made = await one.call("POST", "/keys", {"name": "shop", "scopes": ["send"]})
        kept = one.cookie
        out = await one.call("DELETE", "/session")
        after = [await one.get("/campaigns"), await one.get("/session")]
        one.client.cookies.set(COOKIE, kept or "", domain="api.test")
        again = [await one.get("/campaigns"), await one.get("/session")]

    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert "; Path=/; Max-Age=12" in cookie
    assert cookie.endswith("; HttpOnly; SameSite=Lax; Secure")
    assert answer.headers["cache-control"] == "no-store, private"
    assert (shown["login"], shown["role"]) == ("asha", "owner")
    assert shown["scopes"] == ["admin", "export", "otp", "report", "send"]
    assert shown["account"] == {"name": "acme", "time_zone": "Asia/Kolkata"}
    assert (sent.status_code, report.status_code, made.status_code) == (200, 200, 201)
    assert out.status_code == 204
    assert "Max-Age=0" in out.headers["set-cookie"]
    assert [code(each) for each in after] == [
        (401, "invalid_credentials"),
        (401, "session_missing"),
    ]
    assert [code(each) for each in again] == [(401, "session_missing")] * 2
    assert await trail(users) == [
        ("user.sign-in", "asha", "203.0.113.7"),
        ("campaign.send", "asha", "203.0.113.7"),
        ("key.create", "asha", "203.0.113.7"),
        ("user.sign-out", "asha", "203.0.113.7"),
    ]


async def test_only_a_digest_of_the_token_is_stored(users: Api, asha: Browser) -> None:
    stored = await users.database.fetchval("SELECT string_agg(t::text, '') FROM user_session t")

    assert asha.cookie
    assert asha.cookie not in stored


@pytest.mark.parametrize(
    ("login", "password"),
    [
        pytest.param("asha", OTHER, id="wrong password"),
        pytest.param("nobody", PASSWORD, id="unknown"),
        pytest.param("machine", PASSWORD, id="a user of the API"),
        pytest.param("gone", PASSWORD, id="disabled"),
        pytest.param("a\0b", PASSWORD, id="NUL"),
        pytest.param("", "", id="empty"),
    ],
)
async def test_who_may_not_sign_in_learns_nothing_else(
    users: Api, login: str, password: str
) -> None:
    async with browser(users.app) as one:
        answer = await one.sign_in(login, password)

    assert answer.status_code == 401
    assert answer.json() == {
        "status": "error",
        "statusCode": "216",
        "reason": "The login or the password is wrong, or this user cannot sign in",
        "code": "sign_in_refused",
        "field": "login",
    }
    assert "set-cookie" not in answer.headers


async def test_a_users_of_the_console_password_is_no_credential_of_calls(users: Api) -> None:
    answers = [
        await users.client.get("/send", params=TRACKED | {"userId": login, "password": PASSWORD})
        for login in ("asha", "machine")
    ]

    assert [code(answer) for answer in answers] == [(401, "invalid_credentials"), (200, None)]


@pytest.mark.parametrize(
    ("login", "may"),
    [
        ("asha", ["read", "export", "send", "admin"]),
        ("sender", ["read", "export", "send"]),
        ("analyst", ["read", "export"]),
        ("reader", ["read"]),
    ],
)
async def test_a_session_may_do_what_its_role_may(users: Api, login: str, may: list[str]) -> None:
    async with browser(users.app) as one:
        await one.sign_in("asha", PASSWORD)
        sent = await one.call("POST", "/send", TRACKED)
        campaign = f"/campaigns/{sent.json()['uuid']}"
        await one.sign_in(login, PASSWORD)
        answers = {
            "read": await one.get(campaign),
            "export": await one.get(f"{campaign}/recipients.csv"),
            "send": await one.call("POST", "/send", TRACKED),
            "admin": await one.get("/users"),
        }

    assert [what for what, answer in answers.items() if answer.is_success] == may
    assert {code(each) for each in answers.values() if not each.is_success} <= {
        (403, "scope_missing")
    }


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="no token"),
        pytest.param({"x-csrf-token": "x" * 43}, id="wrong token"),
        pytest.param({"right": "", "sec-fetch-site": "cross-site"}, id="another site"),
        pytest.param({"right": "", "sec-fetch-site": "same-site"}, id="a neighbour"),
        pytest.param({"right": "", "origin": "https://evil.example"}, id="another origin"),
    ],
)
async def test_another_sites_page_changes_nothing(
    users: Api, asha: Browser, headers: dict[str, str]
) -> None:
    if "right" in headers:
        headers = headers | {"x-csrf-token": asha.csrf_token}

    answers = [
        await asha.client.post("/send", data=TRACKED, headers=headers),
        await asha.client.post("/keys", json={"name": "x", "scopes": ["send"]}, headers=headers),
        await asha.client.delete("/session", headers=headers),
    ]

    assert [code(answer) for answer in answers] == [(403, "cross_site")] * 3
    assert await users.count("campaign") == 0


async def test_another_sites_page_signs_nobody_in(users: Api) -> None:
    async with browser(users.app) as one:
        body = {"login": "asha", "password": PASSWORD}
        answer = await one.client.post(
            "/session", json=body, headers={"sec-fetch-site": "cross-site"}
        )

    assert code(answer) == (403, "cross_site")


async def test_nothing_is_sent_by_get_with_a_cookie_nor_on_old_paths(
    users: Api, asha: Browser
) -> None:
    headers = {"x-csrf-token": asha.csrf_token}
    by_get = await asha.client.get("/send", params=TRACKED, headers=headers)
    old = [
        await asha.client.request(
            method, path, params=TRACKED | {"output": "json", "format": "json"}, headers=headers
        )
        for method in ("GET", "POST")
        for path in ("/SMSApi/send", "/SMSApi/rest/send", "/SMSApi/schedule/read")
    ]

    assert code(by_get) == (401, "invalid_credentials")
    assert all("Invalid credentials" in answer.text for answer in old)
    assert await users.count("campaign") == 0


async def test_a_key_counts_and_the_cookie_beside_it_does_not(asha: Browser) -> None:
    made = await asha.call("POST", "/keys", {"name": "shop", "scopes": ["send"]})
    headers = {"apikey": made.json()["key"]}

    answers = [
        await asha.client.post("/send", data=TRACKED, headers=headers),
        await asha.client.get("/campaigns", headers=headers),
        await asha.client.get("/campaigns", headers={"apikey": "txk_x_y"}),
        await asha.client.get("/session", headers=headers),
    ]

    assert [code(answer) for answer in answers] == [
        (200, None),
        (403, "scope_missing"),
        (401, "invalid_credentials"),
        (401, "session_missing"),
    ]


async def test_the_allow_list_holds_for_signing_in_and_for_every_request(
    users: Api, asha: Browser
) -> None:
    body = {"ip_allow_list": ["192.0.2.1"]}
    locked = await asha.call("PUT", "/ip-allow-list", body)
    headers = {"x-csrf-token": asha.csrf_token}
    await asha.client.put("/ip-allow-list?force=true", json=body, headers=headers)
    async with browser(users.app, "192.0.2.1") as inside, browser(users.app) as outside:
        answers = [
            await asha.get("/session"),
            await outside.sign_in("asha", OTHER),
            await outside.sign_in("asha", PASSWORD),
            await inside.sign_in("asha", PASSWORD),
        ]

    assert code(locked) == (409, "would_lock_out")
    assert [code(answer) for answer in answers] == [
        (403, "address_not_allowed"),
        (401, "sign_in_refused"),
        (403, "address_not_allowed"),
        (200, None),
    ]


async def test_a_changed_password_ends_other_sessions_at_once(users: Api, asha: Browser) -> None:
    before, csrf_before = asha.cookie, asha.csrf_token
    async with browser(users.app) as other, browser(users.app) as thief:
        await other.sign_in("asha", PASSWORD)
        wrong = await asha.call(
            "POST", "/session/password", {"password": OTHER, "new_password": OTHER}
        )
        weak = await asha.call(
            "POST", "/session/password", {"password": PASSWORD, "new_password": "asha-asha-1234"}
        )
        changed = await asha.call(
            "POST", "/session/password", {"password": PASSWORD, "new_password": OTHER}
        )
        thief.client.cookies.set(COOKIE, before or "", domain="api.test")
        answers = [
            await asha.get("/session"),
            await other.get("/session"),
            await thief.get("/session"),
            await other.sign_in("asha", PASSWORD),
            await other.sign_in("asha", OTHER),
        ]

    assert code(wrong) == (400, "wrong_password")
    assert weak.json()["field"] == "new_password"
    assert changed.status_code == 200
    assert (asha.cookie != before, asha.csrf_token != csrf_before) == (True, True)
    assert [answer.status_code for answer in answers] == [200, 401, 401, 401, 200]
    assert ("user.password", "asha", "203.0.113.7") in await trail(users)


async def test_who_is_disabled_is_out_at_once(users: Api, asha: Browser) -> None:
    async with browser(users.app) as other:
        await other.sign_in("analyst", PASSWORD)
        listed = (await asha.get("/users")).json()["users"]
        analyst = next(user["id"] for user in listed if user["login"] == "analyst")
        await asha.call("PATCH", f"/users/{analyst}", {"is_disabled": True})
        out = await other.get("/session")
        await asha.call("PATCH", f"/users/{analyst}", {"is_disabled": False})
        still_out = await other.get("/session")
        back = await other.sign_in("analyst", PASSWORD)

    assert (out.status_code, still_out.status_code, back.status_code) == (401, 401, 200)


async def test_own_sessions_are_listed_and_ended(users: Api, asha: Browser) -> None:
    async with browser(users.app, "198.51.100.9") as other, browser(users.app) as analyst:
        await other.sign_in("asha", PASSWORD)
        await analyst.sign_in("analyst", PASSWORD)
        listed = (await asha.get("/sessions")).json()["sessions"]
        [theirs] = (await analyst.get("/sessions")).json()["sessions"]
        of_other = next(each for each in listed if not each["is_this_one"])
        answers = [
            await asha.call("DELETE", f"/sessions/{theirs['id']}"),
            await asha.call("DELETE", f"/sessions/{of_other['id']}"),
            await asha.call("DELETE", f"/sessions/{of_other['id']}"),
            await other.get("/session"),
            await analyst.get("/session"),
        ]

    assert [each["address"] for each in listed] == ["198.51.100.9", "203.0.113.7"]
    assert listed[0]["agent"].startswith("python-httpx")
    assert [answer.status_code for answer in answers] == [404, 204, 404, 401, 200]


SET_AGE = """
    UPDATE user_session SET rotated_at = now() - $1::interval, seen_at = now() - $1::interval,
        previous_until = CASE WHEN previous_until IS NOT NULL THEN now() - $1::interval END
"""


async def age(api: Api, *, minutes: float) -> None:
    await api.database.execute(SET_AGE, timedelta(minutes=minutes))


async def test_a_token_is_exchanged_and_the_one_before_counts_for_a_moment(
    users: Api, asha: Browser
) -> None:
    first = asha.cookie
    await age(users, minutes=16)
    async with browser(users.app) as late:
        late.client.cookies.set(COOKIE, first or "", domain="api.test")
        await asha.get("/campaigns")
        second = asha.cookie
        # The new one has not been seen yet: a request under way is let in.
        under_way = await late.get("/session")
        await asha.get("/session")
        in_grace = await late.get("/session")
        await users.database.execute("UPDATE user_session SET previous_until = now()")
        over = await late.get("/session")
        goes_on = await asha.call("POST", "/send", TRACKED)

    assert second != first
    assert asha.cookie == second
    assert (under_way.status_code, in_grace.status_code, over.status_code) == (200, 200, 401)
    assert goes_on.status_code == 200


async def test_an_answer_that_never_arrived_signs_nobody_out(users: Api, asha: Browser) -> None:
    first = asha.cookie
    await age(users, minutes=16)
    await asha.get("/session")
    asha.client.cookies.clear()
    asha.client.cookies.set(COOKIE, first or "", domain="api.test")
    await age(users, minutes=16)

    again = await asha.get("/session")
    renewed = asha.client.cookies.jar
    after = [cookie.value for cookie in renewed if cookie.value != first]

    assert again.status_code == 200
    assert after


@pytest.mark.parametrize(
    "over",
    [
        pytest.param("ends_at = now()", id="unused"),
        pytest.param("expires_at = now(), ends_at = now()", id="old"),
    ],
)
async def test_a_session_ends_when_its_time_is_over(users: Api, asha: Browser, over: str) -> None:
    await users.database.execute(f"UPDATE user_session SET {over}")  # noqa: S608

    assert code(await asha.get("/campaigns")) == (401, "session_missing")
    assert code(await asha.get("/session")) == (401, "session_missing")


async def test_use_keeps_a_session_and_no_longer_than_it_may_live(
    users: Api, asha: Browser
) -> None:
    await users.database.execute(
        "UPDATE user_session SET seen_at = now() - interval '11 hours', "
        "ends_at = now() + interval '1 hour', expires_at = now() + interval '2 hours'"
    )
    await asha.get("/session")

    left = await users.database.fetchval(
        "SELECT ends_at = expires_at AND seen_at > now() - interval '1 minute' FROM user_session"
    )

    assert left is True


async def test_beyond_so_many_the_oldest_session_ends(users: Api, asha: Browser) -> None:
    await users.database.execute(
        """
        INSERT INTO user_session (
            account_id, user_id, token_sha256, csrf_token, agent, created_at, rotated_at,
            seen_at, ends_at, expires_at
        )
        SELECT account_id, user_id, sha256(n::text::bytea), '', '', now(), now(),
            now() + interval '1 second', ends_at, expires_at
        FROM user_session, generate_series(2, $1::integer) AS n
        """,
        MAX_SESSIONS,
    )
    async with browser(users.app) as one:
        before = (await asha.get("/session")).status_code
        await one.sign_in("asha", PASSWORD)
        after = (await asha.get("/session")).status_code
        newest = (await one.get("/session")).status_code

    assert (before, after) == (200, 401)
    assert newest == 200
    assert await users.count("user_session") == MAX_SESSIONS


async def test_without_tls_the_cookie_has_another_name(database_url: str) -> None:
    async with running_api(database_url, session_cookie_secure=False) as api:
        await api.account("acme", "ACMEIN")
        await api.user("acme", "asha", PASSWORD, "owner", UserKind.CONSOLE)
        answer = await api.client.post("/session", json={"login": "asha", "password": PASSWORD})
        session = await api.client.get("/session")

    assert answer.headers["set-cookie"].startswith("txlink-session=")
    assert "Secure" not in answer.headers["set-cookie"]
    assert session.status_code == 200


async def test_a_stream_ends_with_its_session(users: Api, asha: Browser) -> None:
    context = users.app.state.context
    session_id = await users.database.fetchval("SELECT id FROM user_session")
    access = SessionAccess(session_id, None)

    async def refused() -> set[Any]:
        async with context.engine.connect() as connection:
            return set(await find_refused(connection, {access}))

    before = await refused()
    await asha.call("DELETE", "/session")

    assert (before, await refused()) == (set(), {access})
