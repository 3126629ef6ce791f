"""One txlink, one browser and one owner for all tests of the console's pages."""

import re
from collections.abc import Iterator
from typing import Any

import pyotp
import pytest
from playwright.sync_api import expect

from tests.support.chromium import SCREENSHOTS, running_chromium
from tests.support.console_browser import (
    LOGIN,
    PASSWORD,
    Console,
    a_campaign,
    console_stack,
    look_at,
    watched,
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let one worker run them all; xdist looks for groups in this hook, too."""
    for item in items:
        if item.path.is_relative_to(__file__.rpartition("/")[0]):
            item.add_marker(pytest.mark.xdist_group("console"))


@pytest.fixture(scope="package")
def console() -> Iterator[Console]:
    with (
        # Before the browser, whose driver keeps a loop running: what a stack starts from may
        # have to be made first, with loops of its own.
        console_stack() as stack,
        running_chromium() as browser,
    ):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        yield Console(stack, browser)


@pytest.fixture(scope="package")
def owner(console: Console) -> dict[str, Any]:
    """Set the owner up as a newcomer does, with a second factor; return the browser's cookies."""
    context = console.open()
    page = watched(context.new_page())
    page.goto(console.set_up_address)
    expect(page.get_by_label("Token")).to_have_value(re.compile(r"^txs1\."))
    assert page.url.endswith("/console/set-up")
    look_at(page, "set-up")
    page.get_by_label("Login").fill(LOGIN)
    page.get_by_label("Password").fill("password1234")
    page.get_by_role("button", name="Make the owner").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose another password")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make the owner").click()
    expect(page.get_by_role("status")).to_contain_text("You are the owner")

    page.get_by_role("textbox", name="Your password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Set up a second factor").click()
    secret = page.locator("code").inner_text()
    look_at(page, "second-factor")
    page.get_by_role("textbox", name="Code").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Turn it on").click()
    expect(page.locator(".codes li")).to_have_count(10)
    codes = page.locator(".codes li").all_inner_texts()
    look_at(page, "recovery-codes")
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("Signing in asks for a code")).to_be_visible()
    state: dict[str, Any] = dict(context.storage_state())
    context.close()
    return {"state": state, "codes": codes, "secret": secret}


@pytest.fixture(scope="package")
def campaign(console: Console, owner: dict[str, Any]) -> dict[str, Any]:
    del owner
    return a_campaign(console)
