"""Sends whose recipients each get a text of their own, from rows, XML and uploads."""

import asyncio

import pytest

from tests.support.api import Api, running_api
from tests.support.personal_sends import (
    STORED,
    Headers,
    Json,
    accepted,
    post,
    post_file,
    ready_upload,
    stored,
    texts,
)
from tests.support.waiting import until, waits_for_a_lock

ROWS = [
    {"mobile": "919876543210", "name": "Asha", "id": "A 1"},
    {"mobile": "919876543211", "name": "रवि", "id": "R&2"},
]
TEXT = "Hi {name}, your bill: https://pay.example.com/b?id={id}. Thanks"


async def locations(api: Api) -> list[str]:
    rows = await api.database.fetch("SELECT location FROM personal_text ORDER BY position")
    return [row["location"] for row in rows]


async def links_taken(api: Api) -> int:
    taken: int = await api.database.fetchval("SELECT sum(next) FROM token_domain")
    return taken


async def test_each_row_has_its_text_and_its_link_a_destination_of_its_own(
    api: Api, acme: Headers
) -> None:
    answer = await accepted(api, acme, sms=ROWS, msg=TEXT, trackLink=True)

    first, second = await texts(api)
    assert first == answer["text"]
    assert first.startswith("Hi Asha, your bill: https://tx1.in/")
    assert second.startswith("Hi रवि, your bill: https://tx1.in/")
    assert await locations(api) == [
        "https://pay.example.com/b?id=A%201",
        "https://pay.example.com/b?id=R%262",
    ]
    assert await api.database.fetchval("SELECT location FROM link_block") is None
    assert (answer["recipients"], answer["encoding"], answer["totalSegments"]) == (2, "GSM-7", 2)
    assert await api.count("pgqueuer") == 1


async def test_link_that_is_the_same_for_all_is_kept_in_their_block(
    api: Api, acme: Headers
) -> None:
    await accepted(
        api, acme, sms=ROWS, msg="Hi {name}, see https://a.example.com/x now", trackLink=True
    )

    location = await api.database.fetchval("SELECT location FROM link_block")
    assert location == "https://a.example.com/x"
    assert await locations(api) == [location, location]


async def test_row_may_bring_its_own_text_and_several_numbers(api: Api, acme: Headers) -> None:
    rows = [
        {"mobile": ["919876543210", "919876543211"], "msg": "Code {1}"},
        {"mobile": "919876543212"},
    ]

    answer = await accepted(api, acme, sms=rows, msg="Hello")

    assert await texts(api) == ["Code {1}", "Code {1}", "Hello"]
    assert answer["mobile"] == "919876543210,919876543211,919876543212"


async def test_blank_text_of_a_row_leaves_it_to_that_of_the_send(api: Api, acme: Headers) -> None:
    rows = [{"mobile": "919876543210", "msg": " \n"}, {"mobile": "919876543211", "msg": ""}]

    await accepted(api, acme, sms=rows, msg="Hello")

    assert await texts(api) == ["Hello", "Hello"]


async def test_number_of_json_is_taken_by_its_digits(api: Api, acme: Headers) -> None:
    listed = await accepted(api, acme, mobile=[919876543210.0, 919876543211], msg="Hi")
    alone = await accepted(api, acme, mobile=919876543212.0, msg="Hi")
    rows = [{"mobile": 919876543213.0, "due": 1e22}, {"mobile": [9876543214.0], "due": 12.5}]
    personal = await accepted(api, acme, sms=rows, msg="Rs {due}", test=True)

    assert listed["mobile"] == "919876543210,919876543211"
    assert alone["mobile"] == "919876543212"
    assert personal["mobile"] == "919876543213,919876543214"
    assert [each["text"] for each in personal["preflight"]["messages"]] == [
        "Rs 10000000000000000000000",
        "Rs 12.5",
    ]


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999"])
@pytest.mark.parametrize(
    "body",
    [
        '{"mobile": %s, "msg": "Hi"}',
        '{"mobile": [%s], "msg": "Hi"}',
        '{"mobile": "919876543210", "msg": %s}',
        '{"sms": [{"mobile": %s, "msg": "Hi"}]}',
        '{"sms": [{"mobile": "919876543210", "due": %s}], "msg": "Rs {due}"}',
    ],
    ids=["number", "list", "text", "number of a row", "value of a row"],
)
async def test_what_is_no_number_of_json_is_a_malformed_body(
    api: Api, acme: Headers, body: str, number: str
) -> None:
    headers = acme | {"content-type": "application/json"}

    response = await api.client.post("/send", content=body % number, headers=headers)

    assert (response.status_code, response.json()["code"]) == (422, "malformed_body")
    assert await stored(api) == dict.fromkeys(STORED, 0)


