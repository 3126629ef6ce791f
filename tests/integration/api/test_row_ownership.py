"""Whoever names what is another account's is answered as if it had never been.

The routes, and the names that each takes, are taken from the application: a new one that could
name a row fails here until it is in the table.
"""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.worker.erasing import erase_due
from shared.clock import SystemClock
from shared.storage.engine import create_engine
from tests.support.api import Api, running_api
from tests.support.api_routes import Route, names_taken
from tests.support.browsers import Browser
from tests.support.database import DatabaseServer
from tests.support.ownership_table import NAMING, NOBODYS_NAMES, PART_NAMES, PLAIN, TABLE, Case
from tests.support.tenants import PASSWORD, Tenant, a_tenant, digests_of

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("row-ownership")]

THEIRS, OWN = ("acme", "9198765000"), ("globex", "9198766000")
DAY = SystemClock().now().date()
OLD_SPAN = {"fromdate": f"{DAY - timedelta(days=1)}", "todate": f"{DAY + timedelta(days=2)}"}
NAMES = names_taken()
LISTS = [route for route, names in NAMES.items() if route[0] == "GET" and "cursor" in names]
TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# Of a message, of a transaction; and of a link.
NUMBERED = re.compile(r"\b\d{17,19}(-\d+)?\b|https://tx1\.in/[0-9A-Za-z/]+")
FORGET = """
    WITH a AS (DELETE FROM suppression WHERE account_id = $1),
        b AS (DELETE FROM erasure WHERE account_id = $1)
    DELETE FROM idempotency_key WHERE account_id = $1
"""
# They change from call to call.
PASSING_HEADERS = {"date", "ratelimit", "set-cookie", "content-length", "retry-after"}


@dataclass(frozen=True, slots=True)
class Tenants:
    """Who calls, by key, by session and by login; and whose things are asked for."""

    api: Api
    browser: httpx.AsyncClient
    csrf_token: str
    own: Tenant
    theirs: Tenant
    untouched: dict[str, str]

    async def rows_of_the_other(self) -> dict[str, str]:
        return await digests_of(self.api.database, self.theirs.id)

    async def ask(
        self, way: str, route: Route, case: Case, names: Mapping[str, str]
    ) -> httpx.Response:
        """Call a route with the names of a case filled in."""
        names = {**names} | {f"own_{name}": value for name, value in self.own.names.items()}
        method, path = route
        for part, name in PART_NAMES.items():
            path = path.replace(f"{{{part}}}", names[case.parts.get(part, name)])
        query, headers = filled(case.query, names), filled(case.headers, names)
        body = filled(case.body, names)
        if way == "login" and isinstance(body, dict):
            body |= {"userId": "globex-api", "password": PASSWORD}
        elif way == "login":
            query |= {"userId": "globex-api", "password": PASSWORD}
        elif way in {"key", "theirs"}:
            headers |= (self.own if way == "key" else self.theirs).headers
        else:
            headers |= {"x-csrf-token": self.csrf_token}
        sent = {"content": body} if isinstance(body, str) else {"json": body}
        client = self.browser if way == "session" else self.api.client
        return await client.request(method, path, params=query, headers=headers, **sent)

    async def forget(self) -> None:
        """Take away what calls about a number, or with an idempotency key, leave behind."""
        for table in ("suppression", "erasure", "idempotency_key"):
            await self.api.database.execute(
                f"DELETE FROM {table} WHERE account_id = $1",  # noqa: S608
                self.own.id,
            )


def filled(value: Any, names: Mapping[str, str]) -> Any:  # noqa: ANN401
    """Return what a call carries, with names in the place of ``{name}``."""
    if isinstance(value, Mapping):
        return {name: filled(each, names) for name, each in value.items()}
    if isinstance(value, list):
        return [filled(each, names) for each in value]
    if isinstance(value, str):
        return re.sub(r"\{(\w+)\}", lambda match: names[match[1]], value)
    return value


