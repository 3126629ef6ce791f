"""Who gets what of the short domain, where there are no credentials: by path, method and address.

The routes are taken from the application: a new one fails until it is in the table.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from pydantic import SecretStr

from services.redirector.main import create_app
from services.redirector.settings import RedirectorSettings
from shared.domain.trusted_proxies import parse_trusted_proxies
from shared.schema.grants import Service
from tests.support.database import DatabaseServer
from tests.support.links import DESTINATION, seed_campaign
from tests.support.redirector import journaled_hits, serving
from tests.support.roles import url_as
from tests.support.sealing import SECRET_KEYS

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("redirector-access-table"),
]

STAFF, STRANGER = "192.0.2.1", "198.51.100.9"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
READING = ("GET", "HEAD")
# Statuses by path: of GET, of HEAD, of all other methods.
ROUTES = {
    "/healthz": (200, 405, 405),
    "/robots.txt": (200, 200, 405),
    "/favicon.ico": (204, 204, 405),
}
LINKS = {
    "/{token}": (302, 302, 405),
    "/ACME/{token}": (302, 302, 405),
    "/zzzzzz": (404, 404, 405),
    "/": (404, 404, 404),
    "/openapi.json": (404, 404, 404),
    "/docs": (404, 404, 404),
    # As long as a token, and none.
    "/whoami": (404, 404, 405),
    "/campaigns": (404, 404, 404),
}
PREVIEWS = ("/{token}+", "/ACME/{token}+")
# What would have any other server show something, or do it.
FORGED = {
    "apikey": "txk_0123456789ab_x",
    "authorization": "Bearer x",
    "x-original-url": "/admin",
    "x-http-method-override": "DELETE",
    "host": "attacker.example",
}


@dataclass(frozen=True, slots=True)
class Domain:
    """A short domain with one live link."""

    client: httpx.AsyncClient
    settings: RedirectorSettings
    token: str

    async def ask(
        self, method: str, path: str, address: str = STRANGER, **headers: str
    ) -> httpx.Response:
        return await self.client.request(
            method,
            path.replace("{token}", self.token),
            headers={"x-forwarded-for": address, **headers},
        )


def statuses(row: tuple[int, int, int]) -> dict[str, int]:
    get, head, other = row
    return dict.fromkeys(METHODS, other) | {"GET": get, "HEAD": head}


@pytest.fixture(scope="module")
def database(postgres_server: DatabaseServer) -> Iterator[str]:
    with postgres_server.migrated_database() as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def domain(database: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Domain]:
    values = {
        "database_url": SecretStr(url_as(Service.REDIRECTOR, database)),
        "secret_keys": SECRET_KEYS,
        "data_dir": tmp_path_factory.mktemp("redirector"),
        "trusted_proxies": parse_trusted_proxies("127.0.0.1"),
        "link_preview_from": parse_trusted_proxies(STAFF),
        "unknown_links_per_minute": 1_000,
    }
    settings = RedirectorSettings.model_validate(values, by_name=True, by_alias=True)
    campaign = await seed_campaign(database)
    async with serving(settings) as client:
        yield Domain(client, settings, campaign.tokens[0])


async def test_every_route_is_in_the_table(tmp_path: Path) -> None:
    links = create_app(
        RedirectorSettings(
            database_url=SecretStr("postgresql://nobody@nowhere/none"),
            secret_keys=SECRET_KEYS,
            data_dir=tmp_path,
        )
    )
    app = links._app
    assert isinstance(app, FastAPI)

    served = {
        (method, route.path)
        for route in iter_route_contexts(app.routes)
        for method in route.methods or ()
    }

    assert served == {
        (method, path)
        for path, row in ROUTES.items()
        for method, status in statuses(row).items()
        if status != httpx.codes.METHOD_NOT_ALLOWED
    }


@pytest.mark.parametrize("path", [*ROUTES, *LINKS])
async def test_a_path_answers_its_methods_and_no_others_whoever_asks(
    domain: Domain, path: str
) -> None:
    expected = statuses((ROUTES | LINKS)[path])

    for address in (STAFF, STRANGER):
        found = {
            method: (await domain.ask(method, path, address)).status_code for method in METHODS
        }
        forged = {
            method: (await domain.ask(method, path, address, **FORGED)).status_code
            for method in METHODS
        }
        assert (found, forged) == (expected, expected)


@pytest.mark.parametrize("path", PREVIEWS)
@pytest.mark.parametrize("method", METHODS)
async def test_a_preview_is_for_addresses_that_are_named_alone(
    domain: Domain, path: str, method: str
) -> None:
    before = len(journaled_hits(domain.settings.journal_folder))
    staff = await domain.ask(method, path, STAFF)
    stranger = await domain.ask(method, path, STRANGER)
    forger = await domain.ask(method, path, f"{STAFF}, {STRANGER}")

    assert staff.status_code == (200 if method in READING else 405)
    assert (DESTINATION in staff.text) == (method == "GET")
    assert [each.status_code for each in (stranger, forger)] == [404, 404]
    assert not any(DESTINATION in str(each.headers) + each.text for each in (stranger, forger))
    assert len(journaled_hits(domain.settings.journal_folder)) == before


async def test_health_tells_nothing_of_what_is_served(domain: Domain) -> None:
    answer = await domain.ask("GET", "/healthz")

    assert answer.json() == {"status": "ok", "lost_hits": 0}


@pytest.mark.parametrize("path", [*ROUTES, *LINKS, *PREVIEWS])
async def test_no_answer_names_its_server_or_is_kept_for_others(domain: Domain, path: str) -> None:
    answer = await domain.ask("GET", path)

    assert "server" not in answer.headers
    assert "set-cookie" not in answer.headers
    if path in LINKS and answer.status_code == httpx.codes.FOUND:
        assert answer.headers["cache-control"] == "private, no-store"
