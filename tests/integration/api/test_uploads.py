"""/uploads on a real database: files are read beside the requests, and told of truthfully."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.api.domain.sheets import SheetRow
from services.api.operations.upload_reading import purge_uploads
from services.api.schemas.file_bodies import XLSX
from services.api.storage.uploads import stream_rows
from shared.storage.engine import create_engine
from tests.support.api import Api, running_api
from tests.support.waiting import until
from tests.support.workbooks import written_workbook

Headers = dict[str, str]
CSV = {"content-type": "text/csv"}
SMALL = b"Phone,Name\n919876543210,Asha\n12345,Ravi\n919876543210,Again\n"
UNKNOWN = "0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de"
ADD_UPLOAD = """
    INSERT INTO upload (uuid, account_id, octet_count, status, seen_at, created_at)
    SELECT gen_random_uuid(), id, 1, $1, now() - $2::text::interval, now() - $3::text::interval
    FROM account RETURNING id, uuid::text
"""
ADD_ROW = """
    INSERT INTO upload_row (upload_id, position, row_number, mobile, msisdn, cells)
    VALUES ($1, 0, 1, '919876543210', 919876543210, '{919876543210}')
"""


def many_rows(count: int) -> bytes:
    return b"Phone,Name\n" + b"".join(b"%d,Asha\n" % (919_800_000_000 + n) for n in range(count))


async def post(
    api: Api,
    headers: Headers,
    content: bytes | AsyncIterator[bytes] = SMALL,
    *,
    kind: str = "text/csv",
    name: str = "",
) -> dict[str, Any]:
    response = await api.client.post(
        "/uploads",
        params={"name": name},
        content=content,
        headers=headers | {"content-type": kind},
    )
    assert response.status_code == 202, response.text
    answer: dict[str, Any] = response.json()
    assert response.headers["location"] == f"/uploads/{answer['id']}"
    return answer


async def get(api: Api, headers: Headers, upload_id: str) -> dict[str, Any]:
    response = await api.client.get(f"/uploads/{upload_id}", headers=headers)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def read(api: Api, headers: Headers, upload: dict[str, Any]) -> dict[str, Any]:
    """Wait until an upload is read or failed, and return how it stands."""

    async def is_over() -> bool:
        return (await get(api, headers, upload["id"]))["status"] in {"ready", "failed"}

    await until(is_over)
    return await get(api, headers, upload["id"])


async def stored_rows(api: Api, upload: dict[str, Any]) -> list[SheetRow]:
    engine = create_engine(api.database_url, application="test")
    (found,) = await api.database.fetch(
        "SELECT account_id, id FROM upload WHERE uuid = $1", upload["id"]
    )
    async with engine.connect() as connection:
        batches = stream_rows(connection, found["account_id"], found["id"], row_limit=2_000)
        rows = [row async for batch in batches for row in batch]
    await engine.dispose()
    return rows


async def test_a_csv_is_read_and_told_of(api: Api, acme: Headers) -> None:
    upload = await post(api, acme, name="customers.csv")

    told = await read(api, acme, upload)

    assert told == upload | {
        "name": "customers.csv",
        "status": "ready",
        "octets": len(SMALL),
        "octets_read": len(SMALL),
        "rows_read": 3,
        "valid": 2,
        "rejected": 1,
        "duplicates": 1,
        "columns": ["Phone", "Name"],
        "number_column": "Phone",
        "message_column": None,
        "warnings": [],
        "error": None,
        "rejected_rows": [
            {
                "row": 3,
                "value": "12345",
                "reason": "too_short",
                "message": told["rejected_rows"][0]["message"],
            }
        ],
    }
    assert told["rejected_rows"][0]["message"].startswith("Digits are missing")


async def test_the_rows_are_stored_in_the_order_of_the_file(api: Api, acme: Headers) -> None:
    upload = await post(api, acme, many_rows(4_500))

    told = await read(api, acme, upload)
    rows = await stored_rows(api, upload)

    assert (told["rows_read"], told["valid"], told["duplicates"]) == (4_500, 4_500, 0)
    assert [row.msisdn for row in rows] == list(range(919_800_000_000, 919_800_004_500))
    assert rows[0] == SheetRow(2, "919800000000", 919800000000, None, ["919800000000", "Asha"])


async def test_a_workbook_is_read_with_its_texts(api: Api, acme: Headers) -> None:
    octets = written_workbook([["Mobile", "Message"], [9.1987654321e11, "Hi 😀"]])

    told = await read(api, acme, await post(api, acme, octets, kind=XLSX))

    assert (told["status"], told["message_column"]) == ("ready", "Message")
    assert told["octets_read"] == told["octets"] == len(octets)
    assert (await stored_rows(api, told))[0].cells == ["919876543210", "Hi 😀"]


@pytest.mark.parametrize("field", ["file", "File"])
async def test_a_form_may_carry_the_file(api: Api, acme: Headers, field: str) -> None:
    response = await api.client.post(
        "/uploads",
        files={field: ("people.txt", b"919876543210\n", "text/plain")},
        data={"ignored": "1"},
        headers=acme,
    )

    told = await read(api, acme, response.json())

    assert (told["name"], told["status"], told["valid"]) == ("people.txt", "ready", 1)


async def test_a_large_form_goes_to_disk_and_is_read(api: Api, acme: Headers) -> None:
    octets = many_rows(100_000)

    response = await api.client.post("/uploads", files={"file": octets}, headers=acme)
    told = await read(api, acme, response.json())

    assert len(octets) > 1 << 20
    assert (told["status"], told["valid"]) == ("ready", 100_000)


async def test_what_was_read_as_windows_1252_says_so(api: Api, acme: Headers) -> None:
    told = await read(api, acme, await post(api, acme, b"Phone,Name\n919876543210,Caf\xe9\n"))

    assert "Windows-1252" in told["warnings"][0]


async def test_only_the_first_ten_rejected_rows_are_told(api: Api, acme: Headers) -> None:
    told = await read(api, acme, await post(api, acme, b"Phone\n" + b"9.19877E+11\n" * 25))

    assert told["rejected"] == 25
    assert [row["row"] for row in told["rejected_rows"]] == list(range(2, 12))
    assert {row["reason"] for row in told["rejected_rows"]} == {"scientific_notation"}


@pytest.mark.parametrize(
    ("octets", "code", "row"),
    [
        (b"Name\nAsha\n", "no_number_column", 1),
        (b"Phone\n" + b"919876543210\n" * 2_000 + b"1,2\n", "extra_cells", 2_002),
        (b"PK\x03\x04", "damaged_workbook", None),
    ],
    ids=["no numbers", "extra cells", "cut off"],
)
async def test_a_file_that_breaks_a_rule_fails_and_leaves_no_rows(
    api: Api, acme: Headers, octets: bytes, code: str, row: int | None
) -> None:
    told = await read(api, acme, await post(api, acme, octets))

    assert told["status"] == "failed"
    assert (told["error"]["code"], told["error"]["row"]) == (code, row)
    assert told["error"]["reason"]
    assert await api.count("upload_row") == 0


async def test_an_account_sees_and_deletes_only_its_own(api: Api, acme: Headers) -> None:
    upload = await read(api, acme, await post(api, acme))
    other = await api.account("other", "OTHER")
    path = f"/uploads/{upload['id']}"

    assert (await api.client.get(path, headers=other)).status_code == 404
    assert (await api.client.delete(path, headers=other)).status_code == 404
    assert (await api.client.get("/uploads", headers=other)).json()["uploads"] == []
    assert await api.count("upload_row") == 3


async def test_an_account_reads_numbers_by_its_own_rules(api: Api, acme: Headers) -> None:
    await api.database.execute(
        "UPDATE account SET default_region = 'GB', accepts_landlines = true"
    )

    told = await read(api, acme, await post(api, acme, b"Phone\n07400123456\n02079460000\n"))

    assert [row.msisdn for row in await stored_rows(api, told)] == [447400123456, 442079460000]


async def test_uploads_are_listed_newest_first_page_by_page(api: Api, acme: Headers) -> None:
    made = [(await post(api, acme, name=f"{number}.csv"))["id"] for number in range(3)]

    first = (await api.client.get("/uploads", params={"limit": 2}, headers=acme)).json()
    query = {"limit": 2, "cursor": first["next_cursor"]}
    second = (await api.client.get("/uploads", params=query, headers=acme)).json()

    assert [upload["id"] for upload in first["uploads"]] == [made[2], made[1]]
    assert [upload["id"] for upload in second["uploads"]] == [made[0]]
    assert second["next_cursor"] is None
    assert "rejected_rows" not in first["uploads"][0]


async def test_a_deleted_upload_is_gone_with_its_rows(api: Api, acme: Headers) -> None:
    upload = await read(api, acme, await post(api, acme))
    path = f"/uploads/{upload['id']}"

    assert (await api.client.delete(path, headers=acme)).status_code == 204

    assert (await api.client.get(path, headers=acme)).status_code == 404
    assert (await api.client.delete(path, headers=acme)).status_code == 404
    assert await api.count("upload") == await api.count("upload_row") == 0


async def test_an_upload_deleted_while_it_is_read_leaves_nothing(api: Api, acme: Headers) -> None:
    upload = await post(api, acme, many_rows(60_000))

    async def has_rows() -> bool:
        return await api.count("upload_row") > 0

    await until(has_rows)
    await api.client.delete(f"/uploads/{upload['id']}", headers=acme)
    # The next one has its turn only once the reading of this one has ended, or beside it.
    for _ in range(3):
        await read(api, acme, await post(api, acme))

    assert await api.count("upload_row") == 9


@pytest.mark.parametrize(
    ("kind", "content", "status", "code"),
    [
        ("image/png", b"x", 415, "unsupported_upload"),
        ("application/json", b"{}", 415, "unsupported_upload"),
        ("text/csv", b"", 400, "missing_field"),
        ("text/csv", b"x" * 2_001, 413, "upload_too_large"),
        ("multipart/form-data", b"x", 422, "malformed_body"),
        ("multipart/form-data; boundary=b", b"nonsense", 422, "malformed_body"),
        ("multipart/form-data; boundary=b", b"--b--\r\n", 400, "missing_field"),
    ],
)
async def test_what_is_no_file_is_refused_and_stored_nowhere(
    database_url: str, kind: str, content: bytes, status: int, code: str
) -> None:
    async with running_api(database_url, max_upload_octets=2_000) as api:
        headers = await api.account("acme", "ACME")
        response = await api.client.post(
            "/uploads", content=content, headers=headers | {"content-type": kind}
        )

        assert (response.status_code, response.json()["code"]) == (status, code)
        assert response.json()["status"] == "error"
        assert await api.count("upload") == 0


@pytest.mark.parametrize(
    ("files", "status", "code"),
    [
        ({"file": b"x" * 2_001}, 413, "upload_too_large"),
        ({"file": b"x" * 5_000_000}, 413, "upload_too_large"),
        ({"photo": b"Phone"}, 422, "malformed_body"),
        ({"file": b""}, 400, "missing_field"),
    ],
    ids=["a little", "far", "another field", "empty"],
)
async def test_a_form_without_a_good_file_is_refused(
    database_url: str, files: dict[str, bytes], status: int, code: str
) -> None:
    async with running_api(database_url, max_upload_octets=2_000) as api:
        headers = await api.account("acme", "ACME")
        response = await api.client.post("/uploads", files=files, headers=headers)

        assert (response.status_code, response.json()["code"]) == (status, code)


async def test_a_body_without_declared_length_is_bounded_too(database_url: str) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"919876543210\n" * 100

    async with running_api(database_url, max_upload_octets=200_000) as api:
        headers = await api.account("acme", "ACME")
        response = await api.client.post("/uploads", content=endless(), headers=headers | CSV)

        assert (response.status_code, response.json()["code"]) == (413, "upload_too_large")


async def test_a_file_that_stops_coming_in_is_given_up(database_url: str) -> None:
    async def stalling() -> AsyncIterator[bytes]:
        yield b"Phone\n"
        await asyncio.Event().wait()

    async with running_api(database_url, upload_idle_timeout_s=0.1) as api:
        headers = await api.account("acme", "ACME")
        response = await api.client.post("/uploads", content=stalling(), headers=headers | CSV)

        assert (response.status_code, response.json()["code"]) == (408, "upload_timeout")


async def test_only_so_many_uploads_are_taken_in_at_a_time(database_url: str) -> None:
    held = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield SMALL
        await held.wait()

    async with running_api(database_url, upload_concurrency=1, max_waiting_uploads=1) as api:
        headers = await api.account("acme", "ACME")
        first = asyncio.create_task(post(api, headers, slow()))
        second = asyncio.create_task(post(api, headers, slow()))
        await asyncio.sleep(0.3)
        refused = await api.client.post("/uploads", content=SMALL, headers=headers | CSV)
        held.set()
        taken = await asyncio.gather(first, second)

        assert (refused.status_code, refused.json()["code"]) == (503, "uploads_busy")
        assert refused.headers["retry-after"]
        assert [(await read(api, headers, upload))["status"] for upload in taken] == ["ready"] * 2
        # The places are given back.
        assert (await read(api, headers, await post(api, headers)))["status"] == "ready"


async def test_uploads_beyond_those_being_read_wait(database_url: str) -> None:
    async with running_api(database_url, upload_concurrency=1) as api:
        headers = await api.account("acme", "ACME")
        await post(api, headers, many_rows(50_000))
        second = await post(api, headers)

        assert second["status"] == "waiting"
        assert (await read(api, headers, second))["status"] == "ready"


@pytest.mark.parametrize(
    ("status", "silence", "told"),
    [
        ("reading", "61 seconds", "failed"),
        ("waiting", "61 seconds", "failed"),
        ("reading", "30 seconds", "reading"),
        ("ready", "61 seconds", "ready"),
    ],
)
async def test_an_upload_whose_process_died_is_told_as_interrupted(
    api: Api, acme: Headers, status: str, silence: str, told: str
) -> None:
    row = await api.database.fetchrow(ADD_UPLOAD, status, silence, "2 minutes")
    assert row is not None

    upload = await get(api, acme, row["uuid"])
    listed = (await api.client.get("/uploads", headers=acme)).json()["uploads"]

    assert upload["status"] == listed[0]["status"] == told
    if told == "failed":
        assert upload["error"]["code"] == "interrupted"
        assert "upload it again" in upload["error"]["reason"]


async def test_uploads_under_way_when_the_process_stops_are_interrupted(
    database_url: str,
) -> None:
    async with running_api(database_url, upload_concurrency=1) as api:
        headers = await api.account("acme", "ACME")
        uploads = [await post(api, headers, many_rows(60_000)) for _ in range(2)]

    async with running_api(database_url) as api:
        told = [await get(api, headers, upload["id"]) for upload in uploads]

        assert [upload["status"] for upload in told] == ["failed", "failed"]
        assert {upload["error"]["code"] for upload in told} == {"interrupted"}
        assert await api.count("upload_row") == 0


async def test_uploads_past_keeping_are_deleted_with_their_rows(api: Api, acme: Headers) -> None:
    del acme
    for age in ("8 days", "8 days", "6 days"):
        upload_id = await api.database.fetchval(ADD_UPLOAD, "ready", "0 s", age)
        await api.database.execute(ADD_ROW, upload_id)
    engine = create_engine(api.database_url, application="test")

    deleted_count = await purge_uploads(engine)

    await engine.dispose()
    assert deleted_count == 2
    assert await api.count("upload") == await api.count("upload_row") == 1


async def test_only_a_key_that_may_send_may_upload(api: Api, acme: Headers) -> None:
    nobody = await api.client.post("/uploads", content=SMALL, headers=CSV)
    await api.database.execute("UPDATE api_key SET scopes = '{report}'")
    reporter = await api.client.post("/uploads", content=SMALL, headers=acme | CSV)

    assert nobody.status_code == 401
    assert (reporter.status_code, reporter.json()["code"]) == (403, "scope_missing")
    assert (await api.client.get("/uploads", headers=acme)).status_code == 403


async def test_no_such_upload_is_not_found(api: Api, acme: Headers) -> None:
    response = await api.client.get(f"/uploads/{UNKNOWN}", headers=acme)

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.filterwarnings("ignore:Duplicate Operation ID")
async def test_the_documentation_shows_how_a_file_is_sent(api: Api) -> None:
    document = (await api.client.get("/openapi.json")).json()

    operation = document["paths"]["/uploads"]["post"]
    assert set(operation["requestBody"]["content"]) == {
        "multipart/form-data",
        "text/csv",
        "text/plain",
        XLSX,
    }
    assert {"202", "400", "408", "413", "415", "503"} <= operation["responses"].keys()
