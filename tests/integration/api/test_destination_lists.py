"""/destination-list, and what becomes of sends whose links it refuses."""

import json
from typing import Any

import httpx
import pytest

from services.api.domain.destination_lists import parse_rules
from services.api.operations.change_destinations import orders_for
from shared.storage.engine import create_engine
from tests.support.api import Api, running_api
from tests.support.personal_sends import post_file, ready_upload, stored

Headers = dict[str, str]
SEND = {"mobile": "919876543210", "msg": "See https://a.example.com/1", "trackLink": "true"}
BLOCKED = "https://evil.example.com/x"


async def set_lists(
    api: Api, headers: Headers, *, allow: tuple[str, ...] = (), block: tuple[str, ...] = ()
) -> None:
    values = {"allow": allow, "block": block}
    response = await api.client.put("/destination-list", json=values, headers=headers)
    assert response.status_code == 200, response.text


async def block_for_all(api: Api, *rules: str) -> None:
    engine = create_engine(api.database_url, application="test")
    await (await orders_for(engine, None)).add("block", parse_rules("block", rules))
    await engine.dispose()


async def sent(api: Api, headers: Headers, **values: str) -> httpx.Response:
    return await api.client.get("/send", params=SEND | values, headers=headers)


def told(response: httpx.Response) -> tuple[int, str, str]:
    answer: dict[str, Any] = response.json()
    return response.status_code, answer["code"], answer.get("field", "")


async def test_an_account_reads_and_replaces_its_lists_and_nobody_elses(
    api: Api, acme: Headers
) -> None:
    globex = await api.account("globex")
    await set_lists(api, acme, allow=("B.example.com", "a.example.com"), block=("1.1.1.1",))
    await set_lists(api, acme, allow=("a.example.com",), block=("1.1.1.0/24", "=x.com/Y"))

    ours = await api.client.get("/destination-list", headers=acme)
    others = await api.client.get("/destination-list", headers=globex)

    assert ours.json() == {"allow": ["a.example.com"], "block": ["1.1.1.0/24", "=x.com/y"]}
    assert others.json() == {"allow": [], "block": []}


async def test_changes_are_in_the_audit_trail_and_what_changes_nothing_is_not(
    api: Api, acme: Headers
) -> None:
    for _ in range(2):
        await set_lists(api, acme, block=("a.com",))

    (entry,) = await api.database.fetch(
        "SELECT * FROM audit_entry WHERE action = 'destinations.change'"
    )

    assert (entry["action"], entry["subject"]) == ("destinations.change", "account")
    assert (entry["author_kind"], entry["author_name"]) == ("key", "first key")
    assert json.loads(entry["before"]) == {"allow": [], "block": []}
    assert json.loads(entry["after"]) == {"allow": [], "block": ["a.com"]}


@pytest.mark.parametrize(
    ("values", "status", "field"),
    [
        ({"allow": [], "block": ["*.com"]}, 400, "block"),
        ({"allow": ["a.com:80"], "block": []}, 400, "allow"),
        ({"allow": [], "block": [f"a{number}.com" for number in range(1_001)]}, 400, "block"),
        ({"allow": []}, 400, "block"),
        ({"allow": [], "block": [], "blok": []}, 400, "blok"),
        ({"allow": [], "block": "a.com"}, 400, "block"),
    ],
)
async def test_lists_that_cannot_be_are_refused_whole(
    api: Api, acme: Headers, values: dict[str, object], status: int, field: str
) -> None:
    response = await api.client.put("/destination-list", json=values, headers=acme)

    assert (response.status_code, response.json()["field"]) == (status, field)
    assert await api.count("destination_rule") == 0


async def test_a_link_can_be_tried(api: Api, acme: Headers) -> None:
    await block_for_all(api, "evil.example.com")
    await set_lists(api, acme, allow=("example.com",), block=("=b.example.com",))

    async def tried(url: str) -> dict[str, Any]:
        response = await api.client.post("/destination-list/test", json={"url": url}, headers=acme)
        answer: dict[str, Any] = response.json()
        return answer

    of_platform = await tried("http://x@EVIL.example.com:8080/")

    assert of_platform == {
        "host": "evil.example.com",
        "let_through": False,
        "list": "platform",
        "rule": None,
    }
    assert (await tried("b.example.com"))["rule"] == "=b.example.com"
    assert (await tried("a.example.com"))["let_through"]
    assert (await tried("a.net")) == {
        "host": "a.net",
        "let_through": False,
        "list": "allow",
        "rule": None,
    }
    assert (await tried("no link"))["field"] == "url"


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"msg": f"See {BLOCKED}"}, id="tracked"),
        pytest.param({"msg": f"{BLOCKED} or https://a.example.com"}, id="beside the tracked"),
        pytest.param({"msg": f"See {BLOCKED}", "trackLink": "false"}, id="untracked"),
        pytest.param({"msg": "See https://EVIL.example.com.:8080"}, id="other spelling"),
        pytest.param({"msg": "See https://a.com@evil.example.com", "trackLink": "false"}, id="@"),
        pytest.param({"msg": f"See {BLOCKED}", "test": "true"}, id="dry run"),
        pytest.param(
            {"msg": f"See {BLOCKED}", "scheduleTime": "2026-12-31 10:00"}, id="scheduled"
        ),
    ],
)
@pytest.mark.parametrize("is_ours", [True, False])
async def test_a_send_with_a_blocked_link_is_refused_whole(
    api: Api, acme: Headers, values: dict[str, str], *, is_ours: bool
) -> None:
    if is_ours:
        await set_lists(api, acme, block=("evil.example.com",))
    else:
        await block_for_all(api, "evil.example.com")
    before = await api.database.fetchval("SELECT next FROM token_domain WHERE length = 6")

    response = await sent(api, acme, **values)

    assert told(response) == (403, "destination_blocked", "msg")
    assert "evil.example.com" in response.json()["reason"]
    assert set((await stored(api)).values()) == {0}
    after = await api.database.fetchval("SELECT next FROM token_domain WHERE length = 6")
    assert before == after


