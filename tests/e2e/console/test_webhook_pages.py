"""A person makes a webhook, tries it, sees what came of it, and has events delivered again."""

import json
import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.support.console_browser import Console, look_at, watched
from tests.support.stack import Json, wait_until
from tests.support.webhook_receiver import Receiver, receiver

WEBHOOKS = "/console/settings/webhooks"


def made(page: Page, url: str) -> str:
    """Make a webhook by the form, from the list on; return its secret."""
    page.goto(WEBHOOKS)
    page.get_by_role("link", name="New webhook").click()
    page.get_by_label("URL that is called").fill(url)
    page.get_by_role("button", name="Make the webhook").click()
    expect(page.get_by_role("status").first).to_have_text("The webhook is made.")
    return page.locator("#secret").inner_text()


def kinds_of(hook: Receiver) -> list[str]:
    return [json.loads(body)["type"] for _, body in hook.requests]


def tried(console: Console, log: str) -> list[Json]:
    return [each for each in console.stack.get(log)["deliveries"] if each["attempts"]]


def test_a_webhook_is_made_tried_and_replayed(
    console: Console, owner: dict[str, Any], campaign: dict[str, Any]
) -> None:
    del campaign
    context = console.open(owner["state"])
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = watched(context.new_page())
    with receiver() as hook:
        page.goto(f"{WEBHOOKS}/new")
        page.get_by_label("URL that is called").fill("https://10.0.0.1/hook")
        page.get_by_label("The carrier took a message").uncheck()
        page.get_by_role("button", name="Make the webhook").click()
        expect(page.get_by_role("alert")).to_contain_text("must lead to a public address")
        expect(page.get_by_label("URL that is called")).to_have_value("https://10.0.0.1/hook")
        expect(page.get_by_label("The carrier took a message")).not_to_be_checked()
        look_at(page, "webhook-refused")

        secret = made(page, hook.url)
        page.get_by_role("button", name="Copy").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == secret
        look_at(page, "webhook-secret")
        page.get_by_role("link", name="I have kept it").click()

        page.get_by_role("button", name="Send a test").click()
        # The page says so by itself.
        expect(page.locator(".deliveries .badge")).to_have_text("Delivered")
        page.locator(".deliveries summary").click()
        expect(page.get_by_text("HTTP 200")).to_be_visible()
        assert hook.verified(secret)[-1]["type"] == "webhook.test"

        page.get_by_label("Until").fill("2020-01-01T00:00")
        page.get_by_role("button", name="Replay").click()
        expect(page.get_by_role("alert")).to_contain_text("The end must be later")
        page.goto(page.url.partition("?")[0].removesuffix("/replay"))
        page.get_by_role("button", name="Replay").click()
        expect(page.get_by_role("status").first).to_contain_text("To be delivered again:")
        wait_until(lambda: "message.delivered" in kinds_of(hook), "what was delivered before")
        expect(page.get_by_text("Waiting")).to_have_count(0)

        page.get_by_text("Another secret", exact=True).click()
        page.get_by_role("button", name="Make another secret").click()
        expect(page.get_by_role("status").first).to_contain_text("The one before counts, too")
        assert page.locator("#secret").inner_text() != secret
    context.close()


def test_a_webhook_is_paused_and_deleted_by_keys_alone(
    console: Console, owner: dict[str, Any]
) -> None:
    context = console.open(owner["state"])
    page = watched(context.new_page())
    with receiver() as hook:
        made(page, hook.url)
        page.get_by_role("link", name="I have kept it").press("Enter")
        page.locator("summary", has_text="Pause").press("Enter")
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Yes, pause it")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("status").first).to_have_text("The webhook is paused.")
        page.get_by_role("button", name="Take it up again").press("Enter")
        expect(page.get_by_role("button", name="Send a test")).to_be_visible()
        path = page.url.partition("?")[0]
        page.locator("summary", has_text="Delete").press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(f"{WEBHOOKS}\\?done="))
        expect(page.get_by_text(hook.url)).to_have_count(0)
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_have_text("There is no such page")
    context.close()


def test_a_delivery_that_is_looked_at_stays_open_while_the_log_changes(
    console: Console, owner: dict[str, Any]
) -> None:
    page = watched(console.open(owner["state"]).new_page())
    with receiver() as hook:
        hook.delay_s = 3
        page.goto(f"{WEBHOOKS}/new")
        made(page, hook.url)
        page.get_by_role("link", name="I have kept it").click()
        page.get_by_role("button", name="Send a test").click()
        summary = page.locator(".deliveries summary")
        expect(summary).to_contain_text("Waiting")
        summary.click()

        expect(summary).to_contain_text("Delivered", timeout=20_000)
        expect(summary).to_be_focused()
        expect(page.get_by_text("HTTP 200")).to_be_visible()
        webhook = page.url.partition("?")[0].rpartition("/")[2]
    console.stack.api.delete(f"/webhooks/{webhook}").raise_for_status()
    page.context.close()
