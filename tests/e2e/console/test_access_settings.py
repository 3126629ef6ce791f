"""An owner says who gets in: keys, addresses, users, destinations."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import asyncpg
import httpx
from playwright.sync_api import Page, expect

from tests.support.console_browser import PASSWORD, Console, look_at, watched
from tests.support.stack import Stack

KEY = re.compile(r"^txk_[0-9a-f]{12}_\S+$")
HOSTILE = "<b>till</b> & 'shop'"
RAVI = ("ravi", "three words or four")


def an_hour_passes(stack: Stack, login: str) -> None:
    """Let the proof of who somebody is grow old."""
    folder = stack.data_dir / "postgres"
    port = (folder / "cluster" / "postmaster.pid").read_text().splitlines()[3]

    async def age() -> None:
        connection = await asyncpg.connect(
            host="127.0.0.1",
            port=int(port),
            user="postgres",
            password=(folder / "password").read_text(),
            database="txlink",
        )
        await connection.execute(
            "UPDATE user_session SET proved_at = now() - interval '1 hour' FROM account_user u "
            "WHERE u.id = user_id AND u.login = $1",
            login,
        )
        await connection.close()

    # In a thread of its own: this one has the browser's loop.
    with ThreadPoolExecutor(1) as aside:
        aside.submit(lambda: asyncio.run(age())).result()


def whoami(console: Console, key: str) -> int:
    return httpx.get(f"{console.url}/campaigns", headers={"apikey": key}).status_code


def make_key(page: Page, name: str) -> str:
    page.goto("/console/settings/keys/new")
    page.get_by_label("What it is for").fill(name)
    page.get_by_label("Read reports").check()
    page.get_by_role("button", name="Make the key").click()
    return page.locator("#secret").inner_text()


def test_a_key_is_seen_once_lets_a_program_in_and_is_revoked(
    console: Console, owner: dict[str, Any]
) -> None:
    context = console.open(owner["state"])
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = watched(context.new_page())
    key = make_key(page, HOSTILE)
    page.get_by_role("button", name="Copy the key").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    look_at(page, "key-made")

    assert KEY.match(key)
    assert page.evaluate("navigator.clipboard.readText()") == key
    assert key not in page.url
    assert whoami(console, key) == 200
    # A reload makes no other key, and shows this one no more.
    page.reload()
    expect(page.get_by_role("heading", name="API keys", exact=True)).to_be_visible()
    assert key not in page.content()
    page.get_by_role("link", name=HOSTILE).click()
    assert key not in page.content()
    page.locator("summary", has_text="Revoke this key").click()
    page.get_by_role("button", name="Yes, revoke it for good").click()
    expect(page.get_by_role("status")).to_contain_text("The key is revoked")

    assert whoami(console, key) == 401
    page.locator("summary", has_text="key that has ended").click()
    expect(page.get_by_role("link", name=HOSTILE)).to_be_visible()
    context.close()


def test_a_rotated_key_counts_beside_its_successor_and_without_script_too(
    console: Console, owner: dict[str, Any]
) -> None:
    context = console.open(owner["state"], java_script_enabled=False)
    page = context.new_page()
    key = make_key(page, "till")
    expect(page.get_by_role("button", name="Copy the key")).to_be_hidden()
    page.get_by_role("link", name="I have kept it").click()
    page.get_by_role("link", name="till").click()
    page.get_by_role("button", name="Make its successor").click()
    successor = page.locator("#secret").inner_text()

    assert successor != key
    expect(page.get_by_text("counts until")).to_be_visible()
    assert [whoami(console, each) for each in (key, successor)] == [200, 200]
    context.close()


def test_nobody_shuts_themselves_out_by_a_list_unasked(
    console: Console, owner: dict[str, Any]
) -> None:
    context = console.open(owner["state"])
    page = watched(context.new_page())
    page.goto("/console/settings/addresses")
    expect(page.get_by_text("all addresses are let in")).to_be_visible()
    field = page.get_by_role("textbox", name="Addresses and networks")
    field.fill("203.0.113.0/24")
    page.get_by_role("button", name="Save the list").click()
    expect(page.get_by_role("alert")).to_contain_text("would shut you out")
    expect(field).to_have_value("203.0.113.0/24")
    look_at(page, "addresses-lock-out")
    page.get_by_role("button", name="Add my address and save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    expect(field).to_have_value("203.0.113.0/24\n127.0.0.1")
    field.fill("")
    page.get_by_role("button", name="Save the list").click()
    expect(page.get_by_text("all addresses are let in")).to_be_visible()
    context.close()


def test_an_owner_proves_who_they_are_to_add_a_user_who_signs_in(
    console: Console, owner: dict[str, Any]
) -> None:
    context = console.open(owner["state"])
    page = watched(context.new_page())
    an_hour_passes(console.stack, "asha")
    page.goto("/console/settings/keys/new")
    expect(page.get_by_label("Your password, to make this key")).to_be_hidden()
    page.get_by_label("Set up the account").check()
    expect(page.get_by_label("Your password, to make this key")).to_be_visible()
    page.goto("/console/settings/users/new")
    page.get_by_label("Login").fill(RAVI[0])
    page.get_by_label("Analyst").check()
    page.get_by_label("First password").fill(RAVI[1])
    code = owner["codes"].pop()
    page.get_by_label("Your own password").fill("not that one")
    page.get_by_label("Code of your authenticator").fill(code)
    page.get_by_role("button", name="Add the user").click()
    expect(page.get_by_role("alert")).to_contain_text("not your password")
    expect(page.get_by_label("Login")).to_have_value(RAVI[0])
    expect(page.get_by_label("Analyst")).to_be_checked()
    look_at(page, "user-new-proof")
    page.get_by_label("First password").fill(RAVI[1])
    page.get_by_label("Your own password").fill(PASSWORD)
    page.get_by_label("Code of your authenticator").fill(code)
    page.get_by_role("button", name="Add the user").click()
    expect(page.get_by_role("status")).to_contain_text("The user is added")

    other = console.open()
    theirs = watched(other.new_page())
    theirs.goto("/console/sign-in")
    theirs.get_by_label("Login").fill(RAVI[0])
    theirs.get_by_label("Password").fill(RAVI[1])
    theirs.get_by_role("button", name="Sign in").click()
    theirs.wait_for_url("**/console/campaigns")
    theirs.get_by_role("link", name="Settings").click()
    expect(theirs.get_by_role("link", name="Opt-outs")).to_be_visible()
    expect(theirs.get_by_role("link", name="API keys")).to_have_count(0)
    assert theirs.goto("/console/settings/keys").status == 403  # type: ignore[union-attr]
    other.close()

    page.get_by_role("link", name=RAVI[0]).click()
    page.locator("summary", has_text="Disable this user").click()
    page.get_by_role("button", name="Yes, disable").click()
    expect(page.get_by_role("button", name="Let this user in again")).to_be_visible()
    context.close()


def test_destinations_and_a_key_are_set_by_keys_alone(
    console: Console, owner: dict[str, Any]
) -> None:
    context = console.open(owner["state"])
    page = watched(context.new_page())
    keys = page.keyboard
    page.goto("/console/settings/destinations")
    page.get_by_role("textbox", name="Rules to add").first.focus()
    keys.type("bad.example.com")
    keys.press("Tab")
    keys.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Saved")
    page.get_by_label("Link", exact=True).focus()
    keys.type("https://www.bad.example.com/x")
    keys.press("Enter")
    expect(page.get_by_text("It is on your list of where no link may lead")).to_be_visible()
    look_at(page, "destinations-refused")
    page.get_by_role("button", name="Take off bad.example.com").focus()
    keys.press("Enter")
    expect(page.get_by_role("button", name="Take off")).to_have_count(0)

    page.goto("/console/settings/keys/new")
    page.get_by_label("What it is for").focus()
    keys.type("by keys")
    for _ in range(2):
        keys.press("Tab")
    keys.press("Space")
    keys.press("Enter")
    expect(page.get_by_role("button", name="Copy the key")).to_be_visible()
    assert page.locator(".scope").all_inner_texts() == ["Send", "Read reports"]
    context.close()
