"""/account: what an account says of how it sends, and what is the operator's to say."""

import json
from typing import Any

from tests.support.api import Api, running_api
from tests.support.sends import send

Headers = dict[str, str]
SEND = {"mobile": "9876543210", "msg": "See https://a.example.com “now”", "trackLink": "true"}
REFUSED_URLS = (
    ("nowhere", 400, "no_link"),
    ("See https://a.example.com", 400, "no_link"),
    ("https://a.example.com/\x00", 400, "no_link"),
    ("https://tx1.in/SAlhjS", 400, "own_short_link"),
    ("https://asha:x@a.example.com", 400, "userinfo_in_link"),
    ("http://10.0.0.1/", 400, "destination_not_public"),
    ("https://bad.example.com/x", 403, "destination_blocked"),
)
REFUSED_VALUES = (
    ("link_shape", "long", "token"),
    ("link_shape", None, "token"),
    ("default_region", "XX", "two letters"),
    ("time_zone", "Mars/Base", "IANA"),
    ("time_zone", "../Kolkata", "IANA"),
    # Postgres has none of that name, and every request asks it for the account's day.
    ("time_zone", "localtime", "IANA"),
    ("smart_encoding", "perhaps", "true"),
    # The operator's.
    ("carrier", "smpp", "not a parameter"),
    ("segment_price", "0", "not a parameter"),
)


async def change(api: Api, headers: Headers, **values: object) -> dict[str, Any]:
    answer = await api.client.patch("/account", json=values, headers=headers)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_an_account_reads_how_it_sends(api: Api, acme: Headers) -> None:
    await api.database.execute("UPDATE account SET segment_price = 0.125")

    told = (await api.client.get("/account", headers=acme)).json()

    assert told == {
        "name": "acme",
        "link_shape": "token",
        "gone_url": None,
        "smart_encoding": False,
        "default_region": "IN",
        "time_zone": "Asia/Kolkata",
        "short_domain": "tx1.in",
        "token_length": 6,
        "carrier": "sandbox",
        "accepts_landlines": False,
        "accepts_short_codes": False,
        "segment_price": "0.125",
        "currency": "INR",
    }


async def test_what_is_changed_holds_from_the_next_send_on_and_all_else_stays(
    api: Api, acme: Headers
) -> None:
    globex = await api.account("globex", "GLOBEX")
    before = await send(api, acme, **SEND, testMessage="true")
    told = await change(api, acme, link_shape="header", smart_encoding=True, default_region="us")
    again = await change(api, acme, time_zone="America/New_York")
    after = await send(api, acme, **SEND | {"mobile": "2125550123"}, testMessage="true")
    others = (await api.client.get("/account", headers=globex)).json()

    assert (told["link_shape"], told["smart_encoding"], told["default_region"]) == (
        "header",
        True,
        "US",
    )
    assert again == told | {"time_zone": "America/New_York"}
    assert "/ACMEIN/" not in before["link"]["sample"]
    assert "/ACMEIN/" in after["link"]["sample"]
    assert (before["encoding"], after["encoding"]) == ("UCS-2", "GSM-7")
    assert (others["link_shape"], others["time_zone"]) == ("token", "Asia/Kolkata")


async def test_changes_are_noted_with_before_and_after_and_what_changes_nothing_is_not(
    api: Api, acme: Headers
) -> None:
    for _ in range(2):
        await change(api, acme, gone_url="https://www.example.com/over", smart_encoding=False)
    await change(api, acme)

    (entry,) = await api.database.fetch("SELECT * FROM audit_entry WHERE action = 'account.set'")

    assert (entry["subject"], entry["author_kind"]) == ("account", "key")
    assert json.loads(entry["before"]) == {"gone_location": None}
    assert json.loads(entry["after"]) == {"gone_location": "https://www.example.com/over"}


async def test_a_gone_url_is_stored_as_it_is_sent_and_taken_away_again(
    api: Api, acme: Headers
) -> None:
    told = await change(api, acme, gone_url="  https://bücher.example/over?q=ä ")

    assert told["gone_url"] == "https://xn--bcher-kva.example/over?q=%C3%A4"
    assert (await change(api, acme, gone_url=None))["gone_url"] is None


async def test_a_gone_url_is_held_to_the_rules_of_a_sends_url(api: Api, acme: Headers) -> None:
    lists = {"allow": [], "block": ["bad.example.com"]}
    await api.client.put("/destination-list", json=lists, headers=acme)

    for url, status, code in REFUSED_URLS:
        answer = await api.client.patch("/account", json={"gone_url": url}, headers=acme)

        assert answer.status_code == status, answer.text
        assert (answer.json()["code"], answer.json()["field"]) == (code, "gone_url"), url
    assert (await api.client.get("/account", headers=acme)).json()["gone_url"] is None


async def test_private_hosts_are_taken_where_the_installation_takes_them(
    database_url: str,
) -> None:
    async with running_api(database_url, private_destinations=True) as api:
        acme = await api.account("acme")

        assert (await change(api, acme, gone_url="http://10.0.0.1/"))["gone_url"]


async def test_what_cannot_be_set_is_refused_with_what_could(api: Api, acme: Headers) -> None:
    for name, value, told in REFUSED_VALUES:
        values = {"gone_url": "https://www.example.com/over", name: value}
        answer = await api.client.patch("/account", json=values, headers=acme)

        assert (answer.status_code, answer.json()["field"]) == (400, name), answer.text
        assert told in answer.json()["reason"]
    assert (await api.client.get("/account", headers=acme)).json()["gone_url"] is None


async def test_token_length_is_that_of_the_next_send(api: Api, acme: Headers) -> None:
    lengths = []
    for full in (0, 6, 7, 8):
        await api.database.execute(
            "UPDATE token_domain SET next = ceiling WHERE length <= $1", full
        )
        lengths.append((await api.client.get("/account", headers=acme)).json()["token_length"])

    assert lengths == [6, 7, 8, None]
