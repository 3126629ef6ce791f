"""The main job on a running stack, over its published ports only: send, deliver, click, report."""

import json
import logging
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.compose.stack import Stack

NUMBERS = ("919876543210", "919876543211", "919876543212")
DESTINATION = "https://www.yourkidschoolexample.com/signup/"
TEXT = (
    "Compare thousands of school sites, https://www.yourkidschoolexample.com or sign up on our "
    f"visiting sign up page, {DESTINATION}. Regards, the school team"
)
PHONES = {
    "Android": (
        "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/141.0.0.0 Mobile Safari/537.36"
    ),
    "iOS": (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
        "Gecko) Version/18.6 Mobile/15E148 Safari/604.1"
    ),
}
PATIENCE_S = 60.0
POLL_S = 0.5

LOGGER = logging.getLogger(__name__)
Json = dict[str, Any]


def travel(stack: Stack) -> None:
    """Do the main job and hold every answer to what it must be.

    Raises:
        AssertionError: An answer is not as it must be, or not within a minute.
    """
    command = ("python", "-m", "services.cli", "account-create", "proof", "--sender-id", "TXLINK")
    key = stack.run("run", "--rm", "-T", "migrate", *command).strip()
    with httpx.Client(base_url=stack.api, headers={"apikey": key}, timeout=10) as api:
        campaign = _send(api)
        totals = _poll(api, campaign, lambda found: found["delivered"] == len(NUMBERS))
        LOGGER.info("%d messages delivered", totals["delivered"])
        links = _links(api, campaign)
        _click(stack.redirectors, links)
        totals = _poll(api, campaign, lambda found: found["unique_clickers"] == len(PHONES))
        visits = _get(api, f"{campaign}/clicks")["clicks"]
    _hold_visits(visits, set(list(links)[: len(PHONES)]))
    LOGGER.info("the report:\n%s", json.dumps({**totals, "visits": visits}, indent=2))


def _send(api: httpx.Client) -> str:
    answer = api.post(
        "/send",
        data={"mobile": ",".join(NUMBERS), "msg": TEXT, "trackLink": "true", "appendHttp": "true"},
    )
    assert answer.status_code in {200, 202}, answer.text
    assert answer.json()["status"] == "success", answer.text
    return f"/campaigns/{answer.json()['uuid']}"


def _links(api: httpx.Client, campaign: str) -> dict[str, str]:
    recipients = _get(api, f"{campaign}/recipients")["recipients"]
    links = {recipient["mobile"]: recipient["link"] for recipient in recipients}
    assert set(links) == set(NUMBERS)
    assert len(set(links.values())) == len(NUMBERS), f"links are not each one's own: {links}"
    assert all(21 <= len(link) <= 23 for link in links.values()), links
    return links


def _click(redirectors: tuple[str, ...], links: dict[str, str]) -> None:
    for redirector, agent, link in zip(redirectors, PHONES.values(), links.values(), strict=False):
        url = redirector + urlsplit(link).path
        answer = httpx.get(url, headers={"user-agent": agent}, timeout=10)
        assert answer.status_code == 302, answer.text
        assert answer.headers["location"] == DESTINATION
        assert "no-store" in answer.headers["cache-control"]
        LOGGER.info("%s leads to %s", url, DESTINATION)


def _hold_visits(visits: list[Json], clickers: set[str]) -> None:
    assert {visit["mobile"] for visit in visits} == clickers
    assert {visit["os"] for visit in visits} == set(PHONES)
    for visit in visits:
        assert visit["browser"], visit
        assert visit["device_type"], visit
        assert visit["ip"], visit


def _poll(api: httpx.Client, path: str, is_reached: Callable[[Json], bool]) -> Json:
    deadline = time.monotonic() + PATIENCE_S
    while not is_reached(found := _get(api, path)):
        assert time.monotonic() < deadline, f"not within {PATIENCE_S:g} s: {found}"
        time.sleep(POLL_S)
    return found


def _get(api: httpx.Client, path: str) -> Json:
    answer = api.get(path)
    assert answer.status_code == 200, answer.text
    body: Json = answer.json()
    return body
