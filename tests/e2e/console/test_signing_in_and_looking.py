"""A person in a browser: sets up, signs in, sends, taps, sees the click, by mouse and by keys."""

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from tests.support.console_browser import (
    AGENT,
    DESTINATION,
    LOGIN,
    LOOKS,
    PASSWORD,
    Console,
    a_campaign,
    look_at,
    watched,
)


def test_who_has_a_second_factor_is_asked_for_it_without_typing_the_password_twice(
    console: Console, owner: dict[str, Any]
) -> None:
    page = watched(console.open().new_page())
    page.goto("/console/security")
    assert "next=%2Fconsole%2Fsecurity" in page.url

    page.get_by_label("Login").fill(LOGIN)
    page.get_by_label("Password").fill("Green teapot of the moon")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("login or the password is wrong")
    look_at(page, "sign-in-refused")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("textbox", name="Code")).to_be_focused()
    expect(page.get_by_label("Password")).to_have_value(PASSWORD)
    look_at(page, "sign-in-code")
    page.get_by_role("textbox", name="Code").fill(owner["codes"].pop())
    page.keyboard.press("Enter")

    page.wait_for_url("**/console/security")
    expect(page.get_by_text(f"{len(owner['codes'])} recovery codes are left")).to_be_visible()
    expect(page.locator(".sessions > li")).to_have_count(2)
    page.get_by_role("button", name="End it").click()
    expect(page.locator(".sessions > li")).to_have_count(1)
    owner["state"] = page.context.storage_state()
    page.context.close()


def test_a_link_tapped_on_the_sandbox_phone_shows_its_click_without_reload(
    console: Console, owner: dict[str, Any]
) -> None:
    # The page follows two, whose links nobody has tapped.
    a_campaign(console)
    a_campaign(console)
    context = console.open(owner["state"])
    page = watched(context.new_page())
    page.goto("/console/sandbox")
    page.evaluate("window.isTheSamePage = true")
    expect(page.get_by_role("status").filter(has_text="Live")).to_be_visible()
    expect(page.get_by_text("No click yet")).to_be_visible()

    with context.expect_page() as opened:
        page.locator(".bubble a").first.click()

    expect(page.locator("[data-live-list] li")).to_have_count(1)
    expect(page.locator("[data-live-list] li strong")).to_have_text(re.compile(r"^91987654321\d$"))
    assert opened.value.locator("body").inner_text() == f"302 {DESTINATION}"
    assert page.evaluate("window.isTheSamePage") is True
    look_at(page, "sandbox-after-tap")
    context.close()


def test_a_report_counts_a_click_as_it_comes(
    console: Console, owner: dict[str, Any], campaign: dict[str, Any]
) -> None:
    context = console.open(owner["state"])
    page = watched(context.new_page())
    page.goto(f"/console/campaigns/{campaign['uuid']}")
    expect(page.get_by_role("status").filter(has_text="Live")).to_be_visible()
    people = page.locator(".total.people dd").first
    before = int(people.inner_text())

    token = campaign["tokens"][2 if before == 1 else 1]
    tapped = [
        httpx.get(f"{console.stack.redirector_url}/{each}", headers={"user-agent": AGENT})
        for each in {token, *campaign["tokens"]}
    ]

    assert {answer.status_code for answer in tapped} == {302}
    expect(people).to_have_text("3")
    page.get_by_role("link", name="Clicked", exact=True).click()
    expect(page.locator("#recipients tbody tr")).to_have_count(3)
    page.wait_for_url("**which=clicked")
    assert page.locator("h1").inner_text() == "School sites <b>autumn</b>"
    context.close()


def test_campaigns_are_searched_as_one_types_and_sent_once_more_by_a_form(
    console: Console, owner: dict[str, Any], campaign: dict[str, Any]
) -> None:
    context = console.open(owner["state"])
    page = watched(context.new_page())
    page.goto("/console/campaigns")
    page.get_by_label("Part of the title").press_sequentially("nowhere")
    expect(page.locator("#list").get_by_text("No campaign is like that")).to_be_visible()
    page.get_by_label("Part of the title").fill("school")
    page.locator("tbody").get_by_role("link").first.click()
    page.wait_for_url(f"**/console/campaigns/{campaign['uuid']}")

    page.get_by_role("link", name="Send once more").click()
    expect(page.locator(".facts dd").first).to_have_text("3")
    page.get_by_role("button", name="Yes, send once more").click()

    expect(page.get_by_role("status").filter(has_text="sent once more")).to_be_visible()
    assert campaign["uuid"] not in page.url
    context.close()


@pytest.mark.parametrize("look", LOOKS)
def test_pages_for_nobody_are_accessible_in_both_themes_at_every_width(
    console: Console, look: str
) -> None:
    context = console.open(reduced_motion="reduce", **LOOKS[look])
    page = watched(context.new_page())
    for name, path in {
        "not-found": "/console/nowhere",
        "sign-in": "/console/sign-in",
        "session-ended": "/console/sign-in?done=ended",
    }.items():
        page.goto(path)
        assert look.endswith(page.locator("html").get_attribute("lang") or "none")
        look_at(page, f"{name}-{look}")
    context.close()


def test_the_theme_and_the_language_are_chosen_and_kept(console: Console) -> None:
    context = console.open(color_scheme="light")
    page = watched(context.new_page())
    page.goto("/console/sign-in")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)

    with page.expect_navigation():
        page.get_by_label("Appearance").select_option("dark")
    with page.expect_navigation():
        page.get_by_label("Language").select_option("hi")
    page.goto("/console/sign-in")

    assert page.evaluate(ground) != light
    expect(page.get_by_role("heading", name="साइन इन करें")).to_be_visible()
    context.close()


def test_all_is_done_by_keys_alone(
    console: Console, owner: dict[str, Any], campaign: dict[str, Any]
) -> None:
    del campaign
    context = console.open()
    page = watched(context.new_page())
    page.goto("/console/sign-in")
    keys = page.keyboard
    expect(page.get_by_label("Login")).to_be_focused()
    keys.type(LOGIN)
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    expect(page.get_by_role("textbox", name="Code")).to_be_focused()
    keys.type(owner["codes"].pop())
    keys.press("Enter")
    page.wait_for_url("**/console/campaigns")

    keys.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    keys.press("Enter")
    keys.press("Tab")
    expect(page.get_by_label("Part of the title")).to_be_focused()
    # A field of a day has stops of its own for day, month, year and calendar.
    while page.evaluate("document.activeElement.closest('tbody, footer')") is None:
        keys.press("Tab")
    keys.press("Tab")
    expect(page.locator("tbody a").first).to_be_focused()
    keys.press("Enter")
    page.wait_for_url("**/console/campaigns/*-*")
    context.close()