async def test_xml_carries_the_same(api: Api, acme: Headers) -> None:
    body = (
        "<data><trackLink>false</trackLink>"
        "<sms><mobile>919876543210</mobile><msg>Hi Asha &amp; co</msg></sms>"
        "<sms><mobile>919876543211</mobile><msg>Hi Ravi</msg></sms></data>"
    )

    response = await api.client.post(
        "/SMSApi/send?output=json",
        content=body,
        headers=acme | {"content-type": "application/xml"},
    )

    assert response.json()["status"] == "success"
    assert await texts(api) == ["Hi Asha & co", "Hi Ravi"]


async def test_upload_fills_the_text_from_its_columns(api: Api, acme: Headers) -> None:
    upload = await ready_upload(api, acme, "Phone,Name\n9876543210,Asha\nx,Nobody\n9876543211,B\n")

    answer = await accepted(api, acme, upload=upload, msg="Hi {name}", sendMethod="bulkupload")

    assert await texts(api) == ["Hi Asha", "Hi B"]
    assert answer["invalidMobile"] == "x"


@pytest.mark.parametrize("path", ["/send", "/SMSApi/send", "/SMSApi/rest/send"])
async def test_file_may_come_with_the_send(api: Api, acme: Headers, path: str) -> None:
    content = b"Phone,Name\n9876543210,Asha\n12,Nobody\n9876543211,B\n"
    form = "format" if path == "/SMSApi/rest/send" else "output"
    fields = {"msg": "Hi {name}", "sendMethod": "bulkupload", form: "json"}

    status, answer = await post_file(api, acme, content, path, **fields)

    assert (status, answer["status"]) == (200, "success")
    assert answer["invalidMobile"] == "12"
    assert await texts(api) == ["Hi Asha", "Hi B"]


async def test_file_counts_for_what_makes_a_send_the_same(api: Api, acme: Headers) -> None:
    first = b"Phone\n9876543210\n"
    fields = {"msg": "Hi", "idempotencyKey": "k1"}

    _, sent = await post_file(api, acme, first, **fields)
    _, again = await post_file(api, acme, first, **fields)
    status, other = await post_file(api, acme, b"Phone\n9876543211\n", **fields)

    assert (again["uuid"], again["replayed"]) == (sent["uuid"], True)
    assert (status, other["code"]) == (409, "idempotency_conflict")


@pytest.mark.parametrize(
    ("content", "fields", "status", "code"),
    [
        pytest.param(b"Name\nAsha\n", {"msg": "Hi"}, 400, "no_number_column", id="no numbers"),
        pytest.param(
            b"Phone\n9876543210\n", {"msg": "Hi {x}"}, 400, "missing_column", id="no column"
        ),
        pytest.param(
            b"Phone\n9876543210\n", {"msg": "Hi", "mobile": "1"}, 400, "invalid_value", id="both"
        ),
        pytest.param(b"%PDF-1.4\n%...", {"msg": "Hi"}, 400, "not_a_table", id="PDF"),
        pytest.param(b"Phone\n", {"msg": "Hi"}, 400, "empty_file", id="no row"),
    ],
)
async def test_file_that_is_refused_leaves_nothing(
    api: Api, acme: Headers, *, content: bytes, fields: dict[str, str], status: int, code: str
) -> None:
    answered, answer = await post_file(api, acme, content, **fields)

    assert (answered, answer["code"]) == (status, code)
    assert await stored(api) == dict.fromkeys(STORED, 0)


