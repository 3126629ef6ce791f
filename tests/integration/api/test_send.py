"""/send on a real database: what is accepted is stored and queued, what is not leaves nothing."""

import asyncio
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from defusedxml.ElementTree import fromstring

from services.api.schemas.reading import FORM
from shared.storage.queue import Entrypoint
from tests.support.api import Api, running_api

NUMBERS = "919876543210,919876543211"
TEXT = "Sale: https://shop.example.com/sale. Reply STOP"
TRACKED = {"mobile": NUMBERS, "msg": TEXT, "trackLink": "true"}
STORED = ("campaign", "message", "link_block", "pgqueuer", "campaign_delivery", "campaign_clicks")
TRADE_KEYS = [
    "status",
    "mobile",
    "invalidMobile",
    "transactionId",
    "statusCode",
    "reason",
    "msgId",
    "requestTime",
]

Headers = dict[str, str]


async def send(api: Api, headers: Headers, **parameters: str) -> dict[str, Any]:
    response = await api.client.get("/send", params=parameters, headers=headers)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def stored(api: Api) -> dict[str, int]:
    return {table: await api.count(table) for table in STORED}


async def links_taken(api: Api) -> int:
    """Count the link numbers that have been handed out, to whatever use."""
    taken: int = await api.database.fetchval("SELECT sum(next) FROM token_domain")
    return taken


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


@pytest.mark.parametrize(
    ("append_http", "pattern"),
    [("true", r"https://tx1\.in/[0-9A-Za-z]{6}"), ("false", r"tx1\.in/[0-9A-Za-z]{6}")],
)
async def test_the_link_is_of_the_promised_length(
    api: Api, acme: Headers, append_http: str, pattern: str
) -> None:
    answer = await send(api, acme, **TRACKED, appendHttp=append_http)

    assert re.fullmatch(pattern, answer["link"]["sample"])
    assert answer["text"] == f"Sale: {answer['link']['sample']}. Reply STOP"


async def test_the_answer_has_the_old_keys_as_texts_and_typed_ones_beside_them(
    api: Api, acme: Headers
) -> None:
    answer = await send(api, acme, **TRACKED)

    assert list(answer)[: len(TRADE_KEYS)] == TRADE_KEYS
    assert all(isinstance(answer[key], str) for key in TRADE_KEYS)
    assert re.fullmatch(r"\d{19}", answer["transactionId"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", answer["requestTime"])
    assert (answer["recipients"], answer["segments"], answer["encoding"]) == (2, 1, "GSM-7")
    assert answer["replayed"] is False


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


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("apikey", id="apikey"),
        pytest.param("apiKey", id="apiKey"),
        pytest.param("Authorization", id="bearer"),
    ],
)
async def test_a_key_is_taken_from_each_header(api: Api, acme: Headers, header: str) -> None:
    key = f"Bearer {acme['apikey']}" if header == "Authorization" else acme["apikey"]

    response = await api.client.get("/send", params=TRACKED, headers={header: key})

    assert response.status_code == 200


