"""Every page: who may see it, what it may load, and that nothing of strangers is markup in it."""

import re
from uuid import uuid4

import asyncpg
import pytest
from fastapi.routing import iter_route_contexts
from starlette.datastructures import State

from services.api.console.application import create_console
from services.api.console.assets import address_of
from services.api.console.headers import FIELDS
from services.api.domain.roles import ROLE_SCOPES
from shared.clock import SystemClock
from tests.support.api import Api, running_api
from tests.support.consoles import Visitor, visitor
from tests.support.postgres_relay import PostgresRelay
from tests.support.reports import DELIVERED, a_campaign, a_hit, settle

Headers = dict[str, str]
UUID = "0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de"
FOR_EVERYONE = {"/sign-in", "/set-up", "/preferences", "/static/{of_digest}/{path:path}"}
OF_ONESELF = ("/security", "/sign-out")
ROLES = {"asha": "owner", "sender": "sender", "analyst": "analyst", "reader": "read-only"}
PARTS = {"{order}": "pause", "{prefix}": "0123456789ab", "{msisdn}": "919876543210"}
# What a role must be allowed, by how method and path begin; the first that does counts.
WANTED = {
    "GET /numbers/erasures": "admin",
    "GET /numbers/{sealed}/export": "admin",
    "GET /numbers": "report",
    "POST /numbers/{sealed}/opt-out": "send",
    "POST /numbers/{sealed}/": "admin",
    "POST /numbers": "report",
    "GET /settings/groups": "send",
    "POST /settings/groups": "send",
    "GET /settings/opt-outs": "report",
    "POST /settings/opt-outs/find": "report",
    "POST /settings/opt-outs/import": "admin",
    "POST /settings/opt-outs/": "admin",
    "POST /settings/opt-outs": "send",
    "GET /settings/credit": "report",
    "GET /settings/senders/change": "admin",
    "GET /settings/senders": "report",
    "GET /settings/links": "report",
    "GET /settings": "admin",
    "POST /settings": "admin",
    "GET /campaigns/{campaign_uuid}/send-again": "send",
    "GET /campaigns/{campaign_uuid}/confirm": "send",
    "GET /send": "send",
    "GET /": "report",
    "POST /": "send",
}
HOSTILE = (
    """"><script>alert(1)</script>'<img src=x onerror=alert(2)>"""
    """{{ 123457*1001 }}{% x %}</title>"""
)
TEXT_OF_HOSTILE = "&lt;script&gt;alert(1)&lt;/script&gt;"


def console_routes() -> list[tuple[str, str]]:
    return [
        (method, route.path)
        for route in iter_route_contexts(create_console(State()).routes)
        for method in sorted(route.methods or ())
        if route.path is not None
    ]


ROUTES = console_routes()
GUARDED = [(method, path) for method, path in ROUTES if path not in FOR_EVERYONE]


def filled(path: str) -> str:
    for part, value in PARTS.items():
        path = path.replace(part, value)
    return re.sub(r"\{\w+\}", UUID, path)


def test_there_are_pages() -> None:
    assert len(GUARDED) >= 14


async def test_who_is_not_signed_in_is_led_to_do_so(api: Api) -> None:
    async with visitor(api.app) as one:
        for method, path in GUARDED:
            answer = await one.client.request(method, f"/console{filled(path)}")

            assert answer.status_code == 303, path
            assert answer.headers["location"].startswith("/console/sign-in"), path
        part = await one.get(
            "/campaigns",
            **{
                "hx-request": "true",
                "hx-current-url": "https://api.test/console/campaigns?title=a",
            },
        )
        stream = await one.get(f"/campaigns/{UUID}/events", accept="text/event-stream")

    assert (
        part.headers["hx-redirect"] == "/console/sign-in?next=%2Fconsole%2Fcampaigns%3Ftitle%3Da"
    )
    assert stream.status_code == 401