async def test_large_file_of_a_stranger_is_not_read(api: Api) -> None:
    wrong = {"apikey": "txk_000000000000_wrong"}

    refused, _ = await post_file(api, wrong, b"Phone\n" * 500_000, msg="Hi")
    nobody, answer = await post_file(api, {}, b"Phone\n" * 500_000, msg="Hi")

    assert refused == 401
    assert (nobody, answer["code"]) == (413, "upload_too_large")


async def test_upload_with_a_message_column_needs_no_text(api: Api, acme: Headers) -> None:
    upload = await ready_upload(api, acme, "Phone,Message\n9876543210,One\n9876543211,Two\n")

    await accepted(api, acme, upload=upload)

    assert await texts(api) == ["One", "Two"]


async def test_upload_of_many_rows_is_sent_in_their_order(api: Api, acme: Headers) -> None:
    numbers = range(9876500000, 9876504500)
    rows = "".join(f"{number},{number % 1000}\n" for number in numbers)
    upload = await ready_upload(api, acme, f"phone,due\n{rows}")

    answer = await accepted(
        api, acme, upload=upload, msg="Rs {due}: https://a.example.com/{due} now", trackLink=True
    )

    assert answer["recipients"] == 4_500
    messages = await api.database.fetch("SELECT msisdn FROM message ORDER BY position")
    assert [row["msisdn"] - 910000000000 for row in messages] == list(numbers)
    assert (await locations(api))[4_321] == f"https://a.example.com/{numbers[4_321] % 1000}"
    assert await api.count("pgqueuer") == 9


