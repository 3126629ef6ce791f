"""Noting opt-outs, taking them in from lists, and taking them back."""

import io
import json
from typing import Any

import openpyxl
import pytest

from tests.support.api import Api

Headers = dict[str, str]
NUMBER = "919876543210"
PATH = f"/suppressions/{NUMBER}"


async def changes(api: Api, action: str) -> list[tuple[str, dict[str, Any] | None]]:
    rows = await api.database.fetch(
        "SELECT subject, coalesce(before, after) AS told FROM audit_entry WHERE action = $1 "
        "ORDER BY id",
        action,
    )
    return [(row["subject"], json.loads(row["told"])) for row in rows]


async def test_an_opt_out_tells_how_by_whom_and_when_it_was_noted(api: Api, acme: Headers) -> None:
    body = {"source": "reply", "note": "Answered STOP"}

    noted = await api.client.put("/suppressions/09876543210", json=body, headers=acme)

    assert noted.status_code == 201
    assert noted.json() | {"created_at": None} == {
        "mobile": NUMBER,
        "source": "reply",
        "note": "Answered STOP",
        "author_kind": "key",
        "author_name": "first key",
        "created_at": None,
    }
    assert (await api.client.get(PATH, headers=acme)).json() == noted.json()


async def test_what_was_noted_first_stays(api: Api, acme: Headers) -> None:
    first = await api.client.put(PATH, json={"note": "By telephone"}, headers=acme)

    again = await api.client.put(PATH, json={"note": "Again"}, headers=acme)

    assert again.status_code == 200
    assert again.json() == first.json()


async def test_an_opt_out_taken_back_is_gone_but_for_the_audit_trail(
    api: Api, acme: Headers
) -> None:
    await api.client.put(PATH, json={"note": "By telephone"}, headers=acme)

    wrong = await api.client.delete(PATH, params={"note": "x" * 501}, headers=acme)
    why = {"note": "Asked for it by letter"}
    assert (wrong.status_code, wrong.json()["field"]) == (400, "note")
    assert (await api.client.delete(PATH, params=why, headers=acme)).status_code == 204
    assert (await api.client.delete(PATH, headers=acme)).json()["code"] == "not_opted_out"
    assert (await api.client.get(PATH, headers=acme)).status_code == 404
    ((subject, told),) = await changes(api, "suppression.remove")
    assert subject == "9198******10"
    assert told is not None
    assert (told["source"], told["note"]) == ("api", "By telephone")
    query = "SELECT after ->> 'note' FROM audit_entry WHERE action = 'suppression.remove'"
    assert await api.database.fetchval(query) == why["note"]


SCOPES = [
    ("PUT", PATH, "send"),
    ("DELETE", PATH, "admin"),
    ("POST", "/suppressions/import", "admin"),
    ("GET", PATH, "report"),
    ("GET", "/suppressions", "report"),
    ("GET", "/suppressions.csv", "report"),
    ("GET", "/suppressions.xlsx", "report"),
]


async def test_each_call_wants_its_scope(api: Api, acme: Headers) -> None:
    for method, path, scope in SCOPES:
        others = sorted({"send", "report", "admin"} - {scope})
        await api.database.execute("UPDATE api_key SET scopes = $1", others)

        response = await api.client.request(method, path, headers=acme)

        assert response.status_code == 403
        assert response.json()["reason"] == f"These credentials lack the scope {scope}"


WRONG: list[tuple[str, dict[str, str], str, str]] = [
    ("/suppressions/12", {}, "invalid_value", "msisdn"),
    (PATH, {"note": "x" * 501}, "invalid_value", "note"),
    (PATH, {"note": "a\nb"}, "invalid_value", "note"),
    (PATH, {"source": "file"}, "unknown_value", "source"),
    (PATH, {"nota": "x"}, "unknown_parameter", "nota"),
    (f"{PATH}?nota=x", {}, "unknown_parameter", "nota"),
]


async def test_what_cannot_be_noted_is_refused_by_its_field(api: Api, acme: Headers) -> None:
    for path, body, code, field in WRONG:
        response = await api.client.put(path, json=body, headers=acme)

        assert response.status_code == 400
        assert (response.json()["code"], response.json()["field"]) == (code, field)
    assert await api.count("suppression") == 0


