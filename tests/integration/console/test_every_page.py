"""All pages at once: what strangers wrote is text, and others' rows are not there.

A page or an order that is new fails until it has its line in ``tests.support.console_pages``.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from urllib.parse import quote

import asyncpg
import httpx

from services.api.console.sealed_numbers import sealed
from shared.domain.msisdn import NumberRules, parse_msisdn
from tests.support.api import Api
from tests.support.api_routes import api_routes
from tests.support.browsers import Browser
from tests.support.console_pages import (
    LOOK_UPS,
    NO_PAGES,
    NOTHING_OF_STRANGERS,
    OF_THE_CONSOLE_ALONE,
    ORDERS,
    PAGES,
    console_routes,
)
from tests.support.consoles import COLLEAGUES, Visitor, visitor
from tests.support.ownership_table import PART_NAMES
from tests.support.tenants import Tenant, a_tenant, digests_of

HOSTILE = """"><script>alert(1)</script>'<img src=x onerror=alert(2)>{{ 123457*1001 }}{% x %}"""
AS_TEXT = "&lt;script&gt;alert(1)&lt;/script&gt;"
# Columns of text that say what the code wrote, and nothing that anybody types or sends.
OURS = {
    "account": {"default_region", "time_zone", "short_domain"},
    "account_user": {"kind", "role", "login", "password_hash"},
}
TEXT_COLUMNS = """
    SELECT c.relname AS of_table, a.attname AS name, t.typcategory = 'A' AS is_array
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
    JOIN pg_type t ON t.oid = a.atttypid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
        AND NOT c.relispartition AND NOT a.attisdropped
        AND t.typname IN ('text', 'varchar', '_text', '_varchar')
        AND c.relname !~ '^(pgqueuer|alembic)'
    ORDER BY 1, 2
"""


@asynccontextmanager
async def signed_in(api: Api, tenant: Tenant) -> AsyncIterator[Visitor]:
    async with visitor(api.app) as one:
        assert (await one.sign_in(tenant.names["login"])).status_code == 303
        yield one


async def a_whole_tenant(api: Api, name: str, digits: str) -> Tenant:
    transport = httpx.ASGITransport(api.app, client=("203.0.113.9", 40_000))
    async with httpx.AsyncClient(transport=transport, base_url="https://api.test") as client:
        tenant = await a_tenant(api, name, digits, Browser(client))
    # Else that its key was used is noted at some time of the test.
    await api.app.state.context.key_uses.flush()
    sealer = api.app.state.context.sealer
    number = parse_msisdn(tenant.names["msisdn"], NumberRules("IN"))
    return replace(tenant, names={**tenant.names, "sealed": sealed(sealer, tenant.id, number)})


async def write_everywhere(database: asyncpg.Connection, text: str) -> None:
    """Write a text into every column that takes any."""
    for table, column, is_array in await database.fetch(TEXT_COLUMNS):
        if column in OURS.get(table, ()):
            continue
        try:
            async with database.transaction():
                value = "ARRAY[$1::text]" if is_array else "$1::text"
                await database.execute(f"UPDATE {table} SET {column} = {value}", text)  # noqa: S608
        except asyncpg.IntegrityConstraintViolationError:
            # A column that takes but a few words, or no word twice.
            continue


def addresses() -> Iterator[tuple[str, str]]:
    for path, opened in PAGES.items():
        for address in opened:
            yield path, address


def orders() -> list[str]:
    """Return the paths of orders that change what is the account's, not a user's own."""
    own = ("POST /security", "POST /sign-")
    return [order.partition(" ")[2] for order in ORDERS if not order.startswith(own)]


def filled(path: str, tenant: Tenant) -> str:
    parts = {part: tenant.names[name] for part, name in PART_NAMES.items()}
    return path.format(**parts, order="pause", sealed=tenant.names["sealed"])


def test_every_address_of_the_console_has_its_line() -> None:
    routes = console_routes()

    assert {path for method, path in routes if method == "GET"} == PAGES.keys() | NO_PAGES
    orders = {f"{method} {path}" for method, path in routes if method not in {"GET", "HEAD"}}
    assert orders == ORDERS.keys() | OF_THE_CONSOLE_ALONE


def test_every_order_of_the_console_is_possible_by_the_api() -> None:
    served = {f"{method} {path}" for method, path in api_routes()}

    assert set(ORDERS.values()) - served == set()


async def test_what_strangers_wrote_is_text_on_every_page(api: Api) -> None:
    tenant = await a_whole_tenant(api, "acme", "91987650")
    await write_everywhere(api.database, HOSTILE)
    names = {**tenant.names, "hostile": quote(HOSTILE)}
    shown = set()
    async with signed_in(api, tenant) as asha:
        for path, address in addresses():
            for headers in ({}, {"hx-request": "true"}):
                page = await asha.get(address.format(**names), **headers)
                assert page.status_code in {200, 204, 303}, (address, page.text)
                for run in ("<script>alert", "<img src=x", "123580457"):
                    assert run not in page.text, address
                if AS_TEXT in page.text:
                    shown.add(path)

    assert PAGES.keys() - shown == NOTHING_OF_STRANGERS


async def test_no_page_shows_what_is_another_accounts(api: Api) -> None:
    acme = await a_whole_tenant(api, "acme", "91987650")
    other = await a_whole_tenant(api, "other", "91987651")
    names = {**acme.names, "hostile": quote(HOSTILE)}
    async with signed_in(api, other) as asha:
        for path, address in addresses():
            page = await asha.get(address.format(**names))
            if "{" in path:
                assert page.status_code == 404, address
            assert "acme" not in page.text.casefold().replace(names["login"], ""), address
            assert "91987650" not in page.text.replace(names["msisdn"], ""), address
        before = await digests_of(api.database, acme.id)
        for path in orders():
            answer = await asha.send(filled(path, acme), {"number": names["msisdn"]})
            assert "{" not in path or answer.status_code in {404, 303}, path
        assert await digests_of(api.database, acme.id) == before


async def test_no_order_is_obeyed_of_readers_or_of_pages_of_other_sites(api: Api) -> None:
    acme = await a_whole_tenant(api, "acme", "91987650")
    await api.database.execute(COLLEAGUES.replace("asha", acme.names["login"]))
    async with signed_in(api, acme) as asha, visitor(api.app) as reader:
        assert (await reader.sign_in("reader")).status_code == 303
        before = await digests_of(api.database, acme.id)
        for path in orders():
            refused = await reader.send(filled(path, acme))
            may_read = f"POST {path}" in LOOK_UPS
            assert refused.status_code in ({400, 404} if may_read else {403}), path
            forged = await asha.client.post(f"/console{filled(path, acme)}", data={})
            assert forged.status_code == 403, path
        assert await digests_of(api.database, acme.id) == before
