"""What an account may see of its credit, and nobody else's."""

import csv
import io

from tests.support.api import Api
from tests.support.credit import give
from tests.support.sends import TRACKED, Headers, send

COLUMNS = ["id", "occurred_at", "kind", "amount", "balance", "campaign_uuid", "author", "note"]


async def test_post_paid_account_has_no_balance(api: Api, acme: Headers) -> None:
    answer = await api.client.get("/credit", headers=acme)
    old = await api.client.get("/SMSApi/account/readstatus", headers=acme)

    assert answer.json() == {"balance": None, "daily_cap": None, "used_today": None}
    assert old.json()["response"]["account"]["smsBalance"] is None


async def test_balance_and_cap_are_told_as_they_stand(api: Api, acme: Headers) -> None:
    await give(api, credits_=1_820, daily_cap="5000")
    await send(api, acme, **TRACKED)
    # Others, in whichever zone, are no part of that.
    other = await api.account("other")
    await give(api, "other", daily_cap="10")
    await send(api, other, mobile="919876543210", msg="short")

    answer = await api.client.get("/credit", headers=acme)
    old = await api.client.get("/SMSApi/account/readstatus", headers=acme)

    assert answer.json() == {"balance": 1_818, "daily_cap": 5_000, "used_today": 2}
    of_other = await api.client.get("/credit", headers=other)
    assert of_other.json() == {"balance": None, "daily_cap": 10, "used_today": 1}
    assert old.json()["response"]["account"]["smsBalance"] == "1818"


async def test_ledger_comes_in_pages_newest_first(api: Api, acme: Headers) -> None:
    await give(api, credits_=10)
    sent = [(await send(api, acme, **TRACKED))["uuid"] for _ in range(3)]
    cancelled = await api.client.post(f"/campaigns/{sent[0]}/cancel", headers=acme)
    assert cancelled.status_code == 200

    found, cursor = [], None
    for _ in range(3):
        params = {"limit": "2", "tz": "UTC"} | ({"cursor": cursor} if cursor else {})
        page = (await api.client.get("/credit/entries", params=params, headers=acme)).json()
        found += page["entries"]
        cursor = page["next_cursor"]

    told = [(each["kind"], each["amount"], each["balance"]) for each in found]
    assert told == [
        ("refund", 2, 6),
        ("charge", -2, 4),
        ("charge", -2, 6),
        ("charge", -2, 8),
        ("top-up", 10, 10),
    ]
    assert [each["campaign_uuid"] for each in found] == [sent[0], sent[2], sent[1], sent[0], None]
    assert [each["author"] for each in found] == [None, None, None, None, "cli"]
    assert all(each["occurred_at"].endswith("Z") for each in found)
    assert cursor is None


async def test_ledger_is_one_file(api: Api, acme: Headers) -> None:
    await give(api, credits_=10)
    answer = await send(api, acme, **TRACKED)

    response = await api.client.get("/credit/entries.csv", headers=acme)

    header, *rows = csv.reader(io.StringIO(response.text))
    assert response.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert header == COLUMNS
    assert [row[2:] for row in rows] == [
        ["charge", "-2", "8", answer["uuid"], "", ""],
        ["top-up", "10", "10", "", "cli", ""],
    ]


async def test_others_see_nothing_of_it(api: Api, acme: Headers) -> None:
    other = await api.account("other")
    await give(api, credits_=10, daily_cap="100")
    await send(api, acme, **TRACKED)
    entry_id = await api.database.fetchval("SELECT max(id) FROM credit_entry")

    credit = await api.client.get("/credit", headers=other)
    at = {"cursor": str(entry_id + 1)}
    page = await api.client.get("/credit/entries", params=at, headers=other)
    table = await api.client.get("/credit/entries.csv", headers=other)

    assert credit.json()["balance"] is None
    assert page.json() == {"entries": [], "next_cursor": None}
    assert table.text == ",".join(COLUMNS) + "\r\n"


async def test_cursor_that_no_page_gave_is_refused(api: Api, acme: Headers) -> None:
    params = {"cursor": "newest"}
    response = await api.client.get("/credit/entries", params=params, headers=acme)

    assert (response.status_code, response.json()["field"]) == (400, "cursor")
