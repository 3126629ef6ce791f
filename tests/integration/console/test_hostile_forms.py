"""What nobody types: whatever a form or an address brings, nothing of it breaks a page."""

import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from services.api.console.forms import MAX_FIELDS
from services.api.console.rendering import TEMPLATES
from tests.integration.console.test_every_page import (
    a_whole_tenant,
    addresses,
    filled,
    orders,
    signed_in,
)
from tests.support.api import Api
from tests.support.consoles import PASSWORD, Visitor, visitor

NAMES = re.compile(r'name="([A-Za-z_-]+)"')
# Of forms whose names are put together, and of addresses.
MORE_NAMES = frozenset(
    {
        *("after", "block", "calls_per_minute", "clicks_kept_months", "cursor", "deliveries"),
        *("dltEntityId", "done", "events", "expires_on", "form", "ip_allow_list", "known"),
        *("number", "of", "scope-send", "sends_per_minute", "since", "subject", "until", "which"),
    }
)
# With them the account would be shut, and nothing more be tried.
SHUTTING = frozenset({"csrf_token", "demands_second_factor", "force"})
REACHED = "SELECT count(*) FROM campaign WHERE account_id = $1 AND title NOT LIKE 'Test:%'"
VALUES = {
    "no text": b"a\0b",
    "no UTF-8": b"\xed\xa0\x80\xff",
    "no number": b"9" * 30,
    "no year": b"0001-01-01T00:00",
    "the last year": b"9999-12-31",
}


def names() -> Iterator[str]:
    found = {name for each in TEMPLATES.glob("*.html") for name in NAMES.findall(each.read_text())}
    return iter(sorted((found | MORE_NAMES) - SHUTTING))


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
async def test_nothing_that_is_brought_breaks_a_page(api: Api, value: bytes) -> None:
    acme = await a_whole_tenant(api, "acme", "91987650")
    answers = {}
    async with signed_in(api, acme) as asha:
        token = await asha.csrf_token()
        halves = [list(names())[part::2] for part in range(2)]
        assert max(map(len, halves)) < MAX_FIELDS
        for path, address in addresses():
            bare = address.format(**acme.names, hostile="x").partition("?")[0]
            query = urlencode(dict.fromkeys(names(), value))
            answers[f"GET {path}"] = await asha.get(f"{bare}?{query}")
        for path in orders():
            for part in range(2):
                form = urlencode({"csrf_token": token} | dict.fromkeys(halves[part], value))
                answers[f"POST {path} {part}"] = await asha.client.post(
                    f"/console{filled(path, acme)}",
                    content=form,
                    headers={"content-type": "application/x-www-form-urlencoded"},
                )

    assert {what for what, answer in answers.items() if answer.status_code >= 500} == set()


@pytest.mark.parametrize("typed", ["1000001", "0" * 9 + "9" * 12, "0" * 9 + "9" * 5_000, "-1"])
async def test_what_is_no_limit_is_refused_at_its_field(
    api: Api, acme: dict[str, str], asha: Visitor, typed: str
) -> None:
    del acme
    prefix = await api.database.fetchval("SELECT prefix FROM api_key")

    refused = await asha.send(f"/settings/keys/{prefix}/limits", {"calls_per_minute": typed})

    assert refused.status_code == 400
    assert "Write a whole number from 0 to 1000000" in refused.text


async def test_a_form_reaches_nothing_of_another_account(api: Api) -> None:
    acme = await a_whole_tenant(api, "acme", "91987650")
    other = await a_whole_tenant(api, "other", "91987651")
    before = await api.database.fetchval(REACHED, other.id)
    brought = [("group", "group"), ("group", "group_name"), ("upload", "upload")]
    async with signed_in(api, other) as asha:
        for place, what in brought:
            form = {"to": place, place: acme.names[what], "msg": "Hello {Name}"}
            form |= {"testMobile": "9876543210", "once": "a", "onceTest": "b"}
            for path in ("/send/form", "/send/preview", "/send/check", "/send/test", "/send"):
                page = await asha.send(path, form)
                shown = page.text.replace(acme.names[what], "").casefold()
                assert "acme" not in shown, (path, what)
                assert "91987650" not in shown, (path, what)
                assert page.status_code in {200, 400, 404, 409}, (path, what)

    # But for a test, which is their own text to their own number.
    assert await api.database.fetchval(REACHED, other.id) == before


async def test_a_message_as_large_as_a_form_is_refused_in_no_time(asha: Visitor) -> None:
    page = await asha.send("/send/preview", {"msg": "a“" * 200_000}, **{"hx-request": "true"})

    assert "far too long" in page.text
    assert "data-replace" not in page.text


async def test_script_is_led_on_to_any_page(api: Api, acme: dict[str, str]) -> None:
    del acme
    async with visitor(api.app) as one:
        on = await one.client.post(
            "/console/sign-in",
            data={
                "login": "asha",
                "password": PASSWORD,
                "next": "/console/campaigns?title=बिक्री&status=done",
            },
            headers={"hx-request": "true"},
        )

    assert on.headers["hx-redirect"].startswith("/console/campaigns?title=%E0%A4%AC")
