"""A person in a browser: sets up, signs in, sends, taps, sees the click, by mouse and by keys."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from services.cli.demo import PHONES
from tests.support.chromium import SCREENSHOTS, running_chromium
from tests.support.open_folders import open_temporary_folder
from tests.support.stack import Stack, running_stack, wait_until

pytestmark = pytest.mark.xdist_group("console")

LOGIN, PASSWORD = "asha", "Blue Kettle in the sun"
DESTINATION = "https://www.yourkidschoolexample.com/signup/"
NUMBERS = ["919876543210", "919876543211", "919876543212"]
AGENT = PHONES["an Android phone"]
AXE = (Path(__file__).parents[1] / "support/vendor/axe.min.js").read_text()
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 860}
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass(frozen=True, slots=True)
class Console:
    """The console of a running txlink, and a browser to look at it with."""

    stack: Stack
    browser: Browser
    url: str

    def open(self, state: Any = None, **options: Any) -> BrowserContext:  # noqa: ANN401
        values: dict[str, Any] = {"viewport": DESK, "user_agent": AGENT, "locale": "en-IN"}
        context = self.browser.new_context(
            base_url=self.url, storage_state=state, **values | options
        )
        context.set_default_timeout(10_000)
        # Where links lead is nowhere to be had; what counts is that they are followed.
        context.route(f"{self.stack.redirector_url}/*", follow_no_further)
        return context


def follow_no_further(route: Route) -> None:
    answer = route.fetch(max_redirects=0)
    route.fulfill(body=f"{answer.status} {answer.headers['location']}", content_type="text/plain")


@pytest.fixture(scope="module")
def console() -> Iterator[Console]:
    with (
        running_chromium() as browser,
        open_temporary_folder() as folder,
        running_stack(folder / "data") as stack,
    ):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        yield Console(stack, browser, str(stack.api.base_url).rstrip("/"))


@pytest.fixture(scope="module")
def owner(console: Console) -> dict[str, Any]:
    """Set the owner up as a newcomer does, with a second factor; return the browser's cookies."""
    (address,) = re.findall(r"http://\S+/console/set-up#\S+", console.stack.log)
    context = console.open()
    page = watched(context.new_page())
    page.goto(address)
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


@pytest.fixture(scope="module")
def campaign(console: Console, owner: dict[str, Any]) -> dict[str, Any]:
    del owner
    answer = console.stack.api.post(
        "/send",
        data={
            "mobile": ",".join(NUMBERS),
            "msg": f"Enrol by signing up here: {DESTINATION} Regards, your school",
            "trackLink": "true",
            "smartLinkTitle": "School sites <b>autumn</b>",
        },
    ).json()
    path = f"/campaigns/{answer['uuid']}"
    wait_until(lambda: console.stack.get(path)["delivered"] == 3, "three deliveries")
    rows = console.stack.get(f"{path}/recipients")["recipients"]
    return {"uuid": answer["uuid"], "tokens": [row["link"].rpartition("/")[2] for row in rows]}


def watched(page: Page) -> Page:
    """Fail on what a page complains of in its browser, such as what its policy forbids."""

    def hear(said: Any) -> None:  # noqa: ANN401
        if said.type == "error" and "status of" not in said.text:
            pytest.fail(f"{page.url} says: {said.text}")

    page.on("console", hear)
    page.on("pageerror", lambda error: pytest.fail(f"{page.url} fails: {error}"))
    return page


def look_at(page: Page, name: str) -> None:
    """Take a picture, and hold the page to what axe-core calls serious or critical."""
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
    # By the debugger, as the page's own policy lets no script of others in.
    page.evaluate(AXE)
    found = page.evaluate(
        "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", AXE_RULES
    )
    assert [
        (name, each["id"], [node["html"] for node in each["nodes"]])
        for each in found["violations"]
        if each["impact"] in {"serious", "critical"}
    ] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"), name


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
    page.get_by_role("textbox", name="Code").fill(owner["codes"][0])
    page.keyboard.press("Enter")

    page.wait_for_url("**/console/security")
    expect(page.get_by_text("9 recovery codes are left")).to_be_visible()
    expect(page.locator(".sessions > li")).to_have_count(2)
    page.get_by_role("button", name="End it").click()
    expect(page.locator(".sessions > li")).to_have_count(1)
    owner["state"] = page.context.storage_state()
    page.context.close()


def test_a_link_tapped_on_the_sandbox_phone_shows_its_click_without_reload(
    console: Console, owner: dict[str, Any], campaign: dict[str, Any]
) -> None:
    del campaign
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
    expect(page.get_by_text("No campaign is like that")).to_be_visible()
    page.get_by_label("Part of the title").fill("school")
    page.locator("tbody").get_by_role("link").first.click()
    page.wait_for_url(f"**/console/campaigns/{campaign['uuid']}")

    page.locator("summary", has_text="Send once more").click()
    page.get_by_role("button", name="Yes, send once more").click()

    expect(page.get_by_role("status").filter(has_text="sent once more")).to_be_visible()
    assert campaign["uuid"] not in page.url
    context.close()


@pytest.mark.parametrize(
    ("scheme", "size", "language"),
    [("light", PHONE, "en"), ("dark", DESK, "hi")],
    ids=["light-phone-en", "dark-desk-hi"],
)
def test_pages_are_accessible_in_both_themes_at_every_width(
    console: Console,
    owner: dict[str, Any],
    campaign: dict[str, Any],
    request: pytest.FixtureRequest,
    scheme: str,
    size: dict[str, int],
    language: str,
) -> None:
    case = request.node.callspec.id
    context = console.open(
        owner["state"],
        viewport=size,
        color_scheme=scheme,
        locale=f"{language}-IN",
        reduced_motion="reduce",
    )
    page = watched(context.new_page())
    for name, path in {
        "campaigns": "/console/campaigns",
        "report": f"/console/campaigns/{campaign['uuid']}",
        "sandbox": "/console/sandbox",
        "security": "/console/security",
        "not-found": "/console/nowhere",
        "sign-in": "/console/sign-in",
    }.items():
        page.goto(path)
        assert page.locator("html").get_attribute("lang") == language
        look_at(page, f"{name}-{case}")
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
    keys.type(owner["codes"][1])
    keys.press("Enter")
    page.wait_for_url("**/console/campaigns")

    keys.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    keys.press("Enter")
    keys.press("Tab")
    expect(page.get_by_label("Part of the title")).to_be_focused()
    for _ in range(3):
        keys.press("Tab")
    expect(page.locator("tbody a").first).to_be_focused()
    keys.press("Enter")
    page.wait_for_url("**/console/campaigns/*-*")
    context.close()
