"""What an upload or a file says of its rows is what a send makes of them."""

import asyncio

import pytest

from tests.support.api import Api
from tests.support.personal_sends import (
    Headers,
    Json,
    accepted,
    post,
    post_file,
    ready_upload,
    texts,
)
from tests.support.waiting import until, waits_for_a_lock

SHEET = (
    "Phone,Name\n"
    "919876543210,#N/A\n"
    "919876543211,B\n"
    "919876543212.0,C\n"
    '"=""919876543213""",D\n'
    "9.19877E+11,E\n"
    '"919876543214,919876543215",F\n'
    ",G\n"
)


async def sent(api: Api, acme: Headers, way: str, content: str, **values: str) -> Json:
    if way == "upload":
        return await accepted(api, acme, upload=await ready_upload(api, acme, content), **values)
    status, answer = await post_file(api, acme, content.encode(), **values)
    assert status == 200, answer
    return answer


@pytest.mark.parametrize("way", ["upload", "file"])
async def test_rows_are_sent_and_rejected_as_the_sheet_was_read(
    api: Api, acme: Headers, way: str
) -> None:
    answer = await sent(api, acme, way, SHEET, msg="Hi {name}")

    assert answer["mobile"] == "919876543211,919876543212,919876543213"
    assert await texts(api) == ["Hi B", "Hi C", "Hi D"]
    assert [(each["mobile"], each["reason"]) for each in answer["rejected"]] == [
        ("919876543210", "cell_error"),
        ("9.19877E+11", "scientific_notation"),
        ("919876543214,919876543215", "unexpected_character"),
        ("", "empty"),
    ]
    assert answer["rejectedCount"] == 4
    assert "" not in answer["invalidMobile"].split(",")


async def test_upload_says_the_same_of_its_rows_as_its_send(api: Api, acme: Headers) -> None:
    upload = await ready_upload(api, acme, SHEET)

    told = (await api.client.get(f"/uploads/{upload}", headers=acme)).json()
    answer = await accepted(api, acme, upload=upload, msg="Hi {name}")

    assert (told["valid"], told["rejected"]) == (answer["recipients"], answer["rejectedCount"])
    assert [each["reason"] for each in told["rejected_rows"]] == [
        each["reason"] for each in answer["rejected"]
    ]


async def test_upload_deleted_while_it_is_sent_is_sent_whole(api: Api, acme: Headers) -> None:
    rows = "".join(f"{9198000000 + n}00,A\n" for n in range(4_500))
    upload = await ready_upload(api, acme, f"Phone,Name\n{rows}")
    async with api.database.transaction():
        # Its first batch cannot be stored, so that the send stops there for a while.
        await api.database.execute("LOCK TABLE personal_text IN ACCESS EXCLUSIVE MODE")
        sending = asyncio.create_task(accepted(api, acme, upload=upload, msg="Hi {name}"))
        await until(lambda: waits_for_a_lock(api.database_url))

        deleted = await api.client.delete(f"/uploads/{upload}", headers=acme)

    assert deleted.status_code == 204
    assert (await sending)["recipients"] == 4_500
    assert await api.count("message") == 4_500


async def test_repeat_is_answered_though_its_upload_is_gone(api: Api, acme: Headers) -> None:
    upload = await ready_upload(api, acme, "Phone\n9876543210\n")
    first = await accepted(api, acme, upload=upload, msg="Hi", idempotencyKey="k1")
    await api.client.delete(f"/uploads/{upload}", headers=acme)

    again = await accepted(api, acme, upload=upload, msg="Hi", idempotencyKey="k1")

    assert (again["uuid"], again["replayed"]) == (first["uuid"], True)


@pytest.mark.parametrize("way", ["upload", "file"])
async def test_column_that_all_rows_lack_is_told_of_with_the_sheets_own_names(
    api: Api, acme: Headers, way: str
) -> None:
    content = "Phone,Full Name\n9876543210,A\n"
    if way == "upload":
        upload = await ready_upload(api, acme, content)
        status, answer = await post(api, acme, upload=upload, msg="Hi {code}")
    else:
        status, answer = await post_file(api, acme, content.encode(), msg="Hi {code}")

    assert (status, answer["code"]) == (400, "missing_column")
    assert "Phone, Full Name" in answer["reason"]
    assert "Row" not in answer["reason"]


async def test_preflight_looks_beyond_the_messages_that_it_shows(api: Api, acme: Headers) -> None:
    rows = [f"98765432{place:02},Asha" for place in range(30)]
    rows[16] = "9876543216,"
    rows[17] = f"9876543217,{'रवि ' * 40}"
    content = "\n".join(["Phone,Name", *rows])

    answer = await sent(api, acme, "file", content, msg="Hi {name}", test="true")

    report = answer["preflight"]
    assert len(report["messages"]) == 10
    assert (report["encoding"], report["segments"]) == ("UCS-2", 3)
    assert (answer["encoding"], answer["segments"]) == ("UCS-2", 3)
    assert {each["character"] for each in report["forcingCharacters"]} >= {"र"}
    (blank,) = [each for each in report["warnings"] if each["code"] == "empty_value"]
    assert blank["mobiles"] == ["919876543216"]


@pytest.mark.parametrize("way", ["upload", "file"])
async def test_preflight_tells_how_a_file_was_guessed_at(
    api: Api, acme: Headers, way: str
) -> None:
    octets = "Phone,Name\n9876543210,Иван\n".encode("cp1251")
    if way == "file":
        _, answer = await post_file(api, acme, octets, msg="Hi {name}", test="true")
    else:
        upload = await ready_upload(api, acme, octets)
        answer = await accepted(api, acme, upload=upload, msg="Hi {name}", test=True)

    (warning,) = [
        each for each in answer["preflight"]["warnings"] if each["code"] == "file_reading"
    ]
    assert "UTF-8" in warning["message"]


async def test_preflight_warns_of_placeholders_that_nothing_fills(api: Api, acme: Headers) -> None:
    plain = await accepted(api, acme, mobile="9876543210", msg="Hi {name}", test=True)
    rows = [{"mobile": "9876543210", "name": "A {b}"}]
    filled = await accepted(api, acme, sms=rows, msg="Hi {name}", test=True)

    (warning,) = plain["preflight"]["warnings"]
    assert (warning["code"], warning["mobiles"]) == ("placeholder_not_filled", ["919876543210"])
    assert filled["preflight"]["warnings"] == []


async def test_of_very_many_rejected_rows_the_first_are_listed(api: Api, acme: Headers) -> None:
    content = "Phone\n9876543210\n" + "12\n" * 10_001

    answer = await sent(api, acme, "file", content, msg="Hi", test="true")

    assert len(answer["rejected"]) == 10_000
    assert answer["rejectedCount"] == 10_001