@pytest.mark.parametrize("login", ROLES)
async def test_a_role_sees_what_it_may_and_no_more(api: Api, acme: Headers, login: str) -> None:
    del acme
    async with visitor(api.app) as one:
        await one.sign_in(login)
        for method, path in GUARDED:
            if path == "/" or path.startswith(OF_ONESELF):
                continue
            if method == "GET":
                answer = await one.get(filled(path))
            else:
                answer = await one.send(filled(path))
            wanted = next(WANTED[each] for each in WANTED if f"{method} {path}".startswith(each))
            may = wanted in ROLE_SCOPES[ROLES[login]]
            # There is no such thing, or nothing in the form: only those are told who may ask.
            assert answer.status_code in ({200, 303, 400, 404} if may else {403}), (method, path)
        page = (await one.get("/campaigns")).text

    assert 'action="/console/campaigns' in page


async def test_forms_of_other_sites_change_nothing(api: Api, asha: Visitor) -> None:
    token = await asha.csrf_token()
    for method, path in GUARDED:
        if method != "POST":
            continue
        address = f"/console{filled(path)}"
        for fields, headers in (
            ({}, {}),
            ({"csrf_token": token[:-1]}, {}),
            ({"csrf_token": token}, {"sec-fetch-site": "cross-site"}),
            ({"csrf_token": token}, {"origin": "https://evil.example"}),
        ):
            answer = await asha.client.post(address, data=fields, headers=headers)
            assert answer.status_code == 403, (path, fields, headers)
    async with visitor(api.app) as other:
        for path in ("/sign-in", "/set-up", "/preferences"):
            answer = await other.client.post(
                f"/console{path}", data={}, headers={"sec-fetch-site": "cross-site"}
            )
            assert answer.status_code == 403, path

    assert (await asha.get("/security")).status_code == 200


