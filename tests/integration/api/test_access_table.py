"""Every route refuses whoever may not call it, each for the reason that is theirs.

The routes are taken from the application, so that none is forgotten: a new one fails here until
it is guarded, or said to be for everyone.
"""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, replace

import asyncpg
import httpx
import pytest
import pytest_asyncio

from services.api.domain.roles import ROLE_SCOPES
from tests.support.api import running_api
from tests.support.api_routes import NOBODYS_PARTS, api_routes
from tests.support.browsers import COOKIE, Browser
from tests.support.database import DatabaseServer
from tests.support.scope_table import scope_of_role

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("access-table")]

INSIDE, OUTSIDE = "203.0.113.7", "198.51.100.9"
# Where the account may be used from, and one of its keys may not.
BESIDE = "192.0.2.5"
PASSWORD = "Blue Kettle in the sun"  # noqa: S105 - of nobody
# They tell nothing of anyone.
FOR_EVERYONE = {"/healthz", "/whoami", "/openapi.json", "/docs", "/docs/oauth2-redirect"}
# No key will do there; to sign in, everyone may ask.
OF_ONESELF = "/session"
SET_UP = f"""
    UPDATE api_key SET revoked_at = now() WHERE name = 'revoked';
    UPDATE api_key SET expires_at = '2026-01-02 03:04:05Z' WHERE name = 'expired';
    UPDATE api_key SET scopes = '{{}}' WHERE name = 'lacking';
    UPDATE api_key SET ip_allow_list = '{{{INSIDE}}}' WHERE name = 'elsewhere';
    UPDATE account SET ip_allow_list = '{{{INSIDE},192.0.2.0/24}}';
    INSERT INTO account_user (account_id, password_hash, login, role, kind)
    SELECT account_id, password_hash, name, name, 'console' FROM account_user,
        unnest(ARRAY['owner', 'sender', 'analyst', 'read-only']) AS roles (name);
"""  # noqa: S608
JSON_ASKED = {"output": "json", "format": "json"}


@dataclass(frozen=True, slots=True)
class Expected:
    """A refusal: its HTTP status, the trade's code for it, its own code and its reason."""

    status: int
    trade_code: str
    code: str
    reason: str


UNKNOWN = Expected(
    401,
    "216",
    "invalid_credentials",
    "Invalid credentials: send a live API key in the header apikey or as Authorization: Bearer, "
    "or userId and password",
)
NO_SESSION = Expected(
    401,
    "216",
    "session_missing",
    "There is no session, or it has ended: sign in by POST /session",
)
CROSS_SITE = Expected(
    403,
    "403",
    "cross_site",
    "A session changes something only for its own pages: send the csrf_token of GET /session in "
    "the header X-CSRF-Token, from the same origin",
)
EXPIRED = Expected(
    401,
    "216",
    "key_expired",
    "The API key expired at 2026-01-02T03:04:05Z: use the one that took its place, or have "
    "another made",
)
LACKING = Expected(403, "403", "scope_missing", "These credentials lack the scope ")
LEFT_OUT = Expected(
    403, "403", "address_not_allowed", f"These credentials may not be used from {OUTSIDE}"
)
LEFT_OUT_BY_KEY = replace(LEFT_OUT, reason=f"These credentials may not be used from {BESIDE}")
# Of each kind of caller: the name of its key, where it calls from, and how it is refused.
CALLERS = {
    "no credential": (None, INSIDE, UNKNOWN),
    "wrong secret": ("wrong", INSIDE, UNKNOWN),
    "revoked": ("revoked", INSIDE, UNKNOWN),
    "revoked and outside": ("revoked", OUTSIDE, UNKNOWN),
    "expired": ("expired", INSIDE, EXPIRED),
    "lacking scope": ("lacking", INSIDE, LACKING),
    "outside the account's list": ("good", OUTSIDE, LEFT_OUT),
    "outside the key's list": ("elsewhere", BESIDE, LEFT_OUT_BY_KEY),
    "outside and lacking scope": ("lacking", OUTSIDE, LEFT_OUT),
}
LOGINS = {
    "wrong password": ("wrong", INSIDE, UNKNOWN),
    "outside by login": (PASSWORD, OUTSIDE, LEFT_OUT),
}