async def test_another_accounts_opt_outs_are_unknown(api: Api, acme: Headers) -> None:
    other = await api.account("other")
    await api.client.put(PATH, headers=acme)

    assert (await api.client.get(PATH, headers=other)).status_code == 404
    assert (await api.client.delete(PATH, headers=other)).status_code == 404
    assert (await api.client.get("/suppressions", headers=other)).json()["suppressions"] == []
    assert NUMBER not in (await api.client.get("/suppressions.csv", headers=other)).text
    assert await api.count("suppression") == 1


async def test_pages_hold_every_number_once_in_order(api: Api, acme: Headers) -> None:
    numbers = [str(919876543210 + place) for place in range(5)]
    await api.client.post("/suppressions/import", json=numbers[::-1], headers=acme)

    found, cursor = [], None
    for _ in range(3):
        values = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await api.client.get("/suppressions", params=values, headers=acme)).json()
        found += [each["mobile"] for each in page["suppressions"]]
        cursor = page["next_cursor"]

    assert found == numbers
    assert cursor is None


CSV = b"Name,Phone\nAsha,9876543210\nBala,+91 98765 43210\nNobody,12\nChetan,919876543211\n"


def workbook() -> bytes:
    book, octets = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    for row in csv_rows():
        sheet.append(row)
    book.save(octets)
    return octets.getvalue()


def csv_rows() -> list[list[str]]:
    return [line.split(",") for line in CSV.decode().splitlines()]


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.mark.parametrize(
    ("kind", "content", "source"),
    [
        ("text/csv", CSV, "file"),
        ("text/plain", b"9876543210\n+91 98765 43210\n12345\n919876543211\n", "file"),
        (XLSX, workbook(), "file"),
        (
            "application/json",
            b'[9876543210, "+91 98765 43210", "12", "919876543211"]',
            "api",
        ),
    ],
    ids=["csv", "txt", "xlsx", "json"],
)
async def test_a_list_is_noted_and_tells_what_it_left_out(
    api: Api, acme: Headers, kind: str, content: bytes, source: str
) -> None:
    await api.client.put("/suppressions/919876543211", headers=acme)

    response = await api.client.post(
        "/suppressions/import?note=Old+list",
        content=content,
        headers=acme | {"content-type": kind},
    )

    report = response.json()
    assert response.status_code == 200, report
    (rejected,) = report.pop("rejected_rows")
    assert report == {"rows": 4, "added": 1, "known": 1, "duplicates": 1, "rejected": 1}
    assert rejected["row"] in {3, 4}
    assert rejected["reason"]
    noted = (await api.client.get(PATH, headers=acme)).json()
    assert (noted["source"], noted["note"]) == (source, "Old list")
    assert await changes(api, "suppression.import") == [
        ("suppressions", report | {"source": source})
    ]


NO_LISTS = [
    ("text/csv", b"Name,City\nAsha,Pune\n", 400, "no_number_column"),
    ("text/html", b"<p>", 415, "unsupported_upload"),
    ("text/csv", b"", 400, "missing_field"),
    ("application/json", b"{}", 422, "malformed_body"),
    ("application/json", b"[true]", 422, "malformed_body"),
    ("application/json", b"[1.5]", 422, "malformed_body"),
    ("application/json", b"[", 422, "malformed_body"),
]


async def test_what_is_no_list_is_refused_and_nothing_noted(api: Api, acme: Headers) -> None:
    for kind, content, status, code in NO_LISTS:
        response = await api.client.post(
            "/suppressions/import", content=content, headers=acme | {"content-type": kind}
        )

        assert (response.status_code, response.json()["code"]) == (status, code)
    assert await api.count("suppression") == 0


async def test_all_are_told_as_files_that_spreadsheets_take_for_texts(
    api: Api, acme: Headers
) -> None:
    await api.client.put(PATH, json={"note": "=1+1"}, headers=acme)

    table = await api.client.get("/suppressions.csv?bom=true", headers=acme)
    sheet = await api.client.get("/suppressions.xlsx", headers=acme)

    header, row = table.text.splitlines()
    assert header == "\ufeffmobile,source,note,author_kind,author_name,created_at"
    assert row.startswith("'+919876543210,api,'=1+1,key,first key,")
    cells = list(openpyxl.load_workbook(io.BytesIO(sheet.content)).worksheets[0].values)
    assert cells[0][:2] == ("mobile", "source")
    assert cells[1][:3] == ("+919876543210", "api", "=1+1")