@pytest.mark.parametrize(
    ("changed", "status", "code", "field"),
    [
        pytest.param({"mobile": ""}, 400, "missing_field", "mobile", id="no number"),
        pytest.param({"mobile": ",; ,"}, 400, "missing_field", "mobile", id="separators only"),
        pytest.param({"mobile": "123,abc"}, 400, "no_valid_mobile", "mobile", id="bad numbers"),
        pytest.param({"msg": ""}, 400, "missing_field", "msg", id="no text"),
        pytest.param({"msg": "  "}, 400, "missing_field", "msg", id="blank text"),
        pytest.param({"msg": "No link"}, 400, "no_link", "msg", id="no URL to track"),
        pytest.param(
            {"msg": "See https://tx1.in/SAlhjS"}, 400, "own_short_link", "msg", id="own short link"
        ),
        pytest.param({"trackLink": "maybe"}, 400, "invalid_boolean", "trackLink", id="boolean"),
        pytest.param({"appendHttp": "2"}, 400, "invalid_boolean", "appendHttp", id="boolean 2"),
        pytest.param({"msgType": "voice"}, 400, "unknown_value", "msgType", id="message type"),
        pytest.param({"output": "yaml"}, 400, "unknown_value", "output", id="output"),
        pytest.param({"sendMethod": "group"}, 400, "unknown_value", "sendMethod", id="method"),
        pytest.param({"senderId": "OTHER"}, 400, "unknown_sender_id", "senderId", id="sender ID"),
        pytest.param({"dltEntityId": "x1"}, 400, "invalid_value", "dltEntityId", id="DLT id"),
        pytest.param(
            {"smartLinkTitle": "x" * 201}, 400, "invalid_value", "smartLinkTitle", id="long title"
        ),
        pytest.param(
            {"idempotencyKey": "x" * 256}, 400, "invalid_value", "idempotencyKey", id="long key"
        ),
        pytest.param(
            {"scheduleTime": "2027-01-01 10:00"},
            400,
            "unsupported_parameter",
            "scheduleTime",
            id="not served yet",
        ),
        pytest.param({"trackLnk": "true"}, 400, "unknown_parameter", "trackLnk", id="misspelt"),
        pytest.param(
            {"msg": "नमस्ते https://a.example.com", "msgType": "text"},
            400,
            "not_gsm",
            "msg",
            id="text with other characters",
        ),
        pytest.param(
            {"msg": "https://a.example.com " + "x" * 3_040},
            400,
            "text_too_long",
            "msg",
            id="too long with its short link",
        ),
        pytest.param({"msg": "e.com " * 2_000}, 400, "msg_too_long", "msg", id="not even read"),
        pytest.param(
            {"msg": "x" * 12_000, "trackLink": "false"},
            400,
            "msg_too_long",
            "msg",
            id="not even counted",
        ),
        pytest.param(
            {"msg": "See https://u:p@a.example.com"}, 400, "userinfo_in_link", "msg", id="password"
        ),
    ],
)
async def test_bad_input_is_named_and_leaves_nothing(
    api: Api, acme: Headers, changed: dict[str, str], status: int, code: str, field: str
) -> None:
    response = await api.client.get("/send", params=TRACKED | changed, headers=acme)

    answer = response.json()
    assert response.status_code == status
    assert (answer["status"], answer["code"], answer["field"]) == ("error", code, field)
    assert len(answer["reason"]) > 20
    assert await stored(api) == dict.fromkeys(STORED, 0)
    assert await links_taken(api) == 0


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


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="none"),
        pytest.param({"apikey": "txk_0123456789ab_wrong"}, id="unknown prefix"),
        pytest.param({"apikey": "nonsense"}, id="no key at all"),
        pytest.param({"Authorization": "Basic dXNlcjpwYXNz"}, id="another scheme"),
    ],
)
async def test_without_a_live_key_nothing_is_sent(api: Api, headers: Headers) -> None:
    response = await api.client.get("/send", params=TRACKED, headers=headers)

    assert response.status_code == 401
    assert (response.json()["statusCode"], response.json()["field"]) == ("216", "apikey")
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("revoked_at = now()", id="revoked"),
        pytest.param("expires_at = now() - interval '1 second'", id="expired"),
        pytest.param("secret_sha256 = sha256('other')", id="another secret"),
    ],
)
async def test_a_key_that_is_no_longer_good_is_refused(
    api: Api, acme: Headers, change: str
) -> None:
    await api.database.execute(f"UPDATE api_key SET {change}")  # noqa: S608

    response = await api.client.get("/send", params=TRACKED, headers=acme)

    assert response.status_code == 401


async def test_a_key_without_the_scope_is_refused(api: Api, acme: Headers) -> None:
    await api.database.execute("UPDATE api_key SET scopes = '{report}'")

    response = await api.client.get("/send", params=TRACKED, headers=acme)

    assert response.status_code == 403
    assert "send" in response.json()["reason"]


