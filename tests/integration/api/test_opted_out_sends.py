"""Nobody who opted out gets marketing, whichever way a send names them."""

import json
from typing import Any

import httpx
import pytest

from tests.support.api import Api
from tests.support.sends import STORED, links_taken, send, stored

Headers = dict[str, str]
GOOD, GONE = "919876543210", "919876543211"
TEXT = "Sale: https://shop.example.com/sale"
ROWS = [{"mobile": GOOD, "name": "Asha"}, {"mobile": GONE, "name": "Bala"}]
FILE = f"Phone,Name\n{GOOD},Asha\n{GONE},Bala\n"
XML = "<data><msg>Hi {{name}}</msg>" + "".join(
    f"<sms><mobile>{row['mobile']}</mobile><name>{row['name']}</name></sms>" for row in ROWS
)


@pytest.fixture
async def gone(api: Api, acme: Headers) -> None:
    """Let a number opt out."""
    response = await api.client.put(f"/suppressions/{GONE}", headers=acme)
    assert response.status_code == 201


async def msisdns(api: Api) -> list[int]:
    return [row["msisdn"] for row in await api.database.fetch("SELECT msisdn FROM message")]


async def _uniform(api: Api, acme: Headers) -> httpx.Response:
    values = {"mobile": f"{GOOD},{GONE}", "msg": TEXT, "trackLink": "true"}
    return await api.client.get("/send", params=values, headers=acme)


async def _personal(api: Api, acme: Headers) -> httpx.Response:
    return await api.client.post("/send", json={"msg": "Hi {name}", "sms": ROWS}, headers=acme)


async def _xml(api: Api, acme: Headers) -> httpx.Response:
    headers = acme | {"content-type": "application/xml"}
    return await api.client.post("/send", content=XML + "</data>", headers=headers)


async def _file(api: Api, acme: Headers) -> httpx.Response:
    return await api.client.post(
        "/send", data={"msg": "Hi {name}"}, files={"file": ("a.csv", FILE)}, headers=acme
    )


async def _upload(api: Api, acme: Headers) -> httpx.Response:
    headers = acme | {"content-type": "text/csv"}
    made = (await api.client.post("/uploads", content=FILE, headers=headers)).json()
    while made["status"] in {"waiting", "reading"}:
        made = (await api.client.get(f"/uploads/{made['id']}", headers=acme)).json()
    values = {"msg": "Hi {name}", "upload": made["id"]}
    return await api.client.get("/send", params=values, headers=acme)


async def _group(api: Api, acme: Headers) -> httpx.Response:
    made = (await api.client.post("/groups", json={"name": "All"}, headers=acme)).json()
    contacts = [{"mobile": row["mobile"], "columns": {"Name": row["name"]}} for row in ROWS]
    await api.client.post(
        f"/groups/{made['id']}/contacts", json={"contacts": contacts}, headers=acme
    )
    values = {"sendMethod": "group", "group": "all", "msg": "Hi {name}"}
    return await api.client.get("/send", params=values, headers=acme)


WAYS = {
    "uniform": _uniform,
    "personal": _personal,
    "xml": _xml,
    "file": _file,
    "upload": _upload,
    "group": _group,
}


@pytest.mark.usefixtures("gone")
@pytest.mark.parametrize("way", WAYS)
async def test_a_send_leaves_out_who_opted_out_and_says_so(
    api: Api, acme: Headers, way: str
) -> None:
    response = await WAYS[way](api, acme)

    answer = response.json()
    assert response.status_code == 200, answer
    assert (answer["recipients"], answer["mobile"], answer["rejectedCount"]) == (1, GOOD, 1)
    assert [(each["mobile"], each["reason"]) for each in answer["rejected"]] == [
        (GONE, "opted_out")
    ]
    assert answer["invalidMobile"] == GONE
    assert await msisdns(api) == [int(GOOD)]


@pytest.mark.usefixtures("gone")
@pytest.mark.parametrize(
    ("path", "form"), [("/SMSApi/send", "output"), ("/SMSApi/rest/send", "format")]
)
async def test_old_clients_are_told_in_invalid_mobile(
    api: Api, acme: Headers, path: str, form: str
) -> None:
    values = {"mobile": f"{GOOD},{GONE}", "msg": "Hello", form: "json"}

    answer = (await api.client.get(path, params=values, headers=acme)).json()

    assert (answer["mobile"], answer["invalidMobile"]) == (GOOD, GONE)


@pytest.mark.usefixtures("gone")
@pytest.mark.parametrize("values", [{}, {"test": "true"}], ids=["sent", "dry"])
@pytest.mark.parametrize(
    "asked",
    [
        {"mobile": GONE, "msg": TEXT, "trackLink": True},
        {"sms": [{"mobile": GONE, "msg": TEXT}], "trackLink": True},
    ],
    ids=["uniform", "personal"],
)
async def test_a_send_to_nobody_else_is_refused_and_takes_no_link(
    api: Api, acme: Headers, asked: dict[str, Any], values: dict[str, str]
) -> None:
    taken = await links_taken(api)

    response = await api.client.post("/send", json=asked | values, headers=acme)

    answer = response.json()
    assert (response.status_code, answer["code"], answer["field"]) == (
        400,
        "no_valid_mobile",
        "mobile",
    )
    assert "opted out" in answer["reason"]
    assert await links_taken(api) == taken
    assert await stored(api) == dict.fromkeys(STORED, 0)


@pytest.mark.usefixtures("gone")
async def test_a_dry_run_leaves_out_the_same(api: Api, acme: Headers) -> None:
    dry = await send(api, acme, mobile=f"{GOOD},{GONE}", msg=TEXT, test="true")

    assert dry["recipients"] == 1
    assert dry["rejected"][0]["reason"] == "opted_out"


