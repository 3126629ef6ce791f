"""Which scope each route asks for: a change of one shows in the table of tests/support."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio

from tests.support.api import Api, running_api
from tests.support.api_routes import NOBODYS_PARTS, Route, api_routes
from tests.support.database import DatabaseServer
from tests.support.scope_table import SCOPES, TABLE, WITHOUT_SCOPE, routes_in

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("scopes")]

JSON_ASKED = {"output": "json", "format": "json"}


@pytest.fixture(scope="module")
def database(postgres_server: DatabaseServer) -> Iterator[str]:
    with postgres_server.migrated_database() as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def keys(database: str) -> AsyncIterator[tuple[Api, dict[str, str]]]:
    async with running_api(database) as api:
        headers = await api.account("acme", "ACMEIN")
        keys = {}
        for scope in SCOPES:
            body = {"name": scope, "scopes": ["send"]}
            keys[scope] = (await api.client.post("/keys", json=body, headers=headers)).json()[
                "key"
            ]
        await api.database.execute(
            "UPDATE api_key SET scopes = ARRAY[name] WHERE name = ANY($1)", list(SCOPES)
        )
        yield api, keys


async def is_let_in(api: Api, route: Route, key: str) -> bool:
    method, path = route
    for part, value in NOBODYS_PARTS.items():
        path = path.replace(part, value)
    asked = JSON_ASKED if path == "/send" or path.startswith("/SMSApi/") else {}
    answer = await api.client.request(method, path, params=asked, headers={"apikey": key})
    lacks = "These credentials lack the scope" in answer.text
    assert lacks == (answer.status_code == httpx.codes.FORBIDDEN) or path.startswith("/SMSApi/")
    return not lacks


async def test_every_route_is_in_the_table_once() -> None:
    listed = [route for text in (*TABLE.values(), WITHOUT_SCOPE) for route in routes_in(text)]

    assert sorted(listed) == sorted(api_routes())


@pytest.mark.parametrize("scope", SCOPES)
async def test_a_key_of_one_scope_is_let_in_by_the_routes_of_that_scope_alone(
    keys: tuple[Api, dict[str, str]], scope: str
) -> None:
    api, by_scope = keys
    guarded = [route for text in TABLE.values() for route in routes_in(text)]

    let_in = {route for route in guarded if await is_let_in(api, route, by_scope[scope])}

    assert let_in == routes_in(TABLE[scope])
