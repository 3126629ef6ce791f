"""A person in a browser: looks a number up, leaves it alone, forgets it; keeps lists and data."""

from typing import Any

import httpx
import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.support.console_browser import (
    AGENT,
    DESTINATION,
    Console,
    look_at,
    watched,
)
from tests.support.stack import wait_until

NUMBER, WRITTEN, OTHER = "919812345670", "+91 98123 45670", "919812345679"
LIST = "Phone,City\n919812345671,Pune\n12,Nowhere\n"


@pytest.fixture(scope="module")
def number(console: Console, owner: dict[str, Any]) -> str:
    """Send to two numbers, whose links a person and a machine follow; return the first."""
    del owner
    sent = console.stack.api.post(
        "/send",
        data={
            "mobile": f"{NUMBER},{OTHER}",
            "msg": f"The winter sale is here: {DESTINATION} Regards, your shop",
            "trackLink": "true",
            "smartLinkTitle": "Winter sale",
        },
    ).json()
    path = f"/campaigns/{sent['uuid']}"
    wait_until(lambda: console.stack.get(path)["delivered"] == 2, "two deliveries")
    for row in console.stack.get(f"{path}/recipients")["recipients"]:
        token = row["link"].rpartition("/")[2]
        for agent in (AGENT, "WhatsApp/2.23.20"):
            answer = httpx.get(
                f"{console.stack.redirector_url}/{token}", headers={"user-agent": agent}
            )
            assert answer.status_code == 302
    wait_until(lambda: console.stack.get(path)["hits"] == 4, "four visits")
    return NUMBER


def find(page: Page, written: str) -> None:
    page.goto("/console/numbers")
    page.get_by_label("Mobile number").fill(written)
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/numbers/*")


def test_a_number_is_looked_up_left_alone_and_forgotten_by_keys_alone(
    console: Console, owner: dict[str, Any], number: str
) -> None:
    context = console.open(owner["state"])
    page = watched(context.new_page())
    keys = page.keyboard
    page.goto("/console/numbers")
    page.get_by_label("Mobile number").focus()
    keys.type("98123")
    keys.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Digits are missing")
    expect(page.get_by_label("Mobile number")).to_be_focused()
    keys.press("Control+A")
    keys.type("98123 45670")
    keys.press("Enter")
    page.wait_for_url("**/console/numbers/*")
    assert number[2:] not in page.url
    expect(page.get_by_role("heading", name=WRITTEN)).to_be_visible()
    row = page.get_by_role("row").filter(has_text="Winter sale")
    expect(row.get_by_role("cell")).to_contain_text(["Delivered", "1", "1", "1"])

    page.locator("summary", has_text="Note an opt-out").focus()
    keys.press("Enter")
    keys.press("Tab")
    keys.press("ArrowDown")
    keys.press("Tab")
    keys.type("Answered STOP")
    keys.press("Enter")
    expect(page.get_by_role("status").filter(has_text="no marketing")).to_be_visible()
    opted_out = console.stack.get(f"/suppressions/{number}")
    assert (opted_out["source"], opted_out["note"]) == ("reply", "Answered STOP")

    with page.expect_download() as download:
        page.get_by_role("link", name="Take all that is kept").press("Enter")
    assert number in download.value.path().read_text()

    page.locator("summary", has_text="Erase this number").focus()
    keys.press("Enter")
    keys.press("Tab")
    keys.type("98123 45678")
    keys.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("another number")
    expect(page.get_by_label("Type the number again")).to_be_focused()
    look_at(page, "number-erase-refused")
    keys.press("Control+A")
    keys.type("98123 45670")
    keys.press("Enter")
    page.wait_for_url("**/console/numbers/erasures/*")
    expect(page.locator("#erasure .badge")).to_have_text("Erased", timeout=30_000)
    look_at(page, "number-erased")

    find(page, number)
    expect(page.get_by_text("Nothing was sent to it.")).to_be_visible()
    expect(page.get_by_text("Opted out", exact=True)).to_be_visible()
    context.close()


def test_lists_are_filled_from_files_and_what_is_wrong_in_them_is_told(
    console: Console, owner: dict[str, Any]
) -> None:
    context = console.open(owner["state"])
    page = watched(context.new_page())
    file = FilePayload(name="list.csv", mimeType="text/csv", buffer=LIST.encode())
    page.goto("/console/settings/opt-outs")
    page.get_by_label("File (csv").set_input_files(file)
    page.get_by_role("button", name="Take it in").click()
    expect(page.get_by_role("heading", name="Opt-outs are noted")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="12")).to_contain_text("Digits are missing")
    look_at(page, "settings-imported")
    page.get_by_role("link", name="Back", exact=True).click()
    expect(page.get_by_role("rowheader", name="919812345671")).to_be_visible()

    page.goto("/console/settings/groups")
    page.get_by_label("Name").fill("Shoppers")
    page.get_by_role("button", name="Make it").click()
    page.get_by_label("Mobile numbers").fill("98123 45672\n98123 45673")
    page.get_by_role("button", name="Add them").click()
    page.get_by_role("link", name="Back", exact=True).click()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("button", name="Remove 919812345673").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("summary", has_text="Delete this group").click()
    page.get_by_role("button", name="Yes, delete it").click()
    expect(page.get_by_role("status").filter(has_text="deleted")).to_be_visible()
    context.close()


def test_keeping_less_is_agreed_to_before_anything_is_deleted(
    console: Console, owner: dict[str, Any]
) -> None:
    context = console.open(owner["state"])
    page = watched(context.new_page())
    page.goto("/console/settings/privacy")
    page.get_by_label("Keep each visit for").fill("24")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("This deletes what is stored")
    assert console.stack.get("/privacy")["clicks_kept_months"] is None
    look_at(page, "settings-privacy-asked")
    expect(page.get_by_role("link", name="No, leave all")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="It holds")).to_be_visible()
    assert console.stack.get("/privacy")["clicks_kept_months"] == 24

    page.get_by_label("Keep each visit for").fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="It holds")).to_be_visible()
    assert console.stack.get("/privacy")["clicks_kept_months"] is None
    context.close()


@pytest.fixture(scope="module")
def things(console: Console, number: str) -> dict[str, str]:
    """Make something of each kind, so that no page is empty; return what pages are about."""
    del number
    api = console.stack.api
    group = api.post("/groups", json={"name": "Customers of the shop in Pune"}).json()
    contacts = [
        {"mobile": f"9198123456{place}", "columns": {"Name": "Asha Kulkarni", "City": "Pune"}}
        for place in range(79, 83)
    ]
    api.post(f"/groups/{group['id']}/contacts", json={"contacts": contacts})
    note = {"source": "reply", "note": "Answered STOP to the autumn sale"}
    api.put("/suppressions/919812345681", json=note)
    return {"group": group["id"]}