async def test_every_answer_has_its_policy_and_is_kept_by_nobody(api: Api, asha: Visitor) -> None:
    pages = ["/sign-in", "/security", "/campaigns", "/sandbox", "/nowhere", f"/campaigns/{UUID}"]
    answers = [await asha.get(path) for path in pages]
    async with visitor(api.app) as other:
        answers.append(await other.get("/security"))
        answers.append(await other.sign_in("asha", "Green teapot of the moon"))

    for answer in answers:
        assert {name: answer.headers[name] for name in FIELDS} == FIELDS
        assert "no-store" in answer.headers["cache-control"]
    policy = FIELDS["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "*" not in policy


async def test_what_pages_load_is_there_for_good_and_changes_its_address(api: Api) -> None:
    async with visitor(api.app) as one:
        for path in ("console.css", "console.js", "live.js", "icon.svg", "vendor/htmx.min.js"):
            answer = await one.client.get(address_of(path))
            assert answer.status_code == 200
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert answer.headers["x-content-type-options"] == "nosniff"
        other = await one.client.get("/console/static/0000000000000000/console.css")
        out = await one.client.get("/console/static/../../settings.py")

    assert (other.status_code, out.status_code) == (404, 404)
    assert "immutable" not in other.headers["cache-control"]


async def test_hostile_values_are_text(api: Api, acme: Headers, asha: Visitor) -> None:
    campaign = await a_campaign(api, acme)
    await settle(api, campaign, DELIVERED, DELIVERED, DELIVERED)
    await a_hit(api, campaign, 0, SystemClock().now())
    await api.database.execute(
        "UPDATE campaign SET title = $1, body_before = $1, sender_id = $1, destination = $1, "
        "link_prefix = $1",
        HOSTILE,
    )
    await api.database.execute(
        "UPDATE hit SET browser = $1, os = $1, city = $1, region = $1, country = 'IN', "
        "user_agent = $1, referrer = $1",
        HOSTILE,
    )
    await api.database.execute("UPDATE message SET failure_cause = $1", HOSTILE)
    await api.database.execute("UPDATE user_session SET agent = $1", HOSTILE[:200])
    await api.database.execute(
        "INSERT INTO sandbox_message (carrier_message_id, account_id, sender_id, msisdn, body, "
        "encoding, segment_count, receipt_state, receipt_due_at) "
        "SELECT 'x', id, $1, 919876543210, $1 || ' https://tx1.in/SAlhjS', 'GSM-7', 1, "
        "'DELIVRD', now() FROM account",
        HOSTILE,
    )
    await api.database.execute("UPDATE account SET name = $1", HOSTILE)
    hidden = {"hx-request": "true"}

    pages = {
        path: await asha.get(path, **headers)
        for path, headers in (
            ("/campaigns", {}),
            ("/campaigns?title=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", {}),
            ("/campaigns?title=a", hidden),
            (f"/campaigns/{campaign.uuid}", {}),
            (f"/campaigns/{campaign.uuid}?which=clicked", hidden),
            ("/sandbox", {}),
            ("/security", {}),
            ("/sign-in?next=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", {}),
        )
    }
    refused = await asha.client.post(
        "/console/sign-in", data={"login": HOSTILE, "password": "x", "next": HOSTILE}
    )

    for path, page in pages.items() | {("refused", refused)}:
        assert page.status_code in {200, 401}, path
        assert "<script>alert" not in page.text, path
        assert "<img" not in page.text, path
        assert "123580457" not in page.text, path
    for path in (f"/campaigns/{campaign.uuid}", "/sandbox", "/security", "/campaigns"):
        assert TEXT_OF_HOSTILE in pages[path].text, path
    assert 'href="http://127.0.0.1:8001/SAlhjS"' in pages["/sandbox"].text


async def test_pages_of_errors_look_like_the_others(asha: Visitor, database_url: str) -> None:
    missing = await asha.get(f"/campaigns/{uuid4()}")
    nowhere = await asha.get("/campaigns/not-a-uuid")
    large = await asha.send("/preferences", {"next": "x" * 20_000})
    other = await asha.client.post("/console/sign-in", json={"login": "asha"})
    broken = await asyncpg.connect(database_url)
    await broken.execute("ALTER TABLE campaign RENAME COLUMN title TO gone")
    fault = await asha.get("/campaigns")
    await broken.close()
    async with (
        running_api(database_url, calls_per_minute_per_address=1) as slow,
        visitor(slow.app) as one,
    ):
        await one.get("/sign-in")
        busy = await one.get("/sign-in", **{"accept-language": "hi"})
    relay = PostgresRelay(database_url)
    await relay.open()
    async with running_api(relay.url) as dead, visitor(dead.app) as one:
        await relay.cut()
        away = await one.get("/set-up")

    assert [each.status_code for each in (missing, nowhere, large, other, fault, busy)] == [
        404,
        404,
        413,
        415,
        500,
        429,
    ]
    for page in (missing, nowhere, large, other, fault, busy, away):
        assert "console.css" in page.text
        assert page.headers["content-security-policy"] == FIELDS["Content-Security-Policy"]
    assert "Something broke on our side" in fault.text
    assert "एक साथ बहुत अधिक" in busy.text
    assert int(busy.headers["retry-after"]) >= 1
    assert away.status_code == 503
    assert "txlink cannot answer just now" in away.text


async def test_without_the_console_its_paths_are_unknown_and_the_api_works(
    database_url: str,
) -> None:
    async with running_api(database_url, console=False) as api:
        headers = await api.account("acme", "ACMEIN")
        pages = [await api.client.get(f"/console{path}") for path in ("", "/", "/sign-in")]
        campaigns = await api.client.get("/campaigns", headers=headers)

    assert [page.status_code for page in pages] == [404] * 3
    assert all(page.json()["code"] == "not_found" for page in pages)
    assert campaigns.status_code == 200


async def test_the_console_is_no_part_of_the_api_that_is_documented(api: Api) -> None:
    document = (await api.client.get("/openapi.json")).json()

    assert not [path for path in document["paths"] if path.startswith("/console")]
    assert (await api.client.get("/console", follow_redirects=True)).status_code == 200