async def test_a_dry_run_answers_all_and_stores_nothing(api: Api, acme: Headers) -> None:
    answer = await send(api, acme, **TRACKED, test="true", idempotencyKey="k")

    assert answer["test"] is True
    assert re.fullmatch(r"https://tx1\.in/[0-9A-Za-z]{6}", answer["link"]["sample"])
    assert await stored(api) == dict.fromkeys(STORED, 0)
    assert await links_taken(api) == 0
    assert await api.count("idempotency_key") == 0


async def test_a_dry_run_names_no_campaign_since_there_is_none(api: Api, acme: Headers) -> None:
    answer = await send(api, acme, **TRACKED, test="true")
    old = await api.client.get(
        "/SMSApi/send", params=TRACKED | {"test": "true", "output": "json"}, headers=acme
    )

    assert (answer["uuid"], answer["transactionId"]) == (None, None)
    assert old.json()["transactionId"] == ""


async def test_a_dry_run_refuses_what_a_send_refuses(api: Api, acme: Headers) -> None:
    text = "https://a.example.com " + "x" * 3_040

    response = await api.client.get(
        "/send", params=TRACKED | {"msg": text, "test": "true"}, headers=acme
    )

    assert response.json()["code"] == "text_too_long"


async def test_an_accepted_send_takes_as_many_links_as_it_has_recipients(
    api: Api, acme: Headers
) -> None:
    await send(api, acme, **TRACKED)

    assert await links_taken(api) == 2


async def test_a_text_is_measured_with_a_link_as_long_as_it_will_get(
    api: Api, acme: Headers
) -> None:
    await api.database.execute("UPDATE token_domain SET next = ceiling WHERE length = 6")
    # With https://tx1.in/ and six characters this is one segment, with seven it is two.
    text = "x" * 138 + " https://a.example.com"

    answer = await send(api, acme, mobile=NUMBERS, msg=text, trackLink="true")

    assert (len(answer["text"]), answer["segments"]) == (161, 2)


@pytest.mark.parametrize("domain", ["tx1.in:8001", "localhost.test:8001"])
async def test_a_short_domain_may_have_a_port(database_url: str, domain: str) -> None:
    host = domain.partition(":")[0]
    async with running_api(database_url, short_domain=domain) as api:
        headers = await api.account("acme")

        sent = await send(api, headers, **TRACKED)
        refusals = [
            await api.client.get(
                "/send", params=TRACKED | {"msg": f"See https://{ours}/SAlhjS"}, headers=headers
            )
            for ours in (host, domain, f"{host}:9999")
        ]

    assert sent["link"]["sample"].startswith(f"https://{domain}/")
    assert [response.json()["code"] for response in refusals] == ["own_short_link"] * 3


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


async def test_the_same_idempotency_key_sends_once_and_answers_the_same(
    api: Api, acme: Headers
) -> None:
    first = await send(api, acme, **TRACKED, idempotencyKey="k1")
    second = await send(api, acme, **TRACKED, idempotencyKey="k1")

    assert second == first | {"replayed": True}
    assert await api.count("campaign") == 1


async def test_the_idempotency_key_may_be_a_header(api: Api, acme: Headers) -> None:
    headers = acme | {"Idempotency-Key": "k1"}

    await send(api, headers, **TRACKED)
    again = await send(api, acme, **TRACKED, idempotencyKey="k1")

    assert again["replayed"] is True


async def test_a_repeat_may_write_its_numbers_as_a_list(api: Api, acme: Headers) -> None:
    await send(api, acme, **TRACKED, idempotencyKey="k1")

    again = await api.client.post(
        "/send",
        json=TRACKED | {"mobile": NUMBERS.split(","), "idempotencyKey": "k1"},
        headers=acme,
    )

    assert again.json()["replayed"] is True


