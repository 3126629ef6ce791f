"""All pages at once, of an account that has something of everything: as seen, and by keys.

A page that is new is among them by its line in ``tests.support.console_pages``.
"""

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support import filled_console
from tests.support.chromium import SCREENSHOTS
from tests.support.console_browser import (
    DESK,
    LOGIN,
    PASSWORD,
    Console,
    console_stack,
    serious,
    watched,
)
from tests.support.console_pages import PAGES
from tests.support.webhook_receiver import receiver

FAULTS, FOCUS = (
    (Path(filled_console.__file__).parent / f"{name}_faults.js").read_text()
    for name in ("page", "focus")
)
NARROW = {"width": 320, "height": 640}
# 320 px is a desk's window at 400 %; at 200 % letters are twice as large in the same window.
LOOKS: Mapping[str, Mapping[str, Any]] = {
    "narrow-dark-hi": {"viewport": NARROW, "color_scheme": "dark", "locale": "hi-IN"},
    "desk-light-en": {"viewport": DESK, "color_scheme": "light", "locale": "en-IN"},
    "forced-dark-en": {"viewport": DESK, "color_scheme": "dark", "forced_colors": "active"},
}
# Those that have of each kind of part one, of which forced colours are seen.
OF_ALL_KINDS = {
    "/campaigns",
    "/campaigns/{campaign_uuid}",
    "/campaigns/{campaign_uuid}/progress",
    "/send",
    "/sandbox",
    "/security",
    "/settings/keys/{prefix}",
    "/settings/users",
    "/settings/privacy",
    "/settings/webhooks/{webhook_id}",
}
# They are no whole pages: the first leads to one, the others are asked for by htmx.
PARTS = {
    "/",
    "/campaigns/{campaign_uuid}/totals",
    "/campaigns/{campaign_uuid}/insights",
    "/send/files/{upload_id}",
}
MOST_STOPS = 150
REACHABLE = """
    () => [...document.querySelectorAll("*")].flatMap((each, place) =>
        each.matches("a[href], button, input, select, textarea, summary, [tabindex='0']")
        && each.tabIndex >= 0 && !each.disabled && !["hidden", "radio"].includes(each.type)
        && each.checkVisibility() ? [place] : [])
"""


@dataclass(frozen=True, slots=True)
class Filled:
    """A console whose account has something of everything."""

    console: Console
    state: Any
    names: Mapping[str, str]

    def open(self, **options: Any) -> Page:  # noqa: ANN401
        """Open a browser as the owner."""
        return watched(self.console.open(self.state, **options).new_page())

    def pages(self, page: Page, paths: AbstractSet[str] = PAGES.keys()) -> Iterator[str]:
        """Go to each page, with all on it opened that opens; yield its path."""
        for path in paths:
            address, *_ = PAGES[path]
            if path in PARTS:
                continue
            page.goto(f"/console{address.format(**self.names)}")
            page.evaluate(
                "document.querySelectorAll('main details').forEach((each) => { each.open = true })"
            )
            yield path


@pytest.fixture(scope="module")
def filled(console: Console) -> Iterator[Filled]:
    with (
        console_stack() as stack,
        receiver() as hook,
    ):
        own = Console(stack, console.browser)
        page = watched(own.open().new_page())
        page.goto(own.set_up_address)
        page.get_by_label("Login").fill(LOGIN)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Make the owner").click()
        page.wait_for_url("**/console/security?*")
        names = filled_console.fill(stack, page, hook.url)
        state = page.context.storage_state()
        page.context.close()
        yield Filled(own, state, names)
        # A page that a failed test has left open would complain of the end of its server.
        for context in console.browser.contexts:
            context.close()


def name_of(path: str) -> str:
    """Return what the picture of a page is called."""
    return "-".join(re.findall(r"[\w-]+", path))


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_is_whole_named_and_accessible(filled: Filled, look: str) -> None:
    page = filled.open(reduced_motion="reduce", **LOOKS[look])
    titles: dict[str, list[str]] = {}
    faults = {}
    for path in filled.pages(page, OF_ALL_KINDS if "forced" in look else PAGES.keys()):
        titles.setdefault(page.title(), []).append(path)
        assert page.locator("html").get_attribute("lang") == ("hi" if "hi" in look else "en")
        page.screenshot(path=SCREENSHOTS / f"{name_of(path)}-{look}.png", full_page=True)
        if found := page.evaluate(FAULTS) + serious(page):
            faults[path] = found

    assert faults == {}
    assert [paths for paths in titles.values() if len(paths) > 1] == []
    page.context.close()


