"""/sender-ids: what an account says of what it sends as."""

import json
from typing import Any

from tests.support.api import Api
from tests.support.sends import TRACKED, send

Headers = dict[str, str]
DLT = "1101234567890123456"
REFUSED_VALUES = (
    ("dlt_entity_id", "110-1"),
    ("dlt_entity_id", "1" * 31),
    ("link_shape", "long"),
    ("link_domains", ["https://tx1.in"]),
    ("link_domains", "tx1.in"),
    ("link_domains", [f"a{number}.in" for number in range(21)]),
    ("sender_id", "OTHERS"),
)


async def change(api: Api, headers: Headers, sender_id: str, **values: object) -> dict[str, Any]:
    answer = await api.client.patch(f"/sender-ids/{sender_id}", json=values, headers=headers)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def listed(api: Api, headers: Headers) -> list[dict[str, Any]]:
    answer = await api.client.get("/sender-ids", headers=headers)
    found: list[dict[str, Any]] = answer.json()["sender_ids"]
    return found


async def test_sender_ids_are_listed_with_the_links_that_they_make(
    api: Api, acme: Headers
) -> None:
    await change(api, acme, "ACMEUS", link_shape="header", link_domains=["TX1.in", "tx1.in"])

    first, second = await listed(api, acme)
    sent = await send(api, acme, **TRACKED, senderId="ACMEUS", testMessage="true")

    assert first == {
        "sender_id": "ACMEIN",
        "is_default": True,
        "link_shape": None,
        "link_domains": [],
        "dlt_entity_id": None,
        "link_example": "https://tx1.in/SAlhjS",
    }
    assert second == {
        "sender_id": "ACMEUS",
        "is_default": False,
        "link_shape": "header",
        "link_domains": ["tx1.in"],
        "dlt_entity_id": None,
        "link_example": "https://tx1.in/ACMEUS/SAlhjS",
    }
    assert len(sent["link"]["sample"]) == len(second["link_example"])


async def test_what_is_changed_holds_from_the_next_send_on(api: Api, acme: Headers) -> None:
    told = await change(api, acme, "acmein", dlt_entity_id=f" {DLT} ", link_shape="header")
    sent = await send(api, acme, **TRACKED)

    kept = await api.database.fetchrow("SELECT dlt_entity_id, link_prefix FROM campaign")
    assert kept is not None
    assert tuple(kept) == (DLT, "https://tx1.in/ACMEIN/"), sent
    assert (told["sender_id"], told["dlt_entity_id"]) == ("ACMEIN", DLT)
    again = await change(api, acme, "ACMEIN", dlt_entity_id=None, link_shape=None)
    assert (again["dlt_entity_id"], again["link_shape"]) == (None, None)


async def test_a_sender_id_has_the_accounts_shape_until_it_has_its_own(
    api: Api, acme: Headers
) -> None:
    await change(api, acme, "ACMEUS", link_shape="token")
    await api.client.patch("/account", json={"link_shape": "header"}, headers=acme)

    assert [each["link_example"] for each in await listed(api, acme)] == [
        "https://tx1.in/ACMEIN/SAlhjS",
        "https://tx1.in/SAlhjS",
    ]


async def test_changes_are_noted_with_before_and_after_and_what_changes_nothing_is_not(
    api: Api, acme: Headers
) -> None:
    for _ in range(2):
        await change(api, acme, "ACMEIN", link_domains=["tx1.in"])
    await change(api, acme, "ACMEIN")

    (entry,) = await api.database.fetch("SELECT * FROM audit_entry WHERE action = 'sender_id.set'")

    assert (entry["subject"], entry["author_kind"]) == ("ACMEIN", "key")
    assert json.loads(entry["before"]) == {"link_domains": []}
    assert json.loads(entry["after"]) == {"link_domains": ["tx1.in"]}


async def test_the_same_sender_id_of_another_account_stays_as_it_is(
    api: Api, acme: Headers
) -> None:
    globex = await api.account("globex", "ACMEIN")
    await change(api, globex, "ACMEIN", dlt_entity_id=DLT)

    (ours, *_) = await listed(api, acme)

    assert ours["dlt_entity_id"] is None


async def test_a_sender_id_that_the_account_has_not_is_not_found(api: Api, acme: Headers) -> None:
    await api.account("globex", "GLOBEX")

    for sender_id in ("GLOBEX", "ACME%20", "ACMEIN%00", "%F0%9F%98%80"):
        path = f"/sender-ids/{sender_id}"
        answer = await api.client.patch(path, json={"dlt_entity_id": DLT}, headers=acme)

        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), sender_id
    of_all = await api.database.fetch("SELECT DISTINCT dlt_entity_id FROM sender_id")
    assert [each["dlt_entity_id"] for each in of_all] == [None]


async def test_what_cannot_be_set_is_refused_at_its_field(api: Api, acme: Headers) -> None:
    before = await listed(api, acme)

    for name, value in REFUSED_VALUES:
        answer = await api.client.patch(
            "/sender-ids/ACMEIN", json={"link_shape": "header", name: value}, headers=acme
        )

        assert (answer.status_code, answer.json()["field"]) == (400, name), answer.text
    assert await listed(api, acme) == before


async def test_a_sender_id_that_no_link_can_hold_has_links_of_the_token_alone(api: Api) -> None:
    headers = await api.account("acme", "ACME & CO")

    refused = await api.client.patch(
        "/sender-ids/ACME%20&%20CO", json={"link_shape": "header"}, headers=headers
    )
    await api.client.patch("/account", json={"link_shape": "header"}, headers=headers)
    (only,) = await listed(api, headers)

    assert (refused.status_code, refused.json()["field"]) == (400, "link_shape")
    assert "letters a-z and digits" in refused.json()["reason"]
    assert only["link_example"] is None