@pytest.mark.usefixtures("gone")
@pytest.mark.parametrize(
    ("drops", "duplicates", "rejected"), [("false", 1, 2), ("true", 2, 1)], ids=["kept", "dropped"]
)
async def test_every_number_counts_once_as_recipient_duplicate_or_rejected(
    api: Api, acme: Headers, drops: str, duplicates: int, rejected: int
) -> None:
    mobile = f"{GOOD},{GONE},{GOOD},{GONE}"

    answer = await send(api, acme, mobile=mobile, msg="Hello", duplicateCheck=drops)

    assert answer["duplicates"] == duplicates
    assert answer["rejectedCount"] == rejected


@pytest.mark.usefixtures("gone")
async def test_what_is_transactional_goes_to_all_and_says_so_for_good(
    api: Api, acme: Headers
) -> None:
    answer = await send(
        api, acme, mobile=f"{GOOD},{GONE}", msg="Your code", category="Transactional"
    )

    assert (answer["recipients"], answer["rejected"]) == (2, [])
    report = await api.client.get(f"/campaigns/{answer['uuid']}", headers=acme)
    assert report.json()["category"] == "transactional"
    trail = await api.client.get("/audit?action=campaign.send", headers=acme)
    assert trail.json()["entries"][0]["after"]["category"] == "transactional"
    found = await api.client.get("/campaigns?category=transactional", headers=acme)
    assert [each["uuid"] for each in found.json()["campaigns"]] == [answer["uuid"]]
    none = await api.client.get("/campaigns?category=marketing", headers=acme)
    assert none.json()["campaigns"] == []


async def test_a_key_used_for_another_category_is_a_conflict(api: Api, acme: Headers) -> None:
    values = {"mobile": GOOD, "msg": "Hello", "idempotencyKey": "k"}
    await send(api, acme, **values)

    response = await api.client.get(
        "/send", params=values | {"category": "transactional"}, headers=acme
    )

    assert response.json()["code"] == "idempotency_conflict"


@pytest.mark.parametrize("is_personal", [False, True], ids=["uniform", "personal"])
async def test_a_copy_leaves_out_who_opted_out_since(
    api: Api, acme: Headers, *, is_personal: bool
) -> None:
    first = (await (_personal if is_personal else _uniform)(api, acme)).json()
    await api.client.put(f"/suppressions/{GONE}", headers=acme)

    copy = await api.client.post(f"/campaigns/{first['uuid']}/duplicate", headers=acme)

    assert copy.json()["recipients"] == 1
    assert copy.json()["rejected"][0]["reason"] == "opted_out"


@pytest.mark.usefixtures("gone")
async def test_links_for_another_vendor_are_made_for_nobody_who_opted_out(
    api: Api, acme: Headers
) -> None:
    asked = {"mobile": f"{GOOD},{GONE}", "msg": TEXT}

    answer = (await api.client.post("/links", json=asked, headers=acme)).json()

    assert [each["mobile"] for each in answer["messages"]] == [GOOD]
    assert answer["rejected"][0]["reason"] == "opted_out"


@pytest.mark.usefixtures("gone")
async def test_an_opt_out_is_of_one_account_alone(api: Api) -> None:
    other = await api.account("other", "OTHERS")

    answer = await send(api, other, mobile=GONE, msg="Hello")

    assert answer["recipients"] == 1


async def test_who_opted_out_is_not_listed_to_be_sent_to_again(api: Api, acme: Headers) -> None:
    sent = (await _uniform(api, acme)).json()
    await api.database.execute("UPDATE message SET status = 3")
    await api.client.put(f"/suppressions/{GONE}", headers=acme)

    path = f"/campaigns/{sent['uuid']}/recipients"
    listed = await api.client.get(f"{path}?which=not_clicked", headers=acme)
    table = await api.client.get(f"{path}.csv?which=not_clicked", headers=acme)

    assert [each["mobile"] for each in listed.json()["recipients"]] == [GOOD]
    assert GONE not in table.text


async def test_a_number_tells_that_it_opted_out(api: Api, acme: Headers) -> None:
    await _uniform(api, acme)
    before = (await api.client.get(f"/recipients/{GONE}", headers=acme)).json()
    noted = json.dumps({"source": "reply", "note": "Answered STOP"})
    await api.client.put(f"/suppressions/{GONE}", content=noted, headers=acme)

    after = (await api.client.get(f"/recipients/{GONE}", headers=acme)).json()

    assert before["opt_out"] is None
    assert (after["opt_out"]["source"], after["opt_out"]["note"]) == ("reply", "Answered STOP")
    assert after["messages"] == before["messages"]


async def test_old_clients_see_what_an_opt_out_held_back_as_blacklisted(
    api: Api, acme: Headers
) -> None:
    sent = (await _uniform(api, acme)).json()
    await api.database.execute(
        "UPDATE message SET status = 8, failure_cause = 'opted_out' WHERE position = 1"
    )
    values = {"uuid": sent["uuid"], "output": "json"}

    rows = {}
    for path in ("report/status", "linktrack/report"):
        answer = await api.client.get(f"/SMSApi/{path}", params=values, headers=acme)
        ((_, listed),) = [
            item for item in answer.json()["response"].items() if item[0].endswith("List")
        ]
        rows[path] = [(row["mobileNo"], row["Status"]) for row in listed]

    expected = [(GOOD, "PENDING"), (GONE, "BLACKLISTED")]
    assert rows == {"report/status": expected, "linktrack/report": expected}
