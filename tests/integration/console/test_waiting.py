"""Whoever is to wait is told for how long, by page and by header, whatever form they sent."""

import re
from datetime import timedelta

import pytest
from babel import Locale

from services.api.console.rendering import UTC, Formats
from tests.support.api import Api, running_api
from tests.support.console_pages import console_routes
from tests.support.consoles import Visitor, visitor
from tests.support.credit import give

WAIT = re.compile(r"Try again in \d+ (second|minute|hour)s?\.")
UNCOUNTED = {"/preferences"}
A_UUID = "0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de"
PARTS = {"prefix": "0123456789ab", "order": "pause", "sealed": "x"}
PART = re.compile(r"\{(\w+)(?::\w+)?\}")


def forms() -> list[str]:
    """Return the address of every form of the console."""
    return sorted(
        PART.sub(lambda part: PARTS.get(part[1], A_UUID), f"/console{path}")
        for method, path in console_routes()
        if method == "POST" and path not in UNCOUNTED
    )


async def test_every_form_that_comes_too_often_says_when_to_send_it_again(
    api: Api, database_url: str, acme: dict[str, str]
) -> None:
    del api, acme
    told: dict[str, tuple[int, bool, bool]] = {}
    async with (
        running_api(
            database_url, calls_per_minute_per_address=2, sends_per_minute_per_address=1
        ) as busy,
        visitor(busy.app) as one,
    ):
        await one.sign_in("asha")
        token = await one.csrf_token()
        await one.client.post("/console/send", data={"csrf_token": token})
        for path in forms():
            answer = await one.client.post(path, data={"csrf_token": token})
            waits = answer.headers.get("retry-after", "0")
            told[path] = (answer.status_code, int(waits) >= 1, bool(WAIT.search(answer.text)))

    assert len(told) > 50
    assert {path: said for path, said in told.items() if said != (429, True, True)} == {}


async def test_a_form_that_is_shown_again_says_so_too_and_keeps_what_was_typed(
    api: Api, asha: Visitor
) -> None:
    await give(api, credits_=9, daily_cap="1")
    typed = {
        "to": "numbers",
        "mobile": "9876543210,9876543211",
        "msg": "Hello both",
        "trackLink": "",
    }

    refused = await asha.send("/send", typed)

    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 60
    assert WAIT.search(refused.text)
    assert "Hello both" in refused.text


@pytest.mark.parametrize(
    ("wait", "said"),
    [
        (timedelta(seconds=1), "1 second"),
        (timedelta(seconds=119), "119 seconds"),
        (timedelta(seconds=121), "3 minutes"),
        (timedelta(minutes=119), "119 minutes"),
        (timedelta(hours=5, minutes=1), "6 hours"),
    ],
)
def test_a_wait_is_never_told_shorter_than_it_is(wait: timedelta, said: str) -> None:
    assert Formats(Locale("en"), UTC).span(int(wait.total_seconds())) == said