async def test_two_idempotency_keys_that_differ_are_refused(api: Api, acme: Headers) -> None:
    response = await api.client.get(
        "/send",
        params=TRACKED | {"idempotencyKey": "k1"},
        headers=acme | {"Idempotency-Key": "k2"},
    )

    assert (response.status_code, response.json()["field"]) == (400, "idempotencyKey")
    assert await stored(api) == dict.fromkeys(STORED, 0)


async def test_an_idempotency_key_with_another_request_is_a_conflict(
    api: Api, acme: Headers
) -> None:
    await send(api, acme, **TRACKED, idempotencyKey="k1")

    response = await api.client.get(
        "/send",
        params=TRACKED | {"msg": "Other", "trackLink": "false", "idempotencyKey": "k1"},
        headers=acme,
    )

    assert response.status_code == 409
    assert await api.count("campaign") == 1


async def test_two_accounts_may_use_the_same_idempotency_key(api: Api, acme: Headers) -> None:
    other = await api.account("other")

    first = await send(api, acme, **TRACKED, idempotencyKey="k1")
    second = await send(api, other, **TRACKED, idempotencyKey="k1")

    assert first["uuid"] != second["uuid"]
    assert second["replayed"] is False


async def test_an_idempotency_key_is_free_again_after_a_day(api: Api, acme: Headers) -> None:
    first = await send(api, acme, **TRACKED, idempotencyKey="k1")
    await api.database.execute(
        "UPDATE idempotency_key SET created_at = created_at - interval '24 hours 1 second'"
    )

    second = await send(api, acme, **TRACKED, idempotencyKey="k1")

    assert second["uuid"] != first["uuid"]
    assert second["replayed"] is False


async def test_of_repeats_at_once_only_one_is_sent(api: Api, acme: Headers) -> None:
    answers = await asyncio.gather(
        *(send(api, acme, **TRACKED, idempotencyKey="k1") for _ in range(8))
    )

    assert len({answer["uuid"] for answer in answers}) == 1
    assert sum(not answer["replayed"] for answer in answers) == 1
    assert await api.count("campaign") == 1


async def test_sends_at_once_get_disjoint_blocks(api: Api, acme: Headers) -> None:
    await asyncio.gather(*(send(api, acme, **TRACKED) for _ in range(10)))

    rows = await api.database.fetch("SELECT first_link, link_count FROM link_block ORDER BY 1")
    assert [row["first_link"] for row in rows] == list(range(0, 20, 2))


async def test_tokens_grow_when_a_length_is_full(api: Api, acme: Headers) -> None:
    await api.database.execute("UPDATE token_domain SET next = ceiling - 1 WHERE length = 6")

    two = await send(api, acme, **TRACKED)
    one = await send(api, acme, **TRACKED | {"mobile": "919876543210"})
    last = await send(api, acme, **TRACKED | {"mobile": "919876543210"})

    lengths = [len(answer["link"]["sample"].rpartition("/")[2]) for answer in (two, one, last)]
    assert lengths == [7, 6, 7]


async def test_no_room_for_links_is_said_and_not_half_sent(api: Api, acme: Headers) -> None:
    await api.database.execute("UPDATE token_domain SET next = ceiling")

    response = await api.client.get("/send", params=TRACKED, headers=acme)

    assert response.status_code == 503
    assert response.json()["code"] == "no_link_room"
    assert await stored(api) == dict.fromkeys(STORED, 0)


async def test_an_untracked_send_keeps_its_text_and_takes_no_links(
    api: Api, acme: Headers
) -> None:
    answer = await send(api, acme, mobile=NUMBERS, msg=TEXT)

    assert (answer["link"], answer["text"]) == (None, TEXT)
    assert await api.count("link_block") == 0


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


