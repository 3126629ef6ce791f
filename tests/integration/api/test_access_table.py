"""Every route refuses whoever may not call it, each for the reason that is theirs.

The routes are taken from the application, so that none is forgotten: a new one fails here until
it is guarded, or said to be for everyone.
"""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, replace

import httpx
import pytest
import pytest_asyncio
from fastapi.routing import iter_route_contexts
from pydantic import SecretStr

from services.api.main import create_app
from services.api.settings import ApiSettings
from tests.support.api import running_api
from tests.support.database import DatabaseServer
from tests.support.sealing import SECRET_KEYS

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("access-table")]

INSIDE, OUTSIDE = "203.0.113.7", "198.51.100.9"
# Where the account may be used from, and one of its keys may not.
BESIDE = "192.0.2.5"
PASSWORD = "Blue Kettle in the sun"  # noqa: S105 - of nobody
# They tell nothing of anyone.
FOR_EVERYONE = {"/healthz", "/whoami", "/openapi.json", "/docs", "/docs/oauth2-redirect"}
PARTS = {
    "{prefix}": "0123456789ab",
    "{msisdn}": "919876543210",
    "{campaign_uuid}": "0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de",
    "{webhook_id}": "0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de",
    "{upload_id}": "0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de",
}
SET_UP = f"""
    UPDATE api_key SET revoked_at = now() WHERE name = 'revoked';
    UPDATE api_key SET expires_at = '2026-01-02 03:04:05Z' WHERE name = 'expired';
    UPDATE api_key SET scopes = '{{}}' WHERE name = 'lacking';
    UPDATE api_key SET ip_allow_list = '{{{INSIDE}}}' WHERE name = 'elsewhere';
    UPDATE account SET ip_allow_list = '{{{INSIDE},192.0.2.0/24}}';
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


def api_routes() -> list[tuple[str, str]]:
    """Return every method and path that the application serves."""
    app = create_app(
        ApiSettings(
            database_url=SecretStr("postgresql://nobody@nowhere/none"), secret_keys=SECRET_KEYS
        )
    )
    return [
        (method, route.path)
        for route in iter_route_contexts(app.routes)
        for method in sorted(route.methods or ())
        if route.path is not None
    ]


ROUTES = api_routes()
GUARDED = [(method, path) for method, path in ROUTES if path not in FOR_EVERYONE]
WITH_LOGIN = [
    (method, path) for method, path in GUARDED if path == "/send" or path.startswith("/SMSApi/")
]


@dataclass(frozen=True, slots=True)
class Callers:
    """Keys by name, and a client for each address."""

    keys: Mapping[str, str]
    clients: Mapping[str, httpx.AsyncClient]

    async def call(
        self, method: str, path: str, address: str, key: str | None = None, **values: str
    ) -> httpx.Response:
        for part, value in PARTS.items():
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
            address: httpx.AsyncClient(transport=transport, base_url="http://api.test")
            for address, transport in transports.items()
        }
        yield Callers(keys, clients)
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

    response = await callers.call(method, path, address, userId="asha", password=password)

    assert_refused(response, path, expected)


@pytest.mark.parametrize(("method", "path"), GUARDED, ids=" ".join)
async def test_every_route_lets_a_good_key_in(callers: Callers, method: str, path: str) -> None:
    response = await callers.call(method, path, INSIDE, "good")

    refusals = (UNKNOWN, EXPIRED, LACKING, LEFT_OUT)
    assert response.status_code not in {401, 403, 500}
    assert not any(refusal.reason in response.text for refusal in refusals)


async def test_what_is_for_everyone_is_there(callers: Callers) -> None:
    assert {path for _, path in ROUTES} >= FOR_EVERYONE
    assert len(GUARDED) >= 50
    for path in sorted(FOR_EVERYONE):
        assert (await callers.call("GET", path, OUTSIDE)).status_code == 200