ROUTES = api_routes()
GUARDED = [
    (method, path)
    for method, path in ROUTES
    if path not in FOR_EVERYONE and not path.startswith(OF_ONESELF)
]
BY_SESSION_ALONE = [
    (method, path)
    for method, path in ROUTES
    if path.startswith(OF_ONESELF) and (method, path) != ("POST", "/session")
]
# What a session is good for; a page of another site could have what is not here called.
WITH_SESSION = [
    (method, path)
    for method, path in GUARDED
    if not path.startswith("/SMSApi/") and (method, path) != ("GET", "/send")
]
WITH_LOGIN = [
    (method, path) for method, path in GUARDED if path == "/send" or path.startswith("/SMSApi/")
]


@dataclass(frozen=True, slots=True)
class Callers:
    """Keys by name, a client for each address, and sessions by role: cookie and CSRF token."""

    keys: Mapping[str, str]
    clients: Mapping[str, httpx.AsyncClient]
    sessions: Mapping[str, tuple[str, str]]
    database: asyncpg.Connection

    async def by_session(
        self, method: str, path: str, role: str, *, address: str = INSIDE, token: str | None = None
    ) -> httpx.Response:
        for part, value in NOBODYS_PARTS.items():
            path = path.replace(part, value)
        cookie, csrf_token = self.sessions[role]
        headers = {"cookie": f"{COOKIE}={cookie}"}
        headers["x-csrf-token"] = csrf_token if token is None else token
        asked = JSON_ASKED if path == "/send" or path.startswith("/SMSApi/") else {}
        return await self.clients[address].request(method, path, params=asked, headers=headers)

    async def call(
        self, method: str, path: str, address: str, key: str | None = None, **values: str
    ) -> httpx.Response:
        for part, value in NOBODYS_PARTS.items():
            path = path.replace(part, value)
        headers = {} if key is None else {"apikey": self.keys[key]}
        asked = JSON_ASKED if path == "/send" or path.startswith("/SMSApi/") else {}
        return await self.clients[address].request(
            method, path, params=asked | values, headers=headers
        )


@pytest.fixture(scope="module")
def database(postgres_server: DatabaseServer) -> Iterator[str]:
    """Yield one database for all cases."""
    with postgres_server.migrated_database() as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def callers(database: str) -> AsyncIterator[Callers]:
    async with running_api(database) as api:
        keys = {"good": (await api.account("acme", "ACMEIN"))["apikey"]}
        for name in ("revoked", "expired", "lacking", "elsewhere"):
            made = await api.client.post(
                "/keys",
                json={"name": name, "scopes": ["send", "report", "admin"]},
                headers={"apikey": keys["good"]},
            )
            keys[name] = made.json()["key"]
        # As long as a right one, with the prefix of a key that lives.
        keys["wrong"] = keys["good"][:-43] + "x" * 43
        await api.user("acme", "asha", PASSWORD, "owner")
        await api.database.execute(SET_UP)
        transports = {
            address: httpx.ASGITransport(
                api.app, client=(address, 40_000), raise_app_exceptions=False
            )
            for address in (INSIDE, BESIDE, OUTSIDE)
        }
        clients = {
            address: httpx.AsyncClient(transport=transport, base_url="https://api.test")
            for address, transport in transports.items()
        }
        sessions, browser = {}, Browser(clients[INSIDE])
        for role in (*ROLE_SCOPES, "ended"):
            await browser.sign_in("owner" if role == "ended" else role, PASSWORD)
            sessions[role] = (browser.cookie or "", browser.csrf_token)
        await browser.call("DELETE", "/session")
        clients[INSIDE].cookies.clear()
        yield Callers(keys, clients, sessions, api.database)
        for client in clients.values():
            await client.aclose()


def told(response: httpx.Response) -> tuple[int, dict[str, str]]:
    """Return the status, and what is told of a refusal, in the words of new clients."""
    answer = json.loads(response.text)
    answer = answer.get("response", answer)
    return response.status_code, {
        "statusCode": answer.get("statusCode") or answer["code"],
        "reason": answer.get("reason") or answer["msg"],
        **({"code": answer["code"]} if "statusCode" in answer and "code" in answer else {}),
    }


