"""Contact groups: made, changed, filled from lists and files, read as files, and deleted."""

import io
import json
from typing import Any

import openpyxl

from tests.support.api import Api, running_api

Headers = dict[str, str]
NUMBER, OTHER_NUMBER = "919876543210", "919876543211"
CSV = "Phone,Name,City\n9876543210,Asha,Pune\n12,Nobody,\n9876543211,Bala,\n"
FILL_UP = """
    INSERT INTO contact_group (uuid, account_id, name, folded_name)
    SELECT gen_random_uuid(), id, n, n FROM account, generate_series(3, 1000) n
"""
UNKNOWN = "0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de"


async def make(api: Api, headers: Headers, name: str = "Customers") -> str:
    response = await api.client.post("/groups", json={"name": name}, headers=headers)
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


async def take_in(
    api: Api, headers: Headers, group: str, content: str, mode: str = "merge"
) -> dict[str, Any]:
    response = await api.client.post(
        f"/groups/{group}/contacts/import?mode={mode}",
        content=content,
        headers=headers | {"content-type": "text/csv"},
    )
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def contacts(api: Api, headers: Headers, group: str) -> dict[str, dict[str, str]]:
    page = (await api.client.get(f"/groups/{group}/contacts", headers=headers)).json()
    return {each["mobile"]: each["columns"] for each in page["contacts"]}


async def told(api: Api) -> list[tuple[str, Any, Any]]:
    rows = await api.database.fetch(
        "SELECT action, before, after FROM audit_entry WHERE action LIKE 'group.%' ORDER BY id"
    )
    return [
        (row["action"], json.loads(row["before"] or "null"), json.loads(row["after"] or "null"))
        for row in rows
    ]


async def test_a_group_is_made_renamed_listed_and_deleted(api: Api, acme: Headers) -> None:
    group, second = await make(api, acme), await make(api, acme, "Leads")
    path = f"/groups/{group}"
    await take_in(api, acme, group, CSV)

    renamed = await api.client.patch(path, json={"name": " Our  customers"}, headers=acme)
    page = (await api.client.get("/groups?limit=1", headers=acme)).json()
    next_page = await api.client.get(f"/groups?limit=1&cursor={page['next_cursor']}", headers=acme)
    deleted = await api.client.delete(path, headers=acme)

    assert renamed.json()["name"] == "Our customers"
    assert [each["id"] for each in page["groups"]] == [second]
    assert next_page.json() == {"groups": [renamed.json()], "next_cursor": None}
    assert deleted.status_code == 204
    assert (await api.client.get(path, headers=acme)).status_code == 404
    assert await api.count("contact") == 0
    assert await told(api) == [
        ("group.create", None, {"name": "Customers"}),
        ("group.create", None, {"name": "Leads"}),
        (
            "group.merge",
            {"contacts": 0},
            {"contacts": 2, "rows": 3, "added": 2, "rejected": 1},
        ),
        ("group.rename", {"name": "Customers"}, {"name": "Our customers"}),
        ("group.delete", {"name": "Our customers", "contacts": 2}, None),
    ]


async def test_names_are_one_of_a_kind_in_any_case_and_no_lists_or_ids(
    api: Api, acme: Headers
) -> None:
    group = await make(api, acme)
    await make(api, acme, "Leads")
    refused = {
        "CUSTOMERS": (409, "group_name_taken"),
        "a,b": (400, "invalid_value"),
        " ": (400, "invalid_value"),
        "x" * 101: (400, "invalid_value"),
        "a\u0007": (400, "invalid_value"),
        UNKNOWN: (400, "invalid_value"),
    }

    for name, expected in refused.items():
        made = await api.client.post("/groups", json={"name": name}, headers=acme)
        assert (made.status_code, made.json()["code"], made.json()["field"]) == (*expected, "name")
    taken = await api.client.patch(f"/groups/{group}", json={"name": "leads"}, headers=acme)
    own = await api.client.patch(f"/groups/{group}", json={"name": "CUSTOMERS"}, headers=acme)
    await api.database.execute(FILL_UP)
    full = await api.client.post("/groups", json={"name": "Third"}, headers=acme)

    assert taken.json()["code"] == "group_name_taken"
    assert own.json()["name"] == "CUSTOMERS"
    assert (full.status_code, full.json()["code"]) == (409, "too_many_groups")


