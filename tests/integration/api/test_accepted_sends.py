"""/send on a real database: what is accepted is stored and queued, for whom it was meant."""

import asyncio
from urllib.parse import urlencode

import pytest

from shared.storage.queue import Entrypoint
from tests.support.api import Api
from tests.support.sends import NUMBERS, STORED, TEXT, TRACKED, Headers, send, stored


async def test_a_send_is_stored_and_queued_whole(api: Api, acme: Headers) -> None:
    answer = await send(api, acme, **TRACKED, smartLinkTitle="Sale")

    (campaign,) = await api.database.fetch("SELECT * FROM campaign")
    assert str(campaign["uuid"]) == answer["uuid"]
    assert str(campaign["transaction_id"]) == answer["transactionId"]
    assert campaign["title"] == "Sale"
    assert campaign["sender_id"] == "ACMEIN"
    assert campaign["body_before"] + "*" + campaign["body_after"] == "Sale: *. Reply STOP"
    assert campaign["destination"] == "https://shop.example.com/sale"
    messages = await api.database.fetch("SELECT * FROM message ORDER BY position")
    assert [(row["position"], row["msisdn"], row["status"]) for row in messages] == [
        (0, 919876543210, 0),
        (1, 919876543211, 0),
    ]
    assert await stored(api) == dict.fromkeys(STORED, 1) | {"message": 2}


async def test_query_form_and_json_send_the_same(api: Api, acme: Headers) -> None:
    client = api.client
    answers = [
        (await client.get("/send", params=TRACKED, headers=acme)).json(),
        (await client.post("/send", data=TRACKED, headers=acme)).json(),
        (await client.post("/send", json=TRACKED, headers=acme)).json(),
        (await client.post("/send?" + urlencode(TRACKED), headers=acme)).json(),
        (
            await client.post(
                "/send",
                json={"mobile": NUMBERS.split(","), "MSG": TEXT, "tracklink": True},
                headers=acme,
            )
        ).json(),
    ]

    for answer in answers:
        assert answer["mobile"] == NUMBERS
        assert answer["link"]["destination"] == "https://shop.example.com/sale"


async def test_bad_numbers_among_good_ones_are_named_and_the_good_ones_are_sent_to(
    api: Api, acme: Headers
) -> None:
    mobiles = "919876543210,12345,91987654321O,011 2345 6789"

    answer = await send(api, acme, mobile=mobiles, msg="Hi")

    assert (answer["mobile"], answer["recipients"]) == ("919876543210", 1)
    assert answer["invalidMobile"] == "12345,91987654321O,011 2345 6789"
    assert [rejected["reason"] for rejected in answer["rejected"]] == [
        "too_short",
        "unexpected_character",
        "landline",
    ]


@pytest.mark.parametrize(("drop", "sent"), [("true", 1), ("false", 2)])
async def test_repeated_numbers_are_dropped_when_asked(
    api: Api, acme: Headers, drop: str, sent: int
) -> None:
    answer = await send(
        api, acme, mobile="919876543210,+91 98765 43210", msg="Hi", duplicateCheck=drop
    )

    assert (answer["recipients"], answer["duplicates"]) == (sent, 1)


async def test_a_single_message_takes_the_lane_that_bulk_does_not_fill(
    api: Api, acme: Headers
) -> None:
    await send(api, acme, **TRACKED)
    await send(api, acme, **TRACKED | {"mobile": "919876543210"})

    rows = await api.database.fetch("SELECT entrypoint FROM pgqueuer ORDER BY id")
    assert [row["entrypoint"] for row in rows] == [
        Entrypoint.SUBMIT_MESSAGES,
        Entrypoint.SUBMIT_URGENT_MESSAGES,
    ]


async def test_a_hundred_thousand_recipients_are_one_request(api: Api, acme: Headers) -> None:
    mobiles = ",".join(str(919_800_000_000 + n) for n in range(100_000))

    response = await api.client.post(
        "/send", json={"mobile": mobiles, "msg": TEXT, "trackLink": True}, headers=acme
    )

    assert response.json()["recipients"] == 100_000
    assert await api.count("message") == 100_000
    slices = await api.count("pgqueuer")
    assert slices == 200
    last = await api.database.fetchval("SELECT max(msisdn) FROM message WHERE position = 99999")
    assert last == 919_800_099_999


async def test_others_do_not_wait_for_a_large_request(api: Api, acme: Headers) -> None:
    pauses = [0.0]

    async def tick() -> None:
        loop = asyncio.get_running_loop()
        last = loop.time()
        while True:
            await asyncio.sleep(0.01)
            pauses.append(loop.time() - last)
            last = loop.time()

    ticking = asyncio.create_task(tick())
    # Forty microseconds and more for each number, which has to be read by phonenumbers.
    mobiles = ",".join(f"(98765) {n:05}" for n in range(60_000))
    response = await api.client.post(
        "/send",
        json={"mobile": mobiles, "msg": "e.com " * 1_800, "trackLink": True, "test": True},
        headers=acme,
    )
    ticking.cancel()

    assert response.json()["code"] == "text_too_long"
    assert max(pauses) < 0.5
