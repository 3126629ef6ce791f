"""An owner says how the account sends, and the next send by the API is so."""

from typing import Any

from playwright.sync_api import expect

from tests.support.console_browser import DESTINATION, Console, look_at, watched

SENDERS, LINKS = "/console/settings/senders", "/console/settings/links"
DLT = "1101234567890123456"
SENDER = "TXLINK"


def sample_link(console: Console) -> str:
    """Return a link as a send by the API would have it."""
    values = {"mobile": "919876543210", "msg": f"See {DESTINATION}", "trackLink": "true"}
    answer = console.stack.api.post("/send", data=values | {"testMessage": "true"})
    link: str = answer.json()["link"]["sample"]
    return link


def changed_back(console: Console, path: str, **values: str | None) -> None:
    console.stack.api.patch(path, json=values).raise_for_status()
    assert f"/{SENDER}/" not in sample_link(console)


def test_a_sender_id_and_its_links_are_changed_and_the_next_send_shows_it(
    console: Console, owner: dict[str, Any]
) -> None:
    context = console.open(owner["state"])
    page = watched(context.new_page())
    page.goto(SENDERS)
    page.get_by_role("link", name=f"Change {SENDER}").click()
    page.get_by_label("DLT entity id").fill("110-1")
    page.get_by_role("radio", name="With the sender ID").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Write the 1 to 30 digits")
    expect(page.get_by_label("DLT entity id")).to_have_value("110-1")
    expect(page.get_by_role("radio", name="With the sender ID")).to_be_checked()
    page.get_by_label("DLT entity id").fill(DLT)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("holds from the next send on")
    expect(page.get_by_text("not among the registered domains")).to_be_visible()

    (sender,) = console.stack.get("/sender-ids")["sender_ids"]
    assert (sender["dlt_entity_id"], sender["link_shape"]) == (DLT, "header")
    assert f"/{SENDER}/" in sample_link(console)
    context.close()
    changed_back(console, f"/sender-ids/{SENDER}", dlt_entity_id=None, link_shape=None)


def test_the_example_follows_the_shape_and_the_account_by_keys_alone(
    console: Console, owner: dict[str, Any]
) -> None:
    context = console.open(owner["state"])
    page = watched(context.new_page())
    page.goto(LINKS)
    example = page.locator(".anatomy")
    expect(example).to_have_text("https://tx1.in/SAlhjS", use_inner_text=True)
    page.get_by_role("radio", name="The token alone").focus()
    page.keyboard.press("ArrowDown")
    expect(example).to_have_text(f"https://tx1.in/{SENDER}/SAlhjS", use_inner_text=True)
    page.get_by_label("Where links lead that are over").fill("http://10.0.0.1/")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("write a public link")
    expect(page.get_by_role("radio", name="With the sender ID")).to_be_checked()
    look_at(page, "links-wrong")
    page.get_by_label("Where links lead that are over").fill("")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("holds from the next send on")
    assert f"/{SENDER}/" in sample_link(console)
    context.close()
    changed_back(console, "/account", link_shape="token")