async def test_contacts_are_added_merged_and_taken_out(api: Api, acme: Headers) -> None:
    group = await make(api, acme)
    path = f"/groups/{group}/contacts"
    first = {
        "contacts": [
            {"mobile": "9876543210", "columns": {"Name": "Asha", "City": "Pune"}},
            {"mobile": "12"},
            {"mobile": OTHER_NUMBER},
        ]
    }
    second = {"contacts": [{"mobile": NUMBER, "columns": {"NAME": "Usha", "Age": "7"}}]}

    added = (await api.client.post(path, json=first, headers=acme)).json()
    merged = (await api.client.post(path, json=second, headers=acme)).json()
    taken = await api.client.delete(f"{path}/+{OTHER_NUMBER}", headers=acme)
    again = await api.client.delete(f"{path}/{OTHER_NUMBER}", headers=acme)

    assert (added["rows"], added["added"], added["updated"], added["rejected"]) == (3, 2, 0, 1)
    assert added["rejected_rows"][0]["row"] == 2
    assert (merged["added"], merged["updated"]) == (0, 1)
    assert merged["group"]["columns"] == ["Name", "City", "Age"]
    assert (taken.status_code, again.status_code) == (204, 404)
    assert await contacts(api, acme, group) == {
        NUMBER: {"Name": "Usha", "City": "Pune", "Age": "7"}
    }
    assert (await api.client.get(f"/groups/{group}", headers=acme)).json()["contacts"] == 1


async def test_a_file_is_merged_or_takes_the_place_of_all(api: Api, acme: Headers) -> None:
    group = await make(api, acme)
    report = await take_in(api, acme, group, CSV)
    merged = await take_in(
        api, acme, group, "phone,NAME,Age\n9876543210,,7\n9876543210,Usha,\n9876543212,C,8\n"
    )
    all_merged = await contacts(api, acme, group)

    replaced = await take_in(api, acme, group, "Phone,Code\n9876543212,X\n", "replace")

    assert (report["rows"], report["added"], report["updated"], report["rejected"]) == (3, 2, 0, 1)
    assert [(each["row"], each["mobile"]) for each in report["rejected_rows"]] == [(3, "12")]
    assert (merged["added"], merged["updated"]) == (1, 2)
    assert all_merged[NUMBER] == {"Name": "Usha", "City": "Pune", "Age": "7"}
    assert (replaced["group"]["contacts"], replaced["group"]["columns"]) == (1, ["Code"])
    assert await contacts(api, acme, group) == {"919876543212": {"Code": "X"}}


async def test_what_cannot_be_kept_is_refused_or_told_and_changes_nothing_else(
    api: Api, acme: Headers
) -> None:
    group = await make(api, acme)
    await take_in(api, acme, group, CSV)
    before = await contacts(api, acme, group)
    long_row = await take_in(api, acme, group, f"Phone,Name\n9876543212,{'x' * 1_001}\n")
    many = ",".join(f"c{place}" for place in range(51))
    files = {
        f"Phone,{many}\n9876543213{',' * 51}\n": "invalid_value",
        "Name,City\nAsha,Pune\n": "no_number_column",
        "Phone,Name\n9876543214,x\n9876543215,y,z\n": "extra_cells",
    }
    given = [
        {"mobile": NUMBER, "columns": {"mobile": "1"}},
        {"mobile": NUMBER, "columns": {"": "1"}},
        {"mobile": NUMBER, "columns": {"Name": "\u0000"}},
        {"mobile": NUMBER, "columns": {"Name": "x" * 1_001}},
    ]

    for content, code in files.items():
        for mode in ("merge", "replace"):
            response = await api.client.post(
                f"/groups/{group}/contacts/import?mode={mode}",
                content=content,
                headers=acme | {"content-type": "text/csv"},
            )
            assert (response.status_code, response.json()["code"]) == (400, code)
    for contact in given:
        response = await api.client.post(
            f"/groups/{group}/contacts", json={"contacts": [contact]}, headers=acme
        )
        assert response.status_code == 400

    assert long_row["rejected_rows"][0]["reason"] == "value_too_long"
    assert await contacts(api, acme, group) == before