def told(answer: httpx.Response, asked: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Return body and headers of an answer, without what was asked for and what passes."""
    headers = {name: each for name, each in answer.headers.items() if name not in PASSING_HEADERS}
    texts = [answer.text, *headers.values()]
    for name, value in sorted(asked.items(), key=lambda item: -len(item[1])):
        texts = [text.replace(value, f"<{name}>") for text in texts]
    for pattern in (UUID, TIME, NUMBERED):
        texts = [pattern.sub("…", text) for text in texts]
    return texts[0], dict(zip(headers, texts[1:], strict=True))


def code_of(answer: httpx.Response) -> str | None:
    if not answer.headers.get("content-type", "").startswith("application/json"):
        return None
    body = answer.json()
    code: str | None = body.get("response", body).get("code")
    return code


def given_away(tenant: Tenant, *texts: str) -> list[str]:
    """Return what an account is known by and is found in texts."""
    name, digits = THEIRS
    marks = [name, name.upper(), digits[2:], *tenant.names.values()]
    return [mark for mark in marks if any(mark in text for text in texts)]


@pytest.fixture(scope="module")
def database(postgres_server: DatabaseServer) -> Iterator[str]:
    with postgres_server.migrated_database() as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tenants(database: str) -> AsyncIterator[Tenants]:
    transport_of = httpx.ASGITransport
    async with running_api(database) as api:
        client = httpx.AsyncClient(
            transport=transport_of(api.app, raise_app_exceptions=False),
            base_url="https://api.test",
        )
        async with client:
            browser = Browser(client)
            theirs = await a_tenant(api, *THEIRS, browser)
            client.cookies.clear()
            own = await a_tenant(api, *OWN, browser)
            untouched = await digests_of(api.database, theirs.id)
            yield Tenants(api, client, browser.csrf_token, own, theirs, untouched)


def ways_of(route: Route) -> tuple[str, str]:
    """Return how the route may be called, the cheapest first."""
    method, path = route
    if path.startswith("/SMSApi/") or (method, path) == ("GET", "/send"):
        return "key", "login"
    return ("session", "session") if path.startswith("/session") else ("key", "session")


async def assert_unknown(tenants: Tenants, way: str, route: Route, case: Case) -> None:
    """Assert that a call is answered in the same words as one that names what never was."""
    await tenants.forget()
    asked = await tenants.ask(way, route, case, tenants.theirs.names)
    await tenants.forget()
    unknown = await tenants.ask(way, route, case, NOBODYS_NAMES)

    assert (asked.status_code, code_of(asked)) == (case.status, case.code), asked.text
    body, headers = told(asked, tenants.theirs.names)
    assert (body, headers) == told(unknown, NOBODYS_NAMES)
    assert given_away(tenants.theirs, body, *headers.values()) == []


@pytest.mark.parametrize("name", TABLE)
async def test_what_is_anothers_is_answered_as_if_it_had_never_been(
    tenants: Tenants, name: str
) -> None:
    method, _, path = name.partition(" ")

    first, second = ways_of((method, path))
    for case in TABLE[name]:
        await assert_unknown(tenants, first, (method, path), case)
    # Passwords cost a core much time each.
    for case in TABLE[name][-1:] if second == "login" else TABLE[name]:
        await assert_unknown(tenants, second, (method, path), case)

    assert await tenants.rows_of_the_other() == tenants.untouched


@pytest.mark.parametrize("route", LISTS, ids=" ".join)
async def test_a_cursor_of_anothers_list_leads_to_nothing_of_theirs(
    tenants: Tenants, route: Route
) -> None:
    """Ask for one's own list behind the place that the other's first page ends at."""
    _, path = route
    is_old = path.startswith("/SMSApi/")
    query = {"pageLimit": "1"} if is_old else {"limit": "1"}
    if is_old:
        query |= {"uuid": "{campaign}"} if path.endswith("report") else OLD_SPAN
    case = Case(200, None, query)
    first = (await tenants.ask("theirs", route, case, tenants.theirs.names)).json()
    cursor = first.get("response", first).get("nextCursor" if is_old else "next_cursor")
    assert cursor, first

    case = Case(200, None, query | {"cursor": cursor})
    answer = await tenants.ask("key", route, case, tenants.own.names)

    assert answer.status_code in {200, 400}, answer.text
    assert given_away(tenants.theirs, answer.text.replace(cursor, "")) == []


async def test_what_one_account_has_erased_is_erased_of_it_alone(tenants: Tenants) -> None:
    number = tenants.theirs.names["msisdn"]
    engine = create_engine(tenants.api.database_url, application="test")
    theirs = await tenants.api.client.get(f"/recipients/{number}", headers=tenants.theirs.headers)
    await tenants.ask(
        "key", ("DELETE", "/recipients/{msisdn}"), Case(202, None), tenants.theirs.names
    )

    await tenants.api.database.execute(
        "UPDATE erasure SET due_at = 'infinity' WHERE account_id = $1", tenants.theirs.id
    )
    await erase_due(engine)
    await engine.dispose()

    after = await tenants.api.client.get(f"/recipients/{number}", headers=tenants.theirs.headers)
    assert len(theirs.json()["messages"]) == 2
    assert after.json() == theirs.json()


async def test_every_name_of_every_call_is_in_the_table_or_names_no_row() -> None:
    unknown = {name for names in NAMES.values() for name in names} - NAMING - PLAIN
    covered = {name: sent_names(name) for name in TABLE}
    missing = {
        " ".join(route): sorted(left)
        for route, names in NAMES.items()
        if (left := (names & NAMING) - covered.get(" ".join(route), set()))
    }

    assert unknown == set(), "say in NAMING or PLAIN whether they name a row"
    assert missing == {}, "add a case that names what is another's"
    assert {tuple(name.split(" ")) for name in TABLE} <= set(NAMES)
    assert len(LISTS) >= 19


def sent_names(name: str) -> set[str]:
    """Return the names that the cases of a call fill in."""
    sent = set(re.findall(r"\{(\w+)\}", name))
    for case in TABLE[name]:
        sent |= {*case.query, *case.headers, *(case.body if isinstance(case.body, dict) else ())}
        sent |= {each for each in ("mobile",) if "'mobile'" in str(case.body)}
    return {each.lower() for each in sent}
