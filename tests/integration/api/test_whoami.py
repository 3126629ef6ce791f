"""Which address the API says that it sees of whoever asks, and why."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from services.api.main import create_app
from services.api.schemas.whoami import EXAMPLE, WhoAmI
from services.api.settings import ApiSettings
from shared.domain.trusted_proxies import parse_trusted_proxies
from shared.schema.grants import Service
from tests.support.api_process import api_process
from tests.support.roles import url_as
from tests.support.sealing import SECRET_KEYS

PROXY = "10.0.0.5"


@pytest.fixture
async def app(database_url: str) -> AsyncIterator[FastAPI]:
    settings = ApiSettings(
        database_url=SecretStr(url_as(Service.API, database_url)),
        secret_keys=SECRET_KEYS,
        trusted_proxies=parse_trusted_proxies("10.0.0.0/8"),
    )
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app


async def asked(
    app: FastAPI, peer: str, *headers: tuple[str, str], path: str = "/whoami"
) -> httpx.Response:
    transport = httpx.ASGITransport(app, client=(peer, 40_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as client:
        return await client.get(path, headers=list(headers))


async def test_behind_a_trusted_proxy_it_is_the_address_that_the_proxy_names(app: FastAPI) -> None:
    response = await asked(app, PROXY, ("X-Forwarded-For", "1.1.1.1, 81.2.69.142"))

    assert response.status_code == 200
    assert response.json() == EXAMPLE
    assert response.headers["cache-control"] == "no-store, private"


@pytest.mark.parametrize(
    ("peer", "headers", "address", "reason"),
    [
        pytest.param("9.9.9.9", [], "9.9.9.9", "peer_not_trusted", id="peer"),
        pytest.param("::ffff:9.9.9.9", [], "9.9.9.9", "peer_not_trusted", id="mapped-peer"),
        pytest.param("testclient", [], None, "unknown_peer", id="no-address"),
        pytest.param(PROXY, [], PROXY, "not_forwarded", id="proxy-itself"),
        pytest.param(
            PROXY,
            [("X-Forwarded-For", "1.1.1.1"), ("X-Forwarded-For", "9.9.9.9")],
            "9.9.9.9",
            "forwarded",
            id="two-lines",
        ),
        pytest.param(
            PROXY, [("Forwarded", 'for="[2001:db8::1]:80"')], "2001:db8::1", "forwarded", id="rfc"
        ),
        pytest.param(PROXY, [("X-Forwarded-For", "unknown")], PROXY, "hidden", id="hidden"),
        pytest.param(PROXY, [("X-Forwarded-For", "bogus")], PROXY, "malformed", id="malformed"),
    ],
)
async def test_it_says_which_address_and_why(
    app: FastAPI, peer: str, headers: list[tuple[str, str]], address: str | None, reason: str
) -> None:
    answer = (await asked(app, peer, *headers)).json()

    assert (answer["address"], answer["reason"]) == (address, reason)
    assert answer["explanation"]


async def test_a_stranger_forges_no_address_and_is_told_so(app: FastAPI) -> None:
    answer = (await asked(app, "9.9.9.9", ("X-Forwarded-For", "1.1.1.1"))).json()

    assert (answer["address"], answer["header"]) == ("9.9.9.9", None)
    assert answer["ignored_headers"] == ["X-Forwarded-For"]
    assert "X-Forwarded-For of this request counts for nothing" in answer["explanation"]


async def test_it_is_documented_with_an_example_that_is_one(app: FastAPI) -> None:
    document = (await asked(app, PROXY, path="/openapi.json")).json()

    operation = document["paths"]["/whoami"]["get"]
    assert "security" not in operation
    assert "no API key" in operation["description"]
    example = document["components"]["schemas"]["WhoAmI"]["example"]
    assert WhoAmI.model_validate(example).model_dump(mode="json") == example


@pytest.mark.parametrize(
    ("trusted", "address"), [("", "127.0.0.1"), ("127.0.0.0/8", "81.2.69.142")]
)
def test_the_process_believes_whom_its_environment_says_and_nobody_else(
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    trusted: str,
    address: str,
) -> None:
    monkeypatch.setenv("TRUSTED_PROXIES", trusted)

    with api_process("python", database_url, tmp_path / "log") as client:
        answer = client.get("/whoami", headers={"X-Forwarded-For": "81.2.69.142"}).json()

    assert answer["address"] == address
