"""The report of a campaign: clicks show as they come, and nothing that one is at is lost by it."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from shared.clock import SystemClock
from tests.support.console_browser import (
    AGENT,
    DESTINATION,
    LOOKS,
    Console,
    a_campaign,
    look_at,
    watched,
)

NUMBERS = ["919876543220", "919876543221", "919876543222"]
# Of the test database of places.
LONDON, MILTON = "81.2.69.142", "216.160.83.56"
PERSON = {
    "user-agent": AGENT,
    "accept": "text/html",
    "accept-language": "en-IN",
    "accept-encoding": "gzip",
    "referer": "https://news.example.com/<b>today</b>",
}
FOCUSED = "document.activeElement.textContent.trim()"


@pytest.fixture(scope="module")
def sale(console: Console, owner: dict[str, Any]) -> dict[str, Any]:
    del owner
    sent = a_campaign(
        console,
        numbers=NUMBERS,
        msg=f"Last days of the sale: {DESTINATION} Reply STOP to end",
        title="Winter <i>sale</i>",
    )
    return {"path": f"/campaigns/{sent['uuid']}", "tokens": sent["tokens"]}


def follow(console: Console, token: str, address: str, headers: dict[str, str]) -> None:
    """Follow a link from somewhere."""
    url = f"{console.stack.redirector_url}/{token}"
    answer = httpx.get(url, headers={**headers, "x-forwarded-for": address})
    assert answer.status_code == 302


def report(console: Console, owner: dict[str, Any], sale: dict[str, Any], **options: Any) -> Page:  # noqa: ANN401
    """Open the report, and wait until it hears of clicks."""
    page = watched(console.open(owner["state"], **options).new_page())
    page.goto(f"/console{sale['path']}")
    expect(page.locator('[data-live-state="open"]')).to_be_visible()
    return page


def test_clicks_show_everywhere_as_they_come_and_nothing_is_lost_by_it(
    console: Console, owner: dict[str, Any], sale: dict[str, Any]
) -> None:
    page = report(console, owner, sale)
    page.evaluate("window.isTheSamePage = true")
    expect(page.get_by_text("Nobody has clicked yet.")).to_be_visible()
    page.get_by_role("link", name=NUMBERS[1]).focus()

    follow(console, sale["tokens"][0], LONDON, PERSON)

    expect(page.locator("#totals .people dd").first).to_have_text("1")
    expect(page.locator(".chart rect")).to_have_count(1)
    expect(page.locator(".heat rect.heat-5")).to_have_count(1)
    expect(page.locator(".map path.heat-5")).to_contain_text("United Kingdom: 1")
    expect(page.locator("#of-devices ~ .rankings")).to_contain_text("Chrome Mobile")
    row = page.locator("#recipients tbody tr", has_text=NUMBERS[0])
    expect(row.locator('[data-label="Clicks"]')).to_have_text("1")
    assert page.evaluate(FOCUSED) == NUMBERS[1]

    summary = page.locator("#time-table summary")
    summary.click()
    scrolled = page.evaluate("scrollY")
    follow(console, sale["tokens"][1], MILTON, PERSON)
    follow(console, sale["tokens"][1], MILTON, {"user-agent": "WhatsApp/2.23.20"})

    machines = page.locator("#of-machines").locator("xpath=ancestor::section")
    expect(machines).to_contain_text("App that shows a preview")
    expect(page.locator("#time-table td").first).to_have_text("2")
    expect(page.locator("#time-table td").first).to_be_visible()
    expect(page.locator(".map path.heat-5")).to_have_count(2)
    assert page.evaluate(FOCUSED) == "As a table"
    assert page.evaluate("scrollY") == scrolled
    assert page.evaluate("window.isTheSamePage") is True
    page.context.close()


def test_recipients_visits_and_files_are_reached_by_keys_alone(
    console: Console, owner: dict[str, Any], sale: dict[str, Any]
) -> None:
    page = report(console, owner, sale)
    page.get_by_role("link", name="Not clicked", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#recipients tbody tr")).to_have_count(1)
    assert page.url.endswith("?which=not_clicked")
    assert page.evaluate(FOCUSED) == "Not clicked"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#recipients tbody tr")).to_have_count(2)

    page.get_by_role("link", name="CSV of these recipients").focus()
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert NUMBERS[0] in download.value.path().read_text()
    page.get_by_role("link", name=NUMBERS[0]).focus()
    page.keyboard.press("Enter")

    page.wait_for_url("**/recipients/*")
    assert NUMBERS[0] not in page.url
    expect(page.get_by_role("heading", name=NUMBERS[0])).to_be_visible()
    expect(page.get_by_text("Why we take it for a person")).to_be_visible()
    expect(page.get_by_text("London, England, United Kingdom")).to_be_visible()
    expect(page.get_by_text("<b>today</b>")).to_be_visible()
    page.context.close()


def test_those_who_did_not_click_are_sent_another_text(
    console: Console, owner: dict[str, Any], sale: dict[str, Any]
) -> None:
    page = report(console, owner, sale)
    page.get_by_role("link", name="Send again to non-clickers").click()
    message = page.get_by_label("Message")
    expect(message).to_have_value(f"Last days of the sale: {DESTINATION} Reply STOP to end")
    message.fill(f"Today only: {DESTINATION}")
    page.get_by_role("button", name="Check recipients and cost").click()
    expect(page.locator(".preview-bubble")).to_contain_text("Today only: https://")
    expect(page.get_by_label("Message")).to_have_value(f"Today only: {DESTINATION}")
    look_at(page, "send-again-preview")
    page.get_by_role("button", name="Send to 1 recipient now").click()

    expect(page.get_by_role("status").filter(has_text="sent again to those")).to_be_visible()
    assert sale["path"] not in page.url
    expect(page.locator("#recipients tbody tr")).to_have_count(1)
    expect(page.locator("#recipients tbody th")).to_have_text(NUMBERS[2])
    page.context.close()


def test_campaigns_are_ticked_in_the_list_and_compared(
    console: Console, owner: dict[str, Any], sale: dict[str, Any]
) -> None:
    del sale
    page = watched(console.open(owner["state"], **LOOKS["light-phone-en"]).new_page())
    page.goto("/console/campaigns")
    for place in range(2):
        page.locator("input[name=c]").nth(place).check()
    page.get_by_role("button", name="Compare the ticked ones").click()

    expect(page.locator(".compared thead th")).to_have_count(2)
    look_at(page, "compared-campaigns")
    page.context.close()


def test_what_may_be_ordered_follows_what_happens_and_what_is_opened_stays_so(
    console: Console, owner: dict[str, Any]
) -> None:
    later = SystemClock().now() + timedelta(days=9)
    sent = console.stack.api.post(
        "/send", data={"mobile": NUMBERS[0], "msg": "later", "scheduleTime": later.isoformat()}
    ).json()
    path = f"/campaigns/{sent['uuid']}"
    context = console.open(owner["state"])
    page = watched(context.new_page())
    page.goto(f"/console{path}")
    orders = page.locator("#orders")
    expect(page.locator("#state")).to_contain_text("goes out on")
    expect(orders.get_by_role("button", name="Pause")).to_be_visible()
    orders.locator("summary", has_text="Cancel").click()
    console.stack.api.post(f"{path}/pause").raise_for_status()

    page.locator("#totals").dispatch_event("live")
    expect(orders.get_by_role("button", name="Resume")).to_be_visible()
    expect(orders.get_by_role("button", name="Pause")).to_have_count(0)
    expect(orders.get_by_role("button", name="Yes, cancel for good")).to_be_visible()
    expect(page.locator("#orders")).to_have_count(1)
    orders.get_by_role("button", name="Yes, cancel for good").click()
    expect(page.get_by_role("status").filter(has_text="is cancelled")).to_be_visible()
    context.close()
