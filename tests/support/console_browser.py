"""Chromium at the console of a running txlink: opened, watched for complaints, looked at."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route

from services.cli.demo import PHONES
from tests.support.chromium import SCREENSHOTS
from tests.support.open_folders import open_temporary_folder
from tests.support.stack import Stack, running_stack, wait_until

LOGIN, PASSWORD = "asha", "Blue Kettle in the sun"
NUMBERS = ["919876543210", "919876543211", "919876543212"]
DESTINATION = "https://www.yourkidschoolexample.com/signup/"
AGENT = PHONES["an Android phone"]
CITIES = Path(__file__).parent / "geo/GeoLite2-City-Test.mmdb"
AXE = (Path(__file__).parent / "vendor/axe.min.js").read_text()
# A refusal's status; and a look at a message that a newer one has taken the place of.
EXPECTED = ("status of", "htmx:sendAbort", "htmx:afterRequest")
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 860}
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Each theme, width and language is among them.
LOOKS: Mapping[str, Mapping[str, Any]] = {
    "light-phone-en": {"viewport": PHONE, "color_scheme": "light", "locale": "en-IN"},
    "dark-desk-hi": {"viewport": DESK, "color_scheme": "dark", "locale": "hi-IN"},
}


@dataclass(frozen=True, slots=True)
class Console:
    """The console of a running txlink, and a browser to look at it with."""

    stack: Stack
    browser: Browser

    @property
    def url(self) -> str:
        """Of the API, without a slash behind it."""
        return str(self.stack.api.base_url).rstrip("/")

    @property
    def set_up_address(self) -> str:
        """Where the first owner is made, as it is told when the stack starts."""
        (address,) = re.findall(r"http://\S+/console/set-up#\S+", self.stack.log)
        return str(address)

    def open(self, state: Any = None, **options: Any) -> BrowserContext:  # noqa: ANN401
        """Open a browser as nobody, or as the owner whose cookies are given."""
        values: dict[str, Any] = {"viewport": DESK, "user_agent": AGENT, "locale": "en-IN"}
        context = self.browser.new_context(
            base_url=str(self.stack.api.base_url).rstrip("/"),
            storage_state=state,
            **values | options,
        )
        context.set_default_timeout(10_000)
        # Where links lead is nowhere to be had; what counts is that they are followed.
        context.route(f"{self.stack.redirector_url}/*", _follow_no_further)
        return context


@contextmanager
def console_stack() -> Iterator[Stack]:
    """Run a txlink whose clicks have places, and whose webhooks reach this machine."""
    with (
        open_temporary_folder() as folder,
        running_stack(
            folder / "data",
            GEOIP_CITY_DB=str(CITIES),
            TRUSTED_PROXIES="127.0.0.1",
            TXLINK_WEBHOOK_NETWORKS="127.0.0.1",
        ) as stack,
    ):
        yield stack


def _follow_no_further(route: Route) -> None:
    answer = route.fetch(max_redirects=0)
    route.fulfill(body=f"{answer.status} {answer.headers['location']}", content_type="text/plain")


def watched(page: Page) -> Page:
    """Fail on what a page complains of in its browser, such as what its policy forbids."""

    def hear(said: Any) -> None:  # noqa: ANN401
        if said.type == "error" and not any(each in said.text for each in EXPECTED):
            pytest.fail(f"{page.url} says: {said.text}")

    page.on("console", hear)
    page.on("pageerror", lambda error: pytest.fail(f"{page.url} fails: {error}"))
    return page


def serious(page: Page) -> list[tuple[str, list[str]]]:
    """Return what axe-core calls serious or critical."""
    # By the debugger, as the page's own policy lets no script of others in.
    page.evaluate(AXE)
    found = page.evaluate(
        "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", AXE_RULES
    )
    return [
        (each["id"], [node["html"] for node in each["nodes"]])
        for each in found["violations"]
        if each["impact"] in {"serious", "critical"}
    ]


def look_at(page: Page, name: str) -> None:
    """Take a picture, and hold the page to what axe-core calls serious or critical."""
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
    assert serious(page) == [], name
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"), name


def a_campaign(
    console: Console,
    *,
    numbers: Sequence[str] = NUMBERS,
    msg: str = f"Enrol by signing up here: {DESTINATION} Regards, your school",
    title: str = "School sites <b>autumn</b>",
) -> dict[str, Any]:
    """Send to some numbers; return the campaign's id and its tokens once all have theirs."""
    answer = console.stack.api.post(
        "/send",
        data={
            "mobile": ",".join(numbers),
            "msg": msg,
            "trackLink": "true",
            "smartLinkTitle": title,
        },
    ).json()
    path = f"/campaigns/{answer['uuid']}"
    wait_until(lambda: console.stack.get(path)["delivered"] == len(numbers), "deliveries")
    rows = console.stack.get(f"{path}/recipients")["recipients"]
    return {"uuid": answer["uuid"], "tokens": [row["link"].rpartition("/")[2] for row in rows]}