async def test_a_body_over_the_limit_is_refused(database_url: str) -> None:
    async with running_api(database_url, max_body_octets=1_000) as api:
        headers = await api.account("acme")

        response = await api.client.post(
            "/send", json={"mobile": "919876543210", "msg": "x" * 2_000}, headers=headers
        )

    assert response.status_code == 413
    assert response.json()["code"] == "body_too_large"


async def test_more_recipients_than_allowed_are_refused(database_url: str) -> None:
    async with running_api(database_url, max_recipients=1) as api:
        headers = await api.account("acme")

        response = await api.client.get("/send", params=TRACKED, headers=headers)

        assert response.status_code == 413
        assert response.json()["field"] == "mobile"


@pytest.mark.parametrize("output", ["json", "plain", "xml"])
@pytest.mark.parametrize("name", [r"\ud800x", r"\u0001x", r"\uffffx", r"</field>"])
async def test_a_name_that_no_text_can_hold_is_refused_in_valid_form(
    api: Api, acme: Headers, output: str, name: str
) -> None:
    body = f'{{"output":"{output}","{name}":1,"mobile":"919876543210","msg":"Hi"}}'

    response = await api.client.post(
        "/send", content=body, headers=acme | {"content-type": "application/json"}
    )

    assert response.status_code == 400
    assert "is not a parameter of this call" in response.text
    if output == "xml":
        assert fromstring(response.content).findtext("code") == "unknown_parameter"


@pytest.mark.parametrize("output", ["plain", "xml"])
async def test_the_answer_comes_in_the_form_asked_for(
    api: Api, acme: Headers, output: str
) -> None:
    good = await api.client.get("/send", params=TRACKED | {"output": output}, headers=acme)
    bad = await api.client.get(
        "/send", params=TRACKED | {"output": output, "trackLink": "x"}, headers=acme
    )

    assert bad.status_code == 400
    if output == "plain":
        assert good.text.startswith(f"success | {NUMBERS} |  | ")
        assert bad.text.startswith("error | 147 | trackLink must be true or false")
    else:
        assert f"<mobile>{NUMBERS}</mobile>" in good.text
        assert "<statusCode>147</statusCode>" in bad.text


@pytest.mark.parametrize(
    ("path", "output"), [("/SMSApi/send", "output"), ("/SMSApi/rest/send", "format")]
)
class TestOlderPaths:
    async def test_answer_plainly_by_default(
        self, api: Api, acme: Headers, path: str, output: str
    ) -> None:
        del output

        response = await api.client.get(path, params=TRACKED, headers=acme)

        assert response.status_code == 200
        fields = response.text.split(" | ")
        assert fields[:3] == ["success", NUMBERS, ""]
        assert len(fields) == len(TRADE_KEYS)

    async def test_answer_json_with_exactly_the_old_keys(
        self, api: Api, acme: Headers, path: str, output: str
    ) -> None:
        response = await api.client.post(
            path, data=TRACKED | {output: "json"}, headers=acme | {"content-type": FORM}
        )

        assert list(response.json()) == TRADE_KEYS
        assert all(isinstance(value, str) for value in response.json().values())

    @pytest.mark.parametrize(
        ("changed", "status_code"),
        [({"trackLink": "x"}, "147"), ({"msg": ""}, "400"), ({"userId": "x"}, "216")],
    )
    async def test_answer_errors_with_200(
        self,
        api: Api,
        acme: Headers,
        path: str,
        output: str,
        changed: dict[str, str],
        status_code: str,
    ) -> None:
        headers = {} if "userId" in changed else acme

        response = await api.client.get(
            path, params=TRACKED | changed | {output: "json"}, headers=headers
        )

        assert response.status_code == 200
        assert list(response.json()) == ["status", "statusCode", "reason"]
        assert response.json()["statusCode"] == status_code

    async def test_ignore_parameters_they_do_not_know(
        self, api: Api, acme: Headers, path: str, output: str
    ) -> None:
        response = await api.client.get(
            path, params=TRACKED | {output: "json", "channel": "2"}, headers=acme
        )

        assert response.json()["status"] == "success"