async def test_a_group_holds_no_more_than_one_send_may_go_to(database_url: str) -> None:
    async with running_api(database_url, max_recipients=2) as api:
        headers = await api.account("acme")
        group = await make(api, headers)
        await take_in(api, headers, group, "Phone\n9876543210\n9876543211\n")

        response = await api.client.post(
            f"/groups/{group}/contacts",
            json={"contacts": [{"mobile": "919876543212"}]},
            headers=headers,
        )

        assert (response.status_code, response.json()["code"]) == (409, "too_many_contacts")
        assert len(await contacts(api, headers, group)) == 2


async def test_a_group_that_is_being_changed_says_so(api: Api, acme: Headers) -> None:
    group = await make(api, acme)
    async with api.database.transaction():
        await api.database.execute("SELECT FROM contact_group FOR UPDATE")

        response = await api.client.delete(f"/groups/{group}", headers=acme)

    assert (response.status_code, response.json()["code"]) == (409, "group_busy")


async def test_another_accounts_group_is_unknown(api: Api, acme: Headers) -> None:
    group, other = await make(api, acme), await api.account("other")
    await take_in(api, acme, group, CSV)
    path = f"/groups/{group}"
    calls = [
        ("GET", path, None),
        ("PATCH", path, {"name": "Mine"}),
        ("DELETE", path, None),
        ("GET", f"{path}/contacts", None),
        ("POST", f"{path}/contacts", {"contacts": [{"mobile": NUMBER}]}),
        ("DELETE", f"{path}/contacts/{NUMBER}", None),
        ("GET", f"{path}/contacts.csv", None),
        ("GET", f"{path}/contacts.xlsx", None),
        ("POST", f"{path}/contacts/import", None),
    ]

    for method, called, body in calls:
        response = await api.client.request(method, called, json=body, headers=other)
        assert (response.status_code, response.json()["code"]) == (404, "not_found"), called
    assert (await api.client.get("/groups", headers=other)).json()["groups"] == []
    assert await make(api, other) != group
    assert len(await contacts(api, acme, group)) == 2


async def test_contacts_are_told_as_files_and_pages(api: Api, acme: Headers) -> None:
    group = await make(api, acme)
    await take_in(api, acme, group, CSV)
    path = f"/groups/{group}/contacts"

    table = await api.client.get(f"{path}.csv", headers=acme)
    sheet = await api.client.get(f"{path}.xlsx", headers=acme)
    page = (await api.client.get(f"{path}?limit=1", headers=acme)).json()
    rest = await api.client.get(f"{path}?limit=1&cursor={page['next_cursor']}", headers=acme)

    assert table.text.splitlines() == [
        "mobile,Name,City",
        f"'+{NUMBER},Asha,Pune",
        f"'+{OTHER_NUMBER},Bala,",
    ]
    rows = list(openpyxl.load_workbook(io.BytesIO(sheet.content)).worksheets[0].values)
    assert rows[:2] == [("mobile", "Name", "City"), (f"+{NUMBER}", "Asha", "Pune")]
    assert page["contacts"] == [{"mobile": NUMBER, "columns": {"Name": "Asha", "City": "Pune"}}]
    assert [each["mobile"] for each in rest.json()["contacts"]] == [OTHER_NUMBER]
    assert rest.json()["next_cursor"] is None