def test_no_page_scrolls_sideways_with_letters_twice_as_large(filled: Filled) -> None:
    page = filled.open(viewport=DESK)
    wide = {}
    for path in filled.pages(page):
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > DESK["width"] + 1:
            wide[path] = width

    assert wide == {}
    page.context.close()


def test_focus_is_seen_on_all_that_keys_reach_and_they_reach_all(filled: Filled) -> None:
    page = filled.open(viewport=NARROW)
    faults: dict[str, Any] = {}
    for path in filled.pages(page):
        wanted = set(page.evaluate(REACHABLE))
        reached: set[int] = set()
        found: list[str] = []
        for _ in range(MOST_STOPS):
            page.keyboard.press("Tab")
            at = page.evaluate(FOCUS)
            if at and at["place"] not in reached:
                reached.add(at["place"])
                found += at["faults"]
            if reached >= wanted:
                break
        if found or not reached >= wanted:
            faults[path] = (found, len(wanted - reached))

    assert faults == {}
    page.context.close()


def test_what_is_found_is_said(filled: Filled) -> None:
    page = filled.open()
    page.goto("/console/campaigns")
    title = page.get_by_label("Part of the title")
    title.fill("of nobody")
    expect(page.get_by_role("status")).to_have_text("No campaign is like that.")
    title.fill("Hello")
    expect(page.get_by_role("status")).to_have_text("1 campaign is shown.")
    expect(title).to_be_focused()
    page.context.close()


def test_what_comes_of_typing_is_said_once_and_not_after_each_key(filled: Filled) -> None:
    page = filled.open()
    page.goto("/console/send")
    page.evaluate(
        """() => {
            window.said = [];
            const status = document.querySelector("[data-says=meter]");
            new MutationObserver(() => window.said.push(status.textContent))
                .observe(status, { childList: true, characterData: true, subtree: true });
        }"""
    )
    for text in ("Hello", "Hello Asha", "Hello Asha, your order is packed"):
        with page.expect_response("**/send/preview"):
            page.get_by_role("textbox", name="Message", exact=True).fill(text)
    expect(page.locator("#meter")).to_contain_text("32 characters")
    page.get_by_role("textbox", name="Message", exact=True).fill("नमस्ते")
    expect(page.locator("[data-says=meter]")).to_contain_text("Unicode")

    assert page.evaluate("window.said") == [
        "1 segment, Plain characters (GSM-7)",
        "1 segment, Unicode (UCS-2)",
    ]
    page.context.close()


def test_focus_stays_on_its_number_when_the_sandbox_phone_gets_a_message(filled: Filled) -> None:
    page = filled.open()
    page.goto("/console/sandbox")
    number = page.get_by_role("link", name=filled_console.NUMBERS[5])
    number.focus()
    message = {"mobile": "919876543190", "msg": "Hello, your order is packed"}
    filled.console.stack.api.post("/send", json=message).raise_for_status()

    expect(page.get_by_role("link", name=message["mobile"])).to_be_visible(timeout=20_000)
    expect(number).to_be_focused()
    page.context.close()


def test_forced_colours_show_states_whatever_theme_was_chosen(filled: Filled) -> None:
    page = filled.open(forced_colors="active", color_scheme="light")
    page.goto("/console/send")
    with page.expect_navigation():
        page.get_by_label("Appearance").select_option("dark")
    shown = "(part) => getComputedStyle(document.querySelector('.track'), part).backgroundColor"
    on = [page.evaluate(shown, part) for part in (None, "::after")]
    page.get_by_role("switch").uncheck(force=True)
    off = [page.evaluate(shown, part) for part in (None, "::after")]

    assert len(set(on)) == len(set(off)) == 2
    assert on == off[::-1]
    # Shades are of the visitor's ground, which is light.
    ground = "getComputedStyle(document.documentElement).colorScheme"
    assert page.evaluate(ground) == "light dark"
    page.context.close()


def test_who_changed_the_credit_is_said_in_the_pages_language(filled: Filled) -> None:
    page = filled.open(locale="hi-IN")
    page.goto("/console/settings/credit")
    expect(page.locator("tbody")).to_contain_text("संचालक The operator")
    page.context.close()