async def test_an_allow_list_refuses_all_that_is_not_on_it_but_our_own_short_links(
    api: Api, acme: Headers
) -> None:
    await set_lists(api, acme, allow=("a.example.com",))

    refused = await sent(api, acme, msg="See https://b.example.com")
    beside = await sent(api, acme, msg="b.com, see https://a.example.com")
    fine = await sent(api, acme, msg="Mine: tx1.in/abcdef, see https://a.example.com/x")

    assert told(refused) == told(beside) == (403, "destination_blocked", "msg")
    assert fine.status_code == 200, fine.text


async def test_the_lists_of_others_are_none_of_ours(api: Api, acme: Headers) -> None:
    await set_lists(api, await api.account("globex"), block=("a.example.com",), allow=("b.com",))

    assert (await sent(api, acme)).status_code == 200


async def test_rows_files_and_uploads_with_a_blocked_link_are_refused_by_their_row(
    api: Api, acme: Headers
) -> None:
    await block_for_all(api, "evil.example.com")
    sheet = b"mobile,host\n919876543210,a.com\n919876543211,evil.example.com\n"
    upload = await ready_upload(api, acme, sheet)
    fields = {"msg": "See https://{host}/x", "trackLink": "true"}
    rows = [
        {"mobile": "919876543210", "host": "a.com"},
        {"mobile": "919876543211", "host": "evil.example.com"},
    ]

    of_rows = await api.client.post("/send", json={**fields, "sms": rows}, headers=acme)
    of_dry_rows = await api.client.post(
        "/send", json={**fields, "sms": rows, "test": True}, headers=acme
    )
    _, of_file = await post_file(api, acme, sheet, **fields)
    of_upload = await api.client.post("/send", json={**fields, "upload": upload}, headers=acme)
    beside = await api.client.post(
        "/send",
        json={
            "msg": "{host} or https://a.com/x",
            "trackLink": True,
            "sms": rows,
        },
        headers=acme,
    )

    answers = [of_rows.json(), of_dry_rows.json(), of_file, of_upload.json(), beside.json()]
    assert [answer["code"] for answer in answers] == ["destination_blocked"] * 5
    assert [answer["reason"].partition(":")[0] for answer in answers] == [
        "Row 2",
        "Row 2",
        "Row 3",
        "Row 3",
        "Row 2",
    ]
    assert set((await stored(api)).values()) == {0}


async def test_old_clients_xml_and_made_links_are_refused_alike(api: Api, acme: Headers) -> None:
    await block_for_all(api, "evil.example.com")
    xml = f"<data><sms><mobile>919876543210</mobile><msg>See {BLOCKED}</msg></sms></data>"

    old = await api.client.get(
        "/SMSApi/send", params=SEND | {"msg": f"See {BLOCKED}", "output": "json"}, headers=acme
    )
    of_xml = await api.client.post(
        "/send", content=xml, headers=acme | {"content-type": "application/xml"}
    )
    made = await api.client.post(
        "/links", json={"mobile": "919876543210", "msg": f"See {BLOCKED}"}, headers=acme
    )

    assert (old.status_code, old.json()["statusCode"]) == (200, "403")
    # As every row that breaks a rule.
    assert told(of_xml) == (400, "destination_blocked", "msg")
    assert told(made) == (403, "destination_blocked", "msg")


async def test_a_copy_and_a_changed_destination_are_held_to_todays_rules(
    api: Api, acme: Headers
) -> None:
    campaign = (await sent(api, acme)).json()["uuid"]
    await set_lists(api, acme, block=("a.example.com", "b.example.com"))

    copy = await api.client.post(f"/campaigns/{campaign}/duplicate", headers=acme)
    changed = await api.client.patch(
        f"/campaigns/{campaign}/links",
        json={"destination": "https://b.example.com/"},
        headers=acme,
    )

    assert told(copy) == (403, "destination_blocked", "msg")
    assert told(changed) == (403, "destination_blocked", "destination")
    assert await api.database.fetchval("SELECT location FROM link_block") == (
        "https://a.example.com/1"
    )


@pytest.mark.parametrize("link", ["http://localhost/x", "http://10.0.0.1/", "https://nas.local/"])
async def test_links_that_recipients_cannot_reach_are_refused_at_send_and_change_alike(
    api: Api, acme: Headers, link: str
) -> None:
    campaign = (await sent(api, acme)).json()["uuid"]

    send = await sent(api, acme, msg=f"See {link}")
    change = await api.client.patch(
        f"/campaigns/{campaign}/links", json={"destination": link}, headers=acme
    )

    assert told(send) == (400, "destination_not_public", "msg")
    assert told(change) == (400, "destination_not_public", "destination")


async def test_a_setting_lets_links_lead_to_private_hosts(database_url: str) -> None:
    async with running_api(database_url, private_destinations=True) as api:
        acme = await api.account("acme", "ACMEIN")

        answer = await sent(api, acme, msg="See http://localhost:8000/x")

    assert answer.status_code == 200, answer.text
