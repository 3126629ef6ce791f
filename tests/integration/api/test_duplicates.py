"""A duplicate says the same to the same people, with links of its own."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.orders import ask, give, jobs_due, refused
from tests.support.reports import (
    COUNT_CLICK,
    DELIVERED,
    NUMBERS,
    UNDELIVERED,
    Campaign,
    a_campaign,
    a_personal_campaign,
    get,
    settle,
)
from tests.support.sends import Headers, links_taken

LATER = (datetime.now(UTC) + timedelta(days=30)).replace(microsecond=0)  # noqa: TID251
KEPT = (
    "title, sender_id, carrier, body_before, body_after, destination, link_prefix, message_count,"
    " encoding, segment_count, is_flash, dlt_entity_id, dlt_template_id, is_personal,"
    " segment_total, segment_price, currency"
)
MESSAGES = """
    SELECT m.position, m.msisdn, p.body_before, p.body_after, p.destination, p.location,
           p.encoding, p.segment_count
    FROM message m LEFT JOIN personal_text p USING (campaign_id, position)
    WHERE campaign_id = (SELECT id FROM campaign WHERE uuid = $1) ORDER BY position
"""


async def kept(api: Api, uuid: str) -> dict[str, Any]:
    (row,) = await api.database.fetch(f"SELECT {KEPT} FROM campaign WHERE uuid = $1", uuid)  # noqa: S608
    return dict(row)


async def assert_same(api: Api, first: Campaign, copy_uuid: str) -> None:
    """Check that all is the same but what names the two."""
    assert copy_uuid != first.uuid
    assert await kept(api, copy_uuid) == await kept(api, first.uuid)
    assert await api.database.fetch(MESSAGES, copy_uuid) == await api.database.fetch(
        MESSAGES, first.uuid
    )


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param({}, id="tracked"),
        pytest.param({"trackLink": "false"}, id="untracked"),
        pytest.param({"appendHttp": "false"}, id="bare link"),
        pytest.param({"linkShape": "header", "senderId": "ACMEUS"}, id="header"),
        pytest.param({"msgType": "unicode"}, id="unicode asked for"),
        pytest.param({"msgType": "flash", "smartLinkTitle": "Sale"}, id="flash with a title"),
        pytest.param({"msg": "नमस्ते (https://a.example.com/x?y=1)."}, id="unicode"),
        pytest.param(
            {
                "msg": "\u201cSee\u201d https://a.example.com/x\u2026 it\u2019s",
                "smartEncoding": "true",
            },
            id="smart",
        ),
        pytest.param({"msg": "a.example.com/x and www.b.example.com!"}, id="two without scheme"),
        pytest.param({"mobile": "+4512345678,+14155552671,919876543210"}, id="of three countries"),
        pytest.param({"mobile": "919876543210,919876543210"}, id="a number twice"),
        pytest.param({"dltEntityId": "1234", "dltTemplateId": "5678"}, id="DLT"),
    ],
)
async def test_copy_is_the_same_text_to_the_same_recipients(
    api: Api, acme: Headers, parameters: dict[str, str]
) -> None:
    first = await a_campaign(api, acme, **parameters)

    answer = await give(api, acme, first, "duplicate")

    await assert_same(api, first, answer["uuid"])
    assert await jobs_due(api) == 2


async def test_copy_has_links_of_its_own_to_the_same_place(api: Api, acme: Headers) -> None:
    first = await a_campaign(api, acme)

    answer = await give(api, acme, first, "duplicate")

    assert await links_taken(api) == 6
    blocks = await api.database.fetch("SELECT first_link, location FROM link_block")
    assert len({block["first_link"] for block in blocks}) == 2
    assert len({block["location"] for block in blocks}) == 1
    links = [
        {
            each["link"]
            for each in (await get(api, acme, f"/campaigns/{uuid}/recipients"))["recipients"]
        }
        for uuid in (first.uuid, answer["uuid"])
    ]
    assert links[0].isdisjoint(links[1])


@pytest.mark.parametrize(
    ("rows", "parameters"),
    [
        pytest.param(
            [
                {"mobile": "919876543210", "name": "Asha"},
                {"mobile": "919876543211", "name": "रवि"},
            ],
            {"msg": "Hi {name}, see https://a.example.com/{name}"},
            id="made of a text",
        ),
        pytest.param(
            [
                {"mobile": "919876543210", "msg": "One https://a.example.com/1"},
                {"mobile": "919876543211", "msg": "Two https://b.example.com/2 and {so} on"},
            ],
            {},
            id="ready-made",
        ),
        pytest.param(
            [{"mobile": "919876543210", "msg": "One"}, {"mobile": "919876543211", "msg": "Two"}],
            {"trackLink": "false"},
            id="ready-made, untracked",
        ),
        pytest.param(
            [{"mobile": "919876543210", "name": "Asha"}],
            {"msg": "Hi {name}", "trackLink": "false"},
            id="made of a text, untracked",
        ),
    ],
)
async def test_copy_of_personal_texts_is_the_same(
    api: Api, acme: Headers, rows: list[dict[str, str]], parameters: dict[str, str]
) -> None:
    first = await a_personal_campaign(api, acme, *rows, **parameters)

    answer = await give(api, acme, first, "duplicate")

    first_row, copied = await kept(api, first.uuid), await kept(api, answer["uuid"])
    if not parameters.get("msg") and parameters.get("trackLink") != "false":
        # What it keeps is the first text as it was read, and that has another link now.
        assert copied.pop("body_before") != first_row.pop("body_before")
    assert copied == first_row
    assert await api.database.fetch(MESSAGES, answer["uuid"]) == await api.database.fetch(
        MESSAGES, first.uuid
    )


async def test_copy_of_what_is_scheduled_goes_out_at_once(api: Api, acme: Headers) -> None:
    first = await a_campaign(api, acme, scheduleTime=LATER.isoformat())

    answer = await give(api, acme, first, "duplicate")

    assert answer["scheduledAt"] is None
    assert await jobs_due(api) == 1


async def test_copy_may_have_a_time_and_a_title_of_its_own(api: Api, acme: Headers) -> None:
    first = await a_campaign(api, acme, smartLinkTitle="Sale")

    answer = await give(
        api,
        acme,
        first,
        "duplicate",
        scheduleTime=LATER.isoformat(),
        smartLinkTitle="Sale again",
    )

    report = await get(api, acme, f"/campaigns/{answer['uuid']}")
    assert (report["state"], report["title"]) == ("scheduled", "Sale again")
    assert datetime.fromisoformat(report["scheduled_at"]) == LATER


@pytest.mark.parametrize("state", ["cancel", "pause"])
async def test_copy_goes_to_all_whatever_became_of_the_first(
    api: Api, acme: Headers, state: str
) -> None:
    first = await a_campaign(api, acme)
    await give(api, acme, first, state)

    answer = await give(api, acme, first, "duplicate")

    assert answer["recipients"] == len(NUMBERS)
    assert (await get(api, acme, f"/campaigns/{answer['uuid']}"))["state"] == "queued"


async def test_repeated_call_with_a_key_sends_one_copy(api: Api, acme: Headers) -> None:
    first = await a_campaign(api, acme)
    other = await a_campaign(api, acme, msg="Other https://a.example.com")
    key = {"idempotencyKey": "again-1"}

    answer = await give(api, acme, first, "duplicate", **key)
    again = await give(api, acme | {"Idempotency-Key": "again-1"}, first, "duplicate")

    assert again == answer | {"replayed": True}
    assert await refused(api, acme, other, "duplicate", **key) == (409, "idempotency_conflict")
    assert await api.count("campaign") == 3


async def test_repeated_call_with_a_key_sends_one_copy_of_personal_texts(
    api: Api, acme: Headers
) -> None:
    row = {"mobile": "919876543210", "msg": "One https://a.example.com/1"}
    first = await a_personal_campaign(api, acme, row)
    other = await a_personal_campaign(api, acme, row | {"msg": "Two https://a.example.com/1"})
    key = {"idempotencyKey": "again-1"}

    answer = await give(api, acme, first, "duplicate", **key)

    assert await give(api, acme, first, "duplicate", **key) == answer | {"replayed": True}
    assert await refused(api, acme, other, "duplicate", **key) == (409, "idempotency_conflict")


async def test_dry_run_of_a_copy_stores_nothing(api: Api, acme: Headers) -> None:
    first = await a_campaign(api, acme)

    answer = await give(api, acme, first, "duplicate", test="true")

    assert (answer["uuid"], answer["recipients"]) == (None, 3)
    assert answer["preflight"]["messages"][0]["text"].startswith("Sale: https://tx1.in/")
    assert await api.count("campaign") == 1


async def test_copy_is_refused_where_a_send_would_be(api: Api, acme: Headers) -> None:
    first = await a_campaign(api, acme)
    await api.database.execute("UPDATE sender_id SET header = 'OTHERS' WHERE header = 'ACMEIN'")

    assert await refused(api, acme, first, "duplicate") == (400, "unknown_sender_id")
    assert await refused(api, acme, first, "duplicate", mobile="919876543210") == (
        400,
        "unknown_parameter",
    )


async def test_call_with_json_is_understood(api: Api, acme: Headers) -> None:
    first = await a_campaign(api, acme)

    response = await api.client.post(
        f"/campaigns/{first.uuid}/duplicate", json={"TEST": True}, headers=acme
    )
    wrong = await ask(api, acme | {"content-type": "text/csv"}, first, "duplicate", test="true")

    assert response.json()["test"] is True
    assert wrong.status_code == 415


async def clicked(api: Api, campaign: Campaign, position: int) -> None:
    await api.database.execute(COUNT_CLICK, campaign.id, position, LATER)


async def went_to(api: Api, uuid: str) -> list[int]:
    return [row["msisdn"] for row in await api.database.fetch(MESSAGES, uuid)]


async def test_copy_may_go_to_those_who_did_not_click(api: Api, acme: Headers) -> None:
    numbers = [919876543210 + place for place in range(6)]
    first = await a_campaign(api, acme, mobile=",".join(map(str, numbers)))
    await settle(api, first, DELIVERED, DELIVERED, UNDELIVERED, DELIVERED, DELIVERED)
    await clicked(api, first, 0)
    await api.client.put(f"/suppressions/{numbers[3]}", headers=acme, json={})

    tried = await give(api, acme, first, "duplicate", to="not_clicked", test="true")
    answer = await give(api, acme, first, "duplicate", to="not_clicked")

    # Nor to whom the message has not reached, or did not.
    assert (tried["uuid"], tried["recipients"]) == (None, 2)
    assert await went_to(api, answer["uuid"]) == [numbers[1], numbers[4]]
    assert (await kept(api, answer["uuid"]))["body_before"] == "Sale: "


async def test_copy_may_say_something_else(api: Api, acme: Headers) -> None:
    first = await a_campaign(api, acme, msg="नमस्ते https://a.example.com/x")
    await settle(api, first, DELIVERED, DELIVERED, DELIVERED)

    answer = await give(
        api, acme, first, "duplicate", to="not_clicked", msg="Last day: https://b.example.com/y !"
    )

    row = await kept(api, answer["uuid"])
    assert (row["body_before"], row["body_after"]) == ("Last day: ", " !")
    assert (row["destination"], row["encoding"]) == ("https://b.example.com/y", "GSM-7")


async def test_copy_of_personal_texts_keeps_those_of_who_did_not_click(
    api: Api, acme: Headers
) -> None:
    rows = [
        {"mobile": str(number), "msg": f"For {number} https://a.example.com/{number}"}
        for number in NUMBERS
    ]
    first = await a_personal_campaign(api, acme, *rows)
    await settle(api, first, DELIVERED, DELIVERED, DELIVERED)
    await clicked(api, first, 1)

    answer = await give(api, acme, first, "duplicate", to="not_clicked")
    other = await refused(api, acme, first, "duplicate", to="not_clicked", msg="Another text")

    copied = await api.database.fetch(MESSAGES, answer["uuid"])
    assert [(row["msisdn"], row["body_before"]) for row in copied] == [
        (number, f"For {number} ") for number in (NUMBERS[0], NUMBERS[2])
    ]
    assert other == (400, "invalid_value")


async def test_repeat_of_a_copy_sends_once_though_somebody_clicked_meanwhile(
    api: Api, acme: Headers
) -> None:
    first = await a_campaign(api, acme)
    await settle(api, first, DELIVERED, DELIVERED, DELIVERED)
    call = {"to": "not_clicked", "idempotencyKey": "again-1"}

    answer = await give(api, acme, first, "duplicate", **call)
    await clicked(api, first, 2)

    assert await give(api, acme, first, "duplicate", **call) == answer | {"replayed": True}
    for place in (0, 1):
        await clicked(api, first, place)
    assert await give(api, acme, first, "duplicate", **call) == answer | {"replayed": True}
    to_all = await refused(api, acme, first, "duplicate", idempotencyKey="again-1")
    other_text = await refused(api, acme, first, "duplicate", **call, msg="Another text")
    assert to_all == other_text == (409, "idempotency_conflict")


async def test_copy_to_nobody_is_refused(api: Api, acme: Headers) -> None:
    row = {"mobile": str(NUMBERS[0]), "msg": "One https://a.example.com/1"}
    firsts = [await a_campaign(api, acme), await a_personal_campaign(api, acme, row)]

    for first in firsts:
        response = await ask(api, acme, first, "duplicate", to="not_clicked")
        assert response.status_code == 400
        assert response.json()["field"] == "to"
    assert await refused(api, acme, firsts[0], "duplicate", to="clicked") == (400, "unknown_value")
