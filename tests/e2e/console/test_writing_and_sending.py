"""A person sends: types, sees what it comes to, drops a file, confirms, watches it go."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from shared.clock import SystemClock
from tests.support.console_browser import LOOKS, Console, look_at, watched

LINK = "https://www.yourkidschoolexample.com/signup/"
ABOUT = "https://www.yourkidschoolexample.com/about"
COSTLY = f"Dear parent, see {ABOUT} \u2013 or \u201cenrol\u201d here: {LINK} Regards, your school"
MANY = 10_000
# The sandbox lets numbers whose last digits are 0000 and a few more fail.
FIRST = 76_000_100
DROP = """([node, name, text]) => {
    const file = new DataTransfer();
    file.items.add(new File([text], name, {type: "text/csv"}));
    for (const kind of ["dragover", "drop"]) {
        const carried = {bubbles: true, cancelable: true, dataTransfer: file};
        node.dispatchEvent(new DragEvent(kind, carried));
    }
}"""
# Chromium takes half a minute to type as much.
PASTE = """(node, text) => {
    node.value = text;
    node.dispatchEvent(new Event("input", {bubbles: true}));
}"""
# All that a bar comes to, even where the file is there before it is painted.
WATCH = """() => {
    window.seen = [];
    const bar = document.querySelector("[data-sending] progress");
    const note = () => window.seen.push([bar.value, bar.checkVisibility()]);
    new MutationObserver(note).observe(bar, {attributeFilter: ["value"]});
}"""


def text_box(page: Page) -> Any:  # noqa: ANN401
    return page.get_by_role("textbox", name="Message", exact=True)


def people(count: int) -> str:
    rows = "".join(f"9198{each:08d},Name {each}\n" for each in range(FIRST, FIRST + count))
    return "Phone,Name,<script>alert(1)</script>\n" + rows.replace("\n", ",x\n")


def test_as_one_types_the_message_its_links_and_its_cost_are_shown(
    console: Console, owner: dict[str, Any]
) -> None:
    context = console.open(owner["state"])
    page = watched(context.new_page())
    page.goto("/console/send")
    preview, meter = page.locator("#preview"), page.locator("#meter")
    page.get_by_label("To Mobile").press_sequentially("9876543210, 9876543210, 12345")
    expect(page.locator("#numbers")).to_contain_text("Digits are missing")
    counts = ["1 accepted", "1 repeated", "1 invalid"]
    expect(page.locator("#numbers .counts li")).to_have_text(counts)

    text_box(page).press_sequentially(COSTLY[:16])
    expect(preview).to_contain_text(COSTLY[:16])
    text_box(page).fill(COSTLY)
    expect(meter.locator("strong").first).to_have_text("2 segments")
    expect(preview.locator(".bubble mark")).to_have_text(re.compile(r"^https://tx1\.in/\w{6}$"))
    expect(preview.locator(".links li").first).to_contain_text(f"{LINK}Tracked: each recipient")
    expect(preview.locator(".links li").nth(1)).to_contain_text(f"{ABOUT}Left as it is")
    expect(meter.locator(".characters li")).to_have_count(3)
    look_at(page, "send-typed")
    page.get_by_role("button", name="Replace all of them").click()

    expect(text_box(page)).to_have_value(re.compile('- or "enrol" here'))
    expect(text_box(page)).to_be_focused()
    expect(meter.locator("strong").first).to_have_text("1 segment")
    expect(meter.locator(".characters")).to_have_count(0)
    page.get_by_role("radio", name="Exclude HTTPS").check()
    expect(preview.locator(".bubble mark")).to_have_text(re.compile(r"^tx1\.in/\w{6}$"))
    page.get_by_role("switch", name="Enable Link Tracking").click()
    expect(preview.locator("mark")).to_have_count(0)

    page.get_by_label("Your mobile number").fill("9876543219")
    page.get_by_role("button", name="Send a test", exact=True).click()
    expect(page.locator("#tested").get_by_role("status")).to_contain_text("The test is on its way")
    page.reload()
    expect(page.get_by_label("Your mobile number")).to_have_value("9876543219")
    context.close()


def test_a_file_of_ten_thousand_is_dropped_confirmed_and_watched_to_its_end(
    console: Console, owner: dict[str, Any]
) -> None:
    context = console.open(owner["state"])
    page = watched(context.new_page())
    page.goto("/console/send")
    page.get_by_label("Title").fill("Ten thousand")
    text_box(page).fill(f"Dear , enrol: {LINK}")
    page.evaluate(WATCH)
    page.locator(".drop").wait_for(state="attached")
    page.evaluate(DROP, [page.locator(".drop").element_handle(), "people.csv", people(MANY)])

    state = page.locator("#upload-state")
    expect(state).to_contain_text("10,000 accepted", timeout=20_000)
    assert [1, True] in page.evaluate("window.seen")
    text_box(page).evaluate("node => node.setSelectionRange(5, 5)")
    page.get_by_role("button", name="{Name}").click()
    expect(text_box(page)).to_have_value(f"Dear {{Name}}, enrol: {LINK}")
    expect(page.locator("#preview .bubble")).to_contain_text("Dear Name 76000100, enrol: https:")
    expect(page.locator("#columns")).to_contain_text("<script>alert(1)</script>")
    page.get_by_role("button", name="Check and send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Send to 10,000 recipients?")
    look_at(page, "send-check")
    page.get_by_role("button", name="Send to 10,000").click()
    page.wait_for_url("**/progress*")
    page.evaluate("window.isTheSamePage = true")
    expect(page.get_by_role("status").filter(has_text="Live")).to_be_visible()
    look_at(page, "send-progress-under-way")
    expect(page.locator("#said")).to_contain_text("All of it is settled", timeout=60_000)

    counted = page.locator("[data-stage]").all_inner_texts()
    assert sum(int(each.replace(",", "")) for each in counted) == MANY
    assert page.evaluate("window.isTheSamePage") is True
    look_at(page, "send-progress-done")
    expect(page.get_by_role("link", name="See it on the sandbox phone")).to_be_visible()
    page.get_by_role("link", name="Open the report").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ten thousand")
    context.close()


@pytest.mark.parametrize("look", LOOKS)
def test_the_form_and_what_follows_it_are_accessible_at_every_width(
    console: Console, owner: dict[str, Any], tmp_path: Path, look: str
) -> None:
    file = tmp_path / "<script>.csv"
    file.write_text(people(3) + "12345,x,y\n")
    context = console.open(owner["state"], reduced_motion="reduce", **LOOKS[look])
    page = watched(context.new_page())
    page.goto("/console/send")
    page.locator("#mobile").fill("9876543210, 12345")
    page.locator("#msg").fill(COSTLY)
    expect(page.locator("#preview .bubble mark")).to_have_count(1)
    expect(page.locator("#numbers .left-out li")).to_have_count(1)
    look_at(page, f"send-typed-{look}")
    page.locator("#mobile").fill("")
    expect(page.locator("#numbers .left-out li")).to_have_count(0)
    page.locator("form .go .primary").click()
    expect(page.locator("#mobile-wrong")).to_be_visible()
    expect(page.locator("#mobile")).to_be_focused()
    expect(page.locator("#msg")).to_have_value(COSTLY)
    page.locator("[data-shows=upload]").check(force=True)
    page.locator("#file").set_input_files(file)
    expect(page.locator("#upload-state .counts .good strong")).to_have_text("3")
    expect(page.locator("#columns .chip")).to_have_count(3)
    look_at(page, f"send-file-{look}")
    page.locator("form .go .primary").click()
    page.locator("form.go .primary").wait_for()
    look_at(page, f"send-check-{look}")
    page.locator("form.go .primary").click()
    page.wait_for_url("**/progress*")
    expect(page.locator("[data-stage=delivered]")).to_have_text("3", timeout=30_000)
    look_at(page, f"send-progress-{look}")
    context.close()


def test_what_is_written_outlives_its_session_and_its_page_until_it_is_sent(
    console: Console, owner: dict[str, Any]
) -> None:
    context = console.open(owner["state"])
    page = watched(context.new_page())
    page.goto("/console/send")
    offer = page.locator("[data-draft-offer]")
    expect(offer).to_be_hidden()
    page.locator("#mobile").fill("9876543210")
    page.get_by_label("Later").check(force=True)
    page.locator("#scheduleTime").fill("2001-01-01T10:00")
    page.get_by_role("switch", name="Enable Link Tracking").click()
    cookies: Any = context.cookies()
    context.clear_cookies()
    text_box(page).fill("An hour's work")
    page.wait_for_url("**/console/sign-in?next=%2Fconsole%2Fsend")
    context.add_cookies(cookies)

    page.goto("/console/send")
    expect(offer).to_contain_text("has not been sent")
    look_at(page, "send-draft-offered")
    offer.get_by_role("button", name="Go on with it").click()
    expect(text_box(page)).to_have_value("An hour's work")
    expect(page.locator("#mobile")).to_have_value("9876543210")
    expect(page.locator("#scheduleTime")).to_have_value("2001-01-01T10:00")
    expect(page.get_by_role("switch", name="Enable Link Tracking")).not_to_be_checked()
    page.get_by_label("Now", exact=True).check(force=True)
    page.get_by_role("button", name="Check and send").click()
    page.goto("/console/campaigns")
    page.goto("/console/send")
    expect(offer).to_be_visible()
    offer.get_by_role("button", name="Go on with it").click()
    page.get_by_role("button", name="Check and send").click()
    page.get_by_role("button", name="Send to 1").click()
    page.wait_for_url("**/progress")
    page.goto("/console/send")
    expect(offer).to_be_hidden()
    context.close()


def test_what_is_written_is_thrown_away_if_one_wants_and_shown_to_nobody_else(
    console: Console, owner: dict[str, Any]
) -> None:
    context = console.open(owner["state"])
    page = watched(context.new_page())
    offer = page.locator("[data-draft-offer]")
    for forget in (
        lambda: offer.get_by_role("button", name="Throw it away").click(),
        lambda: page.evaluate(
            "sessionStorage.setItem('txlink-draft', "
            "sessionStorage.getItem('txlink-draft').replace('\"asha\"', '\"hank\"'))"
        ),
    ):
        page.goto("/console/send")
        text_box(page).fill("Not for everybody")
        page.reload()
        expect(offer).to_contain_text("Not for everybody")
        forget()
        page.reload()
        page.locator("body.has-script").wait_for()
        expect(offer).to_be_hidden()
        assert page.evaluate("sessionStorage.getItem('txlink-draft')") is None
    context.close()


def test_what_is_opened_stays_so_while_the_progress_page_changes(
    console: Console, owner: dict[str, Any]
) -> None:
    context = console.open(owner["state"])
    page = watched(context.new_page())
    page.goto("/console/send")
    page.locator("#mobile").fill("9876543210")
    text_box(page).fill("Hello, your order is packed")
    page.get_by_role("switch").uncheck(force=True)
    page.locator("label", has_text="Later").click()
    expect(page.get_by_role("radio", name="Later")).to_be_checked()
    later = SystemClock().now() + timedelta(days=2)
    page.locator("#scheduleTime").fill(f"{later:%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name="Check and send").click()
    page.get_by_role("button", name="Schedule for 1").click()
    page.wait_for_url("**/progress*")
    page.locator("summary", has_text="Cancel").click()
    cancel = page.get_by_role("button", name="Yes, cancel for good")
    cancel.focus()

    with page.expect_response("**/progress") as answered:
        page.locator("#progress").dispatch_event("live")
    assert answered.value.ok
    expect(page.locator("#progress.htmx-request")).to_have_count(0)
    expect(cancel).to_be_focused()
    cancel.click()
    expect(page.get_by_role("status").filter(has_text="cancelled")).to_be_visible()
    context.close()


def test_many_numbers_are_not_counted_anew_with_each_key(
    console: Console, owner: dict[str, Any]
) -> None:
    context = console.open(owner["state"])
    page = watched(context.new_page())
    page.goto("/console/send")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    numbers, counted = page.locator("#mobile"), page.locator("#numbers .good strong")
    pasted = "\n".join(f"9198{each:08d}" for each in range(FIRST, FIRST + 5_000))
    numbers.evaluate(PASTE, pasted)
    expect(counted).to_have_text("5,000")

    numbers.press("Control+End")
    numbers.press_sequentially("\n9876543210")
    page.wait_for_timeout(600)
    assert len([url for url in asked if url.endswith("/send/numbers")]) == 1
    page.locator("#msg").focus()
    expect(counted).to_have_text("5,001")

    assert len([url for url in asked if url.endswith("/send/numbers")]) == 2
    context.close()


def test_a_send_is_made_by_keys_alone(console: Console, owner: dict[str, Any]) -> None:
    context = console.open(owner["state"])
    page = watched(context.new_page())
    page.goto("/console/send")
    keys = page.keyboard
    page.get_by_role("radio", name="Numbers").focus()
    keys.press("ArrowRight")
    expect(page.locator("#group")).to_be_visible()
    keys.press("ArrowLeft")
    keys.press("Tab")
    expect(page.get_by_label("To Mobile")).to_be_focused()
    keys.type("9876543210")
    for _ in range(3):
        keys.press("Tab")
    expect(text_box(page)).to_be_focused()
    keys.type("Hello, your order is packed")
    expect(page.locator("#preview .bubble")).to_contain_text("order is packed")
    keys.press("Tab")
    expect(page.get_by_role("switch")).to_be_focused()
    keys.press("Space")
    expect(page.get_by_role("switch")).not_to_be_checked()
    page.get_by_label("Title").focus()
    keys.type("Keys")
    keys.press("Enter")
    page.wait_for_url("**/send/check")
    button = page.get_by_role("button", name="Send to 1")
    for _ in range(20):
        if button.evaluate("node => node === document.activeElement"):
            break
        keys.press("Tab")
    keys.press("Enter")
    page.wait_for_url("**/progress*")
    expect(page.get_by_role("heading", level=1)).to_have_text("Keys")
    context.close()
