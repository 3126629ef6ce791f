"""Sending to contact groups: whom they hold when the send is accepted, each number once."""

from typing import Any

import pytest

from tests.integration.api.test_contact_groups import make, take_in
from tests.support.api import Api
from tests.support.sends import send

Headers = dict[str, str]
CUSTOMERS = "Phone,Name\n9876543210,Asha\n9876543211,Bala\n"
LEADS = "Phone,Name,City\n9876543211,Someone,Pune\n9876543212,Chetan,Goa\n"
TEXT = "Hi {name}: https://shop.example.com/{phone}"


async def texts(api: Api) -> dict[int, str]:
    rows = await api.database.fetch(
        "SELECT msisdn, body_before FROM message JOIN personal_text USING (campaign_id, position)"
    )
    return {row["msisdn"]: row["body_before"] for row in rows}


@pytest.fixture
async def groups(api: Api, acme: Headers) -> dict[str, str]:
    """Make two groups that have a number in common."""
    made = {"customers": await make(api, acme), "leads": await make(api, acme, "Old leads")}
    await take_in(api, acme, made["customers"], CUSTOMERS)
    await take_in(api, acme, made["leads"], LEADS)
    return made


@pytest.mark.parametrize(("method", "by_id"), [("groupMsg", False), ("", True)])
async def test_several_groups_get_one_message_a_number(
    api: Api, acme: Headers, groups: dict[str, str], method: str, *, by_id: bool
) -> None:
    asked = f"{groups['customers']}, OLD leads" if by_id else "customers,old  Leads,Customers"

    answer = await send(api, acme, sendMethod=method, group=asked, msg="Hi {Name} of {city}.")

    assert answer["recipients"] == 3
    # Of a number that two groups have, the first counts; what it has not is blank.
    assert await texts(api) == {
        919876543210: "Hi Asha of .",
        919876543211: "Hi Bala of .",
        919876543212: "Hi Chetan of Goa.",
    }


@pytest.mark.usefixtures("groups")
async def test_a_dry_run_shows_the_texts_and_warns_of_blank_columns(
    api: Api, acme: Headers
) -> None:
    answer = await send(
        api, acme, group="customers,old leads", msg=f"{TEXT} {{city}}", trackLink="true", test="1"
    )

    preflight = answer["preflight"]
    assert [message["mobile"] for message in preflight["messages"]] == [
        "919876543210",
        "919876543211",
        "919876543212",
    ]
    assert "empty_value" in str(preflight["warnings"])
    assert await api.count("campaign") == 0


async def test_what_a_group_becomes_later_changes_no_send(
    api: Api, acme: Headers, groups: dict[str, str]
) -> None:
    answer = await send(api, acme, group="customers", msg="Hi {name}")
    await api.client.delete(f"/groups/{groups['customers']}", headers=acme)

    page = await api.client.get(f"/campaigns/{answer['uuid']}/recipients", headers=acme)

    assert len(page.json()["recipients"]) == 2
    assert sorted((await texts(api)).values()) == ["Hi Asha", "Hi Bala"]


WRONG: list[tuple[dict[str, str], str, str]] = [
    ({"group": "custmers"}, "unknown_group", "group"),
    ({"group": "0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de"}, "unknown_group", "group"),
    ({"group": " , "}, "missing_field", "group"),
    ({"group": ",".join(f"g{place}" for place in range(51))}, "invalid_value", "group"),
    ({"group": "customers", "msg": "Hi {surname}"}, "missing_column", "msg"),
    ({"group": "customers", "msg": ""}, "missing_field", "msg"),
    ({"group": "customers", "sendMethod": "bulk"}, "invalid_value", "sendMethod"),
    ({"mobile": "919876543210", "sendMethod": "group"}, "invalid_value", "sendMethod"),
]


@pytest.mark.usefixtures("groups")
async def test_a_wrong_group_send_names_its_field(api: Api, acme: Headers) -> None:
    for asked, code, field in WRONG:
        response = await api.client.get("/send", params={"msg": "Hi"} | asked, headers=acme)

        answer = response.json()
        assert response.status_code == 400, answer
        assert (answer["code"], answer["field"]) == (code, field)
    assert await api.count("message") == 0


async def test_an_empty_group_and_anothers_are_told_apart(api: Api, acme: Headers) -> None:
    group, other = await make(api, acme), await api.account("other")
    values: dict[str, Any] = {"group": group, "msg": "Hi"}

    empty = await api.client.get("/send", params=values, headers=acme)
    unknown = await api.client.get("/send", params=values, headers=other)

    assert empty.json()["code"] == "empty_group"
    assert unknown.json()["code"] == "unknown_group"


@pytest.mark.usefixtures("groups")
async def test_old_clients_send_to_groups_too(api: Api, acme: Headers) -> None:
    values = {"sendMethod": "groupMsg", "group": "Customers", "msg": "Hi", "output": "json"}

    sent = (await api.client.get("/SMSApi/send", params=values, headers=acme)).json()
    wrong = await api.client.get("/SMSApi/send", params=values | {"group": "none"}, headers=acme)

    assert sent["mobile"] == "919876543210,919876543211"
    assert "no contact group" in wrong.json()["reason"]