async def test_upload_of_another_account_is_not_found(api: Api, acme: Headers) -> None:
    upload = await ready_upload(api, acme, "Phone\n9876543210\n")
    rival = await api.account("rival")

    status, answer = await post(api, rival, upload=upload, msg="Hi")

    assert (status, answer["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("values", "status", "code", "words"),
    [
        pytest.param(
            {"sms": [*ROWS, {"mobile": "919876543212", "id": "3"}]},
            400,
            "missing_column",
            "Row 3 has no column 'name'",
            id="row without a column",
        ),
        pytest.param(
            {"sms": [{"mobile": "919876543210", "msg": "No link"}]},
            400,
            "no_link",
            "Row 1: msg has no",
            id="row without a link",
        ),
        pytest.param(
            {"sms": [{"mobile": "919876543210", "name": "x" * 5_000, "id": "1"}]},
            400,
            "text_too_long",
            "Row 1: msg is too long",
            id="row too long",
        ),
        pytest.param({"sms": []}, 400, "invalid_value", "sms is empty", id="no row"),
        pytest.param({"sms": "x"}, 400, "invalid_value", "list of objects", id="no list"),
        pytest.param(
            {"sms": [{"mobile": "12"}]}, 400, "no_valid_mobile", "12", id="no number that is good"
        ),
        pytest.param(
            {"sms": ROWS, "mobile": "919876543210"}, 400, "invalid_value", "exclude", id="both"
        ),
        pytest.param({"upload": "x"}, 400, "invalid_value", "UUID", id="upload id"),
        pytest.param(
            {"upload": "0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de"},
            404,
            "not_found",
            "upload",
            id="unknown upload",
        ),
        pytest.param(
            {"sendMethod": "bulkupload"},
            400,
            "missing_field",
            "file is missing: give it as a part of multipart/form-data, or upload",
            id="bulk without an upload",
        ),
        pytest.param(
            {"mobile": "1", "sendMethod": "bulkupload"},
            400,
            "invalid_value",
            "sendMethod must be quick or left out where the numbers stand in mobile",
            id="bulk with mobile",
        ),
        pytest.param(
            {"mobile": "1", "file": "customers.xlsx"},
            400,
            "invalid_value",
            "file must be the file itself",
            id="name of a file",
        ),
        pytest.param(
            {"mobile": "1", "linkShape": "long"},
            400,
            "unknown_value",
            "linkShape must be one of token, header, not 'long'",
            id="link shape",
        ),
    ],
)
async def test_refused_rows_leave_nothing(
    api: Api, acme: Headers, values: Json, status: int, code: str, words: str
) -> None:
    answered, answer = await post(api, acme, **{"msg": TEXT, "trackLink": True} | values)

    assert (answered, answer["code"]) == (status, code)
    assert words in answer["reason"]
    assert await stored(api) == dict.fromkeys(STORED, 0)
    assert await links_taken(api) == 0


async def test_refusal_in_a_late_row_takes_all_earlier_batches_back(
    api: Api, acme: Headers
) -> None:
    rows = [{"mobile": str(919876500000 + place), "name": "A"} for place in range(2_500)]
    del rows[2_400]["name"]

    status, answer = await post(api, acme, sms=rows, msg="Hi {name}")

    assert (status, answer["code"]) == (400, "missing_column")
    assert "Row 2401" in answer["reason"]
    assert await stored(api) == dict.fromkeys(STORED, 0)


async def test_repeated_numbers_are_dropped_where_asked(api: Api, acme: Headers) -> None:
    rows = [
        {"mobile": "919876543210", "msg": "One"},
        {"mobile": "+91 98765 43210", "msg": "Two"},
    ]

    answer = await accepted(api, acme, sms=rows, duplicateCheck=True)

    assert await texts(api) == ["One"]
    assert (answer["recipients"], answer["duplicates"]) == (1, 1)


async def test_repeat_with_the_same_key_is_answered_and_not_sent(api: Api, acme: Headers) -> None:
    values: Json = {"sms": ROWS, "msg": "Hi {name}", "idempotencyKey": "k1"}

    first = await accepted(api, acme, **values)
    second = await accepted(api, acme, **values)
    status, other = await post(api, acme, **values | {"sms": ROWS[:1]})

    assert (second["uuid"], second["replayed"]) == (first["uuid"], True)
    assert (status, other["code"]) == (409, "idempotency_conflict")
    assert await api.count("campaign") == 1


async def test_dry_run_shows_each_text_and_stores_nothing(api: Api, acme: Headers) -> None:
    answer = await accepted(api, acme, sms=ROWS, msg=TEXT, trackLink=True, test=True)

    messages = answer["preflight"]["messages"]
    assert [message["mobile"] for message in messages] == [row["mobile"] for row in ROWS]
    assert messages[0]["text"].startswith("Hi Asha, your bill: https://tx1.in/")
    assert (answer["text"], answer["link"]["sample"] in answer["text"]) == (
        messages[0]["text"],
        True,
    )
    assert messages[0]["text"] != messages[1]["text"].replace("रवि", "Asha")
    assert messages[1]["forcingCharacters"][0]["codePoint"] == "U+0930"
    assert await stored(api) == dict.fromkeys(STORED, 0)
    assert await links_taken(api) == 0


async def test_large_send_too_many_is_refused_and_small_ones_go_on(database_url: str) -> None:
    rows = [{"mobile": str(919_800_000_000 + n), "name": "Asha", "id": "1"} for n in range(2_001)]
    settings = {"large_send_concurrency": 1, "max_waiting_large_sends": 0}
    async with running_api(database_url, **settings) as api:
        acme = await api.account("Acme", "ACMEIN")
        async with api.database.transaction():
            # The first cannot end before it has links, and those are locked.
            await api.database.execute("SELECT * FROM token_domain FOR UPDATE")
            first = asyncio.create_task(accepted(api, acme, sms=rows, msg=TEXT, trackLink=True))
            await until(lambda: waits_for_a_lock(database_url))

            refused = await api.client.post("/send", json={"sms": rows, "msg": TEXT}, headers=acme)
            small = await accepted(api, acme, sms=rows[:2_000], msg=TEXT)

        assert (refused.status_code, refused.json()["code"]) == (503, "sends_busy")
        assert int(refused.headers["retry-after"]) > 0
        assert small["recipients"] == 2_000
        assert (await first)["recipients"] == 2_001
