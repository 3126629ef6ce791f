"""Sender IDs and links are read and changed in plain words, by the API's rules."""

import json
import re
from typing import Any

from tests.support.api import Api
from tests.support.consoles import Visitor, visitor
from tests.support.sends import TRACKED, send

Headers = dict[str, str]
SENDERS, LINKS = "/settings/senders", "/settings/links"
CHANGE = f"{SENDERS}/change"
DLT = "1101234567890123456"
OPTION = re.compile(r"<option[^>]* selected>([^<]+)<")


async def account(api: Api, headers: Headers) -> dict[str, Any]:
    told: dict[str, Any] = (await api.client.get("/account", headers=headers)).json()
    return told


async def test_a_sender_id_is_changed_and_its_next_send_shows_it(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    form = (await asha.get(f"{CHANGE}?sender=acmein")).text
    fields = {"dlt_entity_id": f" {DLT}", "link_shape": "header", "link_domains": "TX1.in\n"}
    done = await asha.send(CHANGE, {"sender": "ACMEIN"} | fields)
    page = (await asha.client.get(done.headers["location"])).text
    sent = await send(api, acme, **TRACKED)

    assert "https://tx1.in/ACMEIN/SAlhjS" in form
    assert done.status_code == 303
    assert "holds from the next send on" in page
    for shown in (DLT, "https://tx1.in/ACMEIN/SAlhjS", "tx1.in/ACMEIN/SAlhjS", "28 characters"):
        assert shown in page
    assert "not among the registered domains" not in page
    assert "/ACMEIN/" in sent["link"]["sample"]
    author = "SELECT author_name FROM audit_entry WHERE action = 'sender_id.set'"
    assert await api.database.fetchval(author) == "asha"


async def test_wrong_fields_of_a_sender_id_are_told_and_stay_typed(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    for field, typed, told in (
        ("dlt_entity_id", "110-1", "Write the 1 to 30 digits"),
        ("link_domains", "https://tx1.in", "without https://"),
        ("link_shape", "long", "Choose one of these"),
    ):
        page = await asha.send(CHANGE, {"sender": "ACMEIN", field: typed})
        assert page.status_code == 400
        assert f'id="{field}-wrong"' in page.text
        assert told in page.text
        assert field == "link_shape" or typed in page.text

    listed = await api.client.get("/sender-ids", headers=acme)
    assert listed.json()["sender_ids"][0]["dlt_entity_id"] is None
    assert (await asha.get(f"{CHANGE}?sender=OTHERS")).status_code == 404
    assert (await asha.send(CHANGE, {"sender": "OTHERS\x00"})).status_code == 404


async def test_what_operators_would_drop_is_said_beside_the_sender_id(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    del acme
    await api.database.execute(
        "INSERT INTO sender_id (account_id, header, dlt_entity_id) "
        "SELECT id, 'ACME & CO', '110' FROM account"
    )
    await api.database.execute("UPDATE account SET link_shape = 'header'")
    page = (await asha.get(SENDERS)).text
    form = (await asha.get(f"{CHANGE}?sender=ACME+%26+CO")).text
    links = (await asha.get(LINKS)).text

    assert "tx1.in is not among the registered domains" in page
    assert "Refused: links are to hold the sender ID" in page
    assert "sender=ACME+%26+CO" in page
    assert "Not for this sender ID" in form
    assert "<strong>ACME &amp; CO</strong>" in links


async def test_settings_of_links_are_changed_and_what_stays_is_not_looked_at_anew(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    # The operator may say what no account may, and it stays where it is not touched.
    await api.database.execute("UPDATE account SET gone_location = 'http://10.0.0.1/over'")
    fields = {
        "link_shape": "header",
        "gone_url": "http://10.0.0.1/over",
        "smart_encoding": "on",
        "default_region": "IN",
        "time_zone": "Europe/London",
    }
    done = await asha.send(LINKS, fields)
    page = (await asha.client.get(done.headers["location"])).text
    changed = await account(api, acme)
    again = await asha.send(
        LINKS, {name: value for name, value in fields.items() if name != "smart_encoding"}
    )

    assert done.status_code == again.status_code == 303
    assert "holds from the next send on" in page
    assert OPTION.findall(page)[:2] == ["India", "London"]
    assert {name: changed[name] for name in fields} == fields | {"smart_encoding": True}
    assert (await account(api, acme))["smart_encoding"] is False
    entry = await api.database.fetchval(
        "SELECT after FROM audit_entry WHERE action = 'account.set' ORDER BY id LIMIT 1"
    )
    assert json.loads(entry) == {
        "link_shape": "header",
        "smart_encoding": True,
        "time_zone": "Europe/London",
    }


async def test_wrong_fields_of_links_are_told_in_words_and_stay_typed(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    lists = {"allow": [], "block": ["bad.example.com"]}
    await api.client.put("/destination-list", json=lists, headers=acme)
    for field, typed, status, told in (
        ("gone_url", "nowhere", 400, "Write one whole link"),
        ("gone_url", "https://tx1.in/SAlhjS", 400, "That is a short link itself"),
        ("gone_url", "https://asha:x@a.example.com/", 400, "Leave out the user name"),
        ("gone_url", "http://10.0.0.1/", 400, "network&#39;s own machines"),
        ("gone_url", "https://bad.example.com/", 403, "A list lets no link lead there"),
        ("link_shape", "long", 400, "Choose one of these"),
        ("default_region", "XX", 400, "Choose one of the countries"),
        ("time_zone", "Mars/Base", 400, "Choose one of the time zones"),
    ):
        page = await asha.send(LINKS, {field: typed, "smart_encoding": "on"})
        assert page.status_code == status, page.text
        assert f'id="{field}-wrong"' in page.text
        assert told in page.text
        assert field != "gone_url" or f'value="{typed}"' in page.text
        assert 'value="on" checked' in page.text

    assert (await account(api, acme))["smart_encoding"] is False


async def test_who_may_only_read_sees_how_it_is_sent_and_no_forms(api: Api, acme: Headers) -> None:
    del acme
    await api.database.execute("UPDATE account SET segment_price = 0.0025")
    async with visitor(api.app) as reader:
        await reader.sign_in("reader")
        senders, links = [(await reader.get(path)).text for path in (SENDERS, LINKS)]

    assert "ACMEIN" in senders
    assert "settings/senders/change" not in senders
    assert 'action="/console/settings' not in senders + links
    for shown in ("https://", "tx1.in/", "sandbox", "0.0025 INR", "Asia/Kolkata", "India"):
        assert shown in links


async def test_without_room_for_links_the_pages_say_so(
    api: Api, acme: Headers, asha: Visitor
) -> None:
    del acme
    await api.database.execute("UPDATE token_domain SET next = ceiling")
    await api.database.execute("DELETE FROM sender_id")

    senders, links = [(await asha.get(path)).text for path in (SENDERS, LINKS)]

    assert "There is no room for more links" in links
    assert "You have no sender ID that a link could hold" in links
    assert "There is no sender ID yet" in senders