def assert_refused(response: httpx.Response, path: str, expected: Expected) -> None:
    status, values = told(response)
    is_old = path.startswith("/SMSApi/")
    trade_code = expected.trade_code
    assert status == (200 if is_old else expected.status)
    assert values["statusCode"] == trade_code
    if not is_old:
        assert values["code"] == expected.code
    if expected is LACKING:
        assert values["reason"].startswith(expected.reason)
    else:
        assert values["reason"] == expected.reason


@pytest.mark.parametrize("kind", CALLERS)
@pytest.mark.parametrize(("method", "path"), GUARDED, ids=" ".join)
async def test_every_route_refuses_a_caller(
    callers: Callers, method: str, path: str, kind: str
) -> None:
    key, address, expected = CALLERS[kind]

    response = await callers.call(method, path, address, key)

    assert_refused(response, path, expected)


@pytest.mark.parametrize("kind", LOGINS)
@pytest.mark.parametrize(("method", "path"), WITH_LOGIN, ids=" ".join)
async def test_every_route_that_takes_logins_refuses_one(
    callers: Callers, method: str, path: str, kind: str
) -> None:
    password, address, expected = LOGINS[kind]
    # Or it would be told to wait.
    await callers.database.execute("DELETE FROM sign_in_failure")

    response = await callers.call(method, path, address, userId="asha", password=password)

    assert_refused(response, path, expected)


@pytest.mark.parametrize(("method", "path"), GUARDED, ids=" ".join)
async def test_every_route_lets_a_good_key_in(callers: Callers, method: str, path: str) -> None:
    response = await callers.call(method, path, INSIDE, "good")

    refusals = (UNKNOWN, EXPIRED, LACKING, LEFT_OUT)
    assert response.status_code not in {401, 403, 500}
    assert not any(refusal.reason in response.text for refusal in refusals)


@pytest.mark.parametrize("kind", CALLERS)
async def test_what_users_do_about_themselves_takes_no_key(callers: Callers, kind: str) -> None:
    key, address, _ = CALLERS[kind]

    for method, path in BY_SESSION_ALONE:
        assert_refused(await callers.call(method, path, address, key), path, NO_SESSION)


@pytest.mark.parametrize("role", ROLE_SCOPES)
async def test_a_session_is_let_in_wherever_its_role_may(callers: Callers, role: str) -> None:
    let_in = []
    for method, path in WITH_SESSION:
        response = await callers.by_session(method, path, role)
        if scope_of_role(method, path) in ROLE_SCOPES[role]:
            assert response.status_code not in {401, 403, 500}, (method, path)
            let_in.append(path)
        else:
            assert_refused(response, path, LACKING)

    assert let_in
    for method, path in BY_SESSION_ALONE:
        if (method, path) != ("DELETE", "/session"):
            response = await callers.by_session(method, path, role)
            assert response.status_code not in {401, 403, 500}, (method, path)


@pytest.mark.parametrize(
    ("role", "address", "expected"),
    [
        pytest.param("ended", INSIDE, NO_SESSION, id="ended"),
        pytest.param("owner", OUTSIDE, LEFT_OUT, id="outside the account's list"),
    ],
)
async def test_every_route_refuses_a_session(
    callers: Callers, role: str, address: str, expected: Expected
) -> None:
    for method, path in (*WITH_SESSION, *BY_SESSION_ALONE):
        response = await callers.by_session(method, path, role, address=address)
        assert_refused(response, path, expected)


@pytest.mark.parametrize("token", ["", "x" * 43])
async def test_a_session_without_its_token_changes_nothing(callers: Callers, token: str) -> None:
    changing = [place for place in (*WITH_SESSION, *BY_SESSION_ALONE) if place[0] != "GET"]

    for method, path in changing:
        response = await callers.by_session(method, path, "owner", token=token)
        assert_refused(response, path, CROSS_SITE)

    assert len(changing) >= 30


async def test_old_paths_and_a_send_by_get_take_no_session(callers: Callers) -> None:
    for method, path in sorted(set(GUARDED) - set(WITH_SESSION)):
        assert_refused(await callers.by_session(method, path, "owner"), path, UNKNOWN)


async def test_what_is_for_everyone_is_there(callers: Callers) -> None:
    assert {path for _, path in ROUTES} >= FOR_EVERYONE
    assert len(GUARDED) >= 50
    for path in sorted(FOR_EVERYONE):
        assert (await callers.call("GET", path, OUTSIDE)).status_code == 200
