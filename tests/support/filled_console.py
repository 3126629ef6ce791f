"""An account of a running txlink that has something of everything its console shows."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import asyncpg
import httpx
from playwright.sync_api import Page

from services.cli.demo import PHONES
from services.cli.demo_account import DEMO_SENDER_ID
from services.cli.local_database import DATABASE, postgres_folder
from shared import embedded_postgres
from tests.support.console_browser import DESTINATION
from tests.support.stack import Stack, wait_until
from tests.support.tenants import ADD_ALERTS, ADD_CREDIT

NUMBERS = [f"9198765431{place:02}" for place in range(6)]
# Ones that the sandbox does not bring: undeliverable, expired, rejected.
FAILING = ["919876540001", "919876540002", "919876540003"]
# Of the test database of places.
ADDRESSES = ("81.2.69.142", "216.160.83.56", "2.125.160.216", "89.160.20.112")
PERSON = {"accept": "text/html", "accept-language": "en-IN", "accept-encoding": "gzip"}
MACHINES = ("WhatsApp/2.23.20", "Googlebot/2.1 (+http://www.google.com/bot.html)", "curl/8.5.0")
TITLE = "Autumn-sale-of-all-the-school-sites-in-Maharashtra"


def fill(stack: Stack, page: Page, hook: str) -> dict[str, str]:
    """Make something of each kind; return what pages are asked for by, as ``console_pages`` says.

    Args:
        stack: Which runs.
        page: Of its owner, who is signed in.
        hook: Where a webhook is called, and answers as it likes.
    """
    api = stack.api
    names = {"msisdn": NUMBERS[0], "hostile": DEMO_SENDER_ID}
    names["campaign"], names["second"] = (_sent(stack, TITLE), _sent(stack, "Hello again"))
    _follow(stack, names["campaign"])
    names["key"] = _made(api, "/keys", {"name": "Till of the shop", "scopes": ["send"]})["prefix"]
    group = _made(api, "/groups", {"name": "Customers of the shop in Pune"})
    names["group"] = group["id"]
    columns = {"Name": "Asha Kulkarni", "City": "Pune", "Anniversary": "12 February"}
    contacts = [{"mobile": each, "columns": columns} for each in NUMBERS]
    _made(api, f"/groups/{group['id']}/contacts", {"contacts": contacts})
    for each in NUMBERS[4:]:
        note = {"source": "reply", "note": "Answered STOP to the autumn sale"}
        api.put(f"/suppressions/{each}", json=note).raise_for_status()
    lists = {"allow": [], "block": ["a-long-name-of-a-foe.of-the-shop.example", "203.0.113.0/24"]}
    api.put("/destination-list", json=lists).raise_for_status()
    names["webhook"] = _made(api, "/webhooks", {"url": f"{hook}/{'of-somebody/' * 5}"})["id"]
    _made(api, f"/webhooks/{names['webhook']}/test", None)
    content = "Phone,Name\n" + "\n".join(f"{each},Asha" for each in NUMBERS)
    file = {"file": ("customers.csv", content, "text/csv")}
    names["upload"] = api.post("/uploads", files=file).raise_for_status().json()["id"]
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _add_what_no_call_makes(stack)).result()
    names["sealed"] = _sealed(page, NUMBERS[0])
    names["user"] = _a_colleague(page)
    erasure = api.delete(f"/recipients/{NUMBERS[3]}").raise_for_status().json()
    return names | {"erasure": erasure["id"]}


def _made(api: httpx.Client, path: str, body: object) -> dict[str, str]:
    found: dict[str, str] = api.post(path, json=body).raise_for_status().json()
    return found


def _sent(stack: Stack, title: str) -> str:
    text = {"msg": f"Enrol: {DESTINATION} Regards", "smartLinkTitle": title, "trackLink": "true"}
    mobiles = ",".join(NUMBERS + FAILING)
    uuid = str(_made(stack.api, "/send", text | {"mobile": mobiles})["uuid"])
    wait_until(lambda: stack.get(f"/campaigns/{uuid}")["delivered"] == len(NUMBERS), "deliveries")
    return uuid


def _follow(stack: Stack, campaign: str) -> None:
    """Follow links from everywhere, by people and by machines."""
    rows = stack.get(f"/campaigns/{campaign}/recipients")["recipients"]
    links = [row["link"].rpartition("/")[2] for row in rows[:5]]
    agents = [PERSON | {"user-agent": agent} for agent in PHONES.values()]
    agents += [{"user-agent": agent} for agent in MACHINES]
    for place, token in enumerate(links):
        for turn, headers in enumerate(agents):
            address = ADDRESSES[(place + turn) % len(ADDRESSES)]
            url = f"{stack.redirector_url}/{token}"
            httpx.get(url, headers=headers | {"x-forwarded-for": address})
    expected = len(links) * len(agents)
    wait_until(lambda: stack.get(f"/campaigns/{campaign}")["hits"] >= expected, "hits")


async def _add_what_no_call_makes(stack: Stack) -> None:
    """Add what a network or the operator of a server brings: alerts, and credit."""
    server = embedded_postgres.find(postgres_folder(stack.data_dir))
    assert server is not None
    database = await asyncpg.connect(server.url(DATABASE))
    try:
        account = await database.fetchval("SELECT id FROM account ORDER BY id LIMIT 1")
        await database.execute(ADD_ALERTS, account)
        await database.execute(ADD_CREDIT, account, "The operator")
    finally:
        await database.close()


def _sealed(page: Page, number: str) -> str:
    page.goto("/console/numbers")
    page.locator("#find-mobile").fill(number)
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/numbers/*")
    return page.url.rpartition("/")[2]


def _a_colleague(page: Page) -> str:
    page.goto("/console/settings/users")
    return str(page.locator("tbody a").first.get_attribute("href")).rpartition("/")[2]
