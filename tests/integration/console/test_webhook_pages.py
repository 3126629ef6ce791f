"""Webhooks in the console: made, tried, replayed, changed; each account its own."""

import re
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime

import httpx
import pytest

from tests.support.api import Api
from tests.support.consoles import Visitor, visitor
from tests.support.reports import a_campaign

Headers = dict[str, str]
URL = "https://hooks.example/txlink"
WEBHOOKS = "/settings/webhooks"
CHOSEN = {"kind-click.recorded": "on", "kind-message.failed": "on"}
HOSTILE = "\"><script>alert(1)</script>'<img src=x onerror=alert(2)>{{ 123457*1001 }}"
TEXT_OF_HOSTILE = "&lt;script&gt;alert(1)&lt;/script&gt;"
SECRET = re.compile(r">(whsec_[^<]+)<")
UNKNOWN = "0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de"
# Each form of a webhook's own page, as it would be filled in.
FORMS: Mapping[str, Mapping[str, str]] = {
    "": {"url": URL, **CHOSEN},
    "/pause": {},
    "/resume": {},
    "/secret": {"overlap": "24"},
    "/test": {},
    "/replay": {"since": "2026-11-20T12:00", "until": "2026-11-20T13:00"},
    "/delete": {},
}
ADD_DELIVERIES = """
    INSERT INTO webhook_delivery
        (uuid, webhook_id, kind, batches, event_count, status, due_at, attempt_count,
         attempted_at, response_status, cause, duration_ms)
    SELECT gen_random_uuid(), id, 'click.recorded', '[]', number, 'given_up', NULL, 9,
        now(), 503, $1, 87
    FROM webhook, generate_series(1, $2) AS number
"""
ADD_BATCH = """
    INSERT INTO event_batch (campaign_id, source, number, kind, account_id, places, is_due,
        created_at)
    SELECT id, 'deliveries', $2, $3, account_id, $4, false, $5 FROM campaign WHERE id = $1
"""


async def made(one: Visitor, url: str = URL) -> httpx.Response:
    return await one.send(WEBHOOKS, {"url": url, **CHOSEN})


async def paths(api: Api) -> list[str]:
    rows = await api.database.fetch("SELECT uuid FROM webhook ORDER BY id")
    return [f"{WEBHOOKS}/{row['uuid']}" for row in rows]


@pytest.fixture
async def own(api: Api, asha: Visitor) -> str:
    """Return the path of a webhook of acme's."""
    assert (await made(asha)).status_code == 200
    (path,) = await paths(api)
    return path


@pytest.fixture
async def stranger(api: Api) -> AsyncIterator[Visitor]:
    """Yield the owner of another account."""
    await api.account("globex", "GLOBEX")
    await api.database.execute(
        "INSERT INTO account_user (account_id, password_hash, login, role, kind) "
        "SELECT account.id, password_hash, 'hank', 'owner', 'console' "
        "FROM account_user, account WHERE login = 'asha' AND account.name = 'globex'"
    )
    async with visitor(api.app) as one:
        await one.sign_in("hank")
        yield one


async def test_a_webhook_is_made_and_its_secret_shown_this_once(api: Api, asha: Visitor) -> None:
    empty = await asha.get(WEBHOOKS)
    page = await made(asha, f" {URL} ")
    (path,) = await paths(api)
    own, listed = await asha.get(path), await asha.get(WEBHOOKS)

    assert "There is none yet" in empty.text
    (secret,) = SECRET.findall(page.text)
    for later in (own, listed):
        assert secret not in later.text
        assert URL in later.text
        assert "Works" in later.text
    row = await api.database.fetchrow("SELECT url, kinds, is_enabled FROM webhook")
    assert row is not None
    assert tuple(row) == (URL, ["click.recorded", "message.failed"], True)
    noted = await api.database.fetchval("SELECT action FROM audit_entry ORDER BY id DESC LIMIT 1")
    assert noted == "webhook.create"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://10.0.0.1/", "must lead to a public address"),
        ("https://[::ffff:127.0.0.1]/", "must lead to a public address"),
        ("http://hooks.example/", "must begin with https://"),
        ("https://asha:secret@hooks.example/", "must hold no user name"),
        ("hooks", "must be a web address such as"),
        ("", "must be a web address such as"),
        (f"https://hooks.example/{'x' * 2_000}", "at most 2,000 ASCII"),
        (HOSTILE, "must be a web address such as"),
    ],
)
async def test_a_url_that_may_not_be_called_is_refused_at_its_field(
    api: Api, asha: Visitor, url: str, told: str
) -> None:
    answer = await made(asha, url)

    assert answer.status_code == 400
    assert told in answer.text
    assert 'id="url-wrong"' in answer.text
    assert 'aria-invalid="true" aria-describedby="url-wrong url-hint"' in answer.text
    # What was typed and ticked stays so.
    assert answer.text.count(" checked") == len(CHOSEN)
    assert "<script>alert" not in answer.text
    assert await paths(api) == []


async def test_what_it_is_told_must_be_something(api: Api, asha: Visitor, own: str) -> None:
    of_new = await asha.send(WEBHOOKS, {"url": URL})
    of_old = await asha.send(own, {"url": "https://other.example/"})

    for answer in (of_new, of_old):
        assert answer.status_code == 400
        assert "Choose at least one thing" in answer.text
    assert 'value="https://other.example/"' in of_old.text
    assert await api.database.fetchval("SELECT url FROM webhook") == URL


async def test_no_more_webhooks_than_an_account_may_have(asha: Visitor) -> None:
    for number in range(20):
        assert (await made(asha, f"{URL}/{number}")).status_code == 200
    answer = await made(asha)
    listed = await asha.get(WEBHOOKS)

    assert answer.status_code == 409
    assert "Delete one first" in answer.text
    assert "Delete one first" in listed.text
    assert f'href="/console{WEBHOOKS}/new"' not in listed.text


async def test_a_webhook_is_changed_paused_taken_up_again_and_deleted(
    api: Api, asha: Visitor, own: str
) -> None:
    changed = await asha.send(own, {"url": "https://other.example/", "kind-account.alert": "on"})
    private = await asha.send(own, {"url": "https://192.168.0.1/", "kind-account.alert": "on"})
    paused = await asha.send(f"{own}/pause")
    page = (await asha.get(own)).text
    tried = await asha.send(f"{own}/test")
    resumed = await asha.send(f"{own}/resume")
    row = await api.database.fetchrow("SELECT url, kinds, is_enabled FROM webhook")
    deleted = await asha.send(f"{own}/delete")

    for answer in (changed, paused, resumed, deleted):
        assert answer.status_code == 303
        assert "was sent" not in (await asha.client.get(answer.headers["location"])).text
    assert private.status_code == 400
    assert "must lead to a public address" in private.text
    assert "Take it up again" in page
    assert "Send a test" not in page
    assert tried.status_code == 409
    assert "take it up again first" in tried.text
    assert row is not None
    assert tuple(row) == ("https://other.example/", ["account.alert"], True)
    assert await paths(api) == []


async def test_another_secret_counts_beside_the_old_one_for_as_long_as_asked(
    api: Api, asha: Visitor, own: str
) -> None:
    overlap = "SELECT extract(epoch FROM previous_until - now()) / 3600 FROM webhook"
    kept = await asha.send(f"{own}/secret", {"overlap": "168"})
    hours = await api.database.fetchval(overlap)
    page = (await asha.get(own)).text
    at_once = await asha.send(f"{own}/secret", {"overlap": "0"})
    odd = await asha.send(f"{own}/secret", {"overlap": "-1"})

    assert 167 < hours < 169
    assert "counts until" in page
    secrets = SECRET.findall(kept.text + at_once.text)
    assert len(set(secrets)) == 2
    assert "counts no more" in at_once.text
    assert odd.status_code == 200
    assert 23 < await api.database.fetchval(overlap) < 25


async def test_a_test_is_queued_and_the_log_waits_for_it(
    api: Api, asha: Visitor, own: str
) -> None:
    tried = await asha.send(f"{own}/test")
    page = await asha.client.get(tried.headers["location"])
    (poll,) = re.findall(r'hx-get="/console(\S+)" hx-trigger="every 2s"', page.text)
    same = await asha.get(poll, **{"hx-request": "true"})
    await api.database.execute(
        "UPDATE webhook_delivery SET status = 'delivered', due_at = NULL, attempt_count = 1, "
        "attempted_at = now(), response_status = 204, duration_ms = 12"
    )
    other = await asha.get(poll, **{"hx-request": "true"})

    assert "A test is on its way" in page.text
    assert same.status_code == 204
    assert other.status_code == 200
    assert "HTTP 204" in other.text
    assert "hx-trigger" not in other.text
    assert "<html" not in other.text


async def test_deliveries_are_shown_page_by_page_as_text(
    api: Api, asha: Visitor, own: str
) -> None:
    await api.database.execute(ADD_DELIVERIES, HOSTILE, 50)
    await api.database.execute(
        "UPDATE webhook SET disabled_reason = $1, is_enabled = false, url = $1", HOSTILE
    )
    seen: list[int] = []
    path: str | None = own
    while path is not None:
        page = (await asha.get(path)).text
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "123580457" not in page
        assert TEXT_OF_HOSTILE in page
        seen += [int(each) for each in re.findall(r"<dt>Events</dt><dd>(\d+)</dd>", page)]
        onward = re.findall(r'href="/console(\S+\?cursor=\d+)#of-log"', page)
        path = onward[0] if onward else None
    listed = (await asha.get(WEBHOOKS)).text

    assert seen == list(range(50, 0, -1))
    assert "<script>alert" not in listed
    assert TEXT_OF_HOSTILE in listed
    assert (await asha.get(f"{own}?cursor=first")).status_code == 400
    assert (await asha.get(f"{own}?deliveries=x&events=%3Cb%3E")).status_code == 200


async def test_a_span_is_replayed_by_the_clocks_of_the_account(
    api: Api, acme: Headers, asha: Visitor, own: str
) -> None:
    campaign = await a_campaign(api, acme)
    # 12:00 in UTC is 17:30 in India.
    for number, minute in enumerate((0, 59), 1):
        moment = datetime(2026, 11, 20, 12, minute, tzinfo=UTC)
        await api.database.execute(
            ADD_BATCH, campaign.id, number, "message.failed", [0, 1], moment
        )
    span = {"since": "2026-11-20T17:30", "until": "2026-11-20T18:29"}
    one = await asha.send(f"{own}/replay", span)
    both = await asha.send(f"{own}/replay", span | {"until": "2026-11-20T18:30"})
    none = await asha.send(f"{own}/replay", span | {"since": "2026-11-20T18:28"})
    pages = [await asha.client.get(each.headers["location"]) for each in (one, both, none)]

    assert "To be delivered again: 2 events in 1 delivery." in pages[0].text
    assert "To be delivered again: 4 events in 1 delivery." in pages[1].text
    assert "Nothing happened in that time" in pages[2].text
    entry = await api.database.fetchval(
        "SELECT after->>'since_at' FROM audit_entry WHERE action = 'webhook.replay' LIMIT 1"
    )
    assert entry == "2026-11-20T12:00:00+00:00"


@pytest.mark.parametrize(
    ("filled", "field", "told"),
    [
        ({"since": "", "until": "2026-11-20T12:00"}, "since", "Give a day and a time."),
        ({"since": "2026-11-20T12:00", "until": "noon"}, "until", "Give a day and a time."),
        ({"since": "2026-11-20T12:00Z", "until": "x"}, "since", "Give a day and a time."),
        ({"since": "0001-01-01T00:00", "until": "x"}, "since", "Give a day and a time."),
        (
            {"since": "2026-11-20T12:00", "until": "2026-11-20T12:00"},
            "until",
            "The end must be later",
        ),
    ],
)
async def test_a_span_that_is_none_is_told_at_its_field(
    asha: Visitor, own: str, filled: Headers, field: str, told: str
) -> None:
    answer = await asha.send(f"{own}/replay", filled)

    assert answer.status_code == 400
    assert re.search(rf'id="{field}-wrong">{told}', answer.text)


async def test_webhooks_of_another_account_are_not_there(
    api: Api, own: str, stranger: Visitor
) -> None:
    before = await api.database.fetchrow("SELECT * FROM webhook")
    pages = [await stranger.get(own), await stranger.get(own, **{"hx-request": "true"})]
    answers = [await stranger.send(f"{own}{path}", form) for path, form in FORMS.items()]
    none = [await stranger.send(f"{WEBHOOKS}/{UNKNOWN}{path}", FORMS[path]) for path in FORMS]

    assert {each.status_code for each in pages + answers + none} == {404}
    assert URL not in (await stranger.get(WEBHOOKS)).text
    assert await api.database.fetchrow("SELECT * FROM webhook") == before
    assert await api.database.fetchval("SELECT count(*) FROM webhook_delivery") == 0


@pytest.mark.parametrize("login", ["sender", "analyst", "reader"])
async def test_only_who_administers_sees_webhooks(api: Api, own: str, login: str) -> None:
    async with visitor(api.app) as one:
        await one.sign_in(login)
        pages = [await one.get(path) for path in (WEBHOOKS, f"{WEBHOOKS}/new", own)]
        answers = [await one.send(f"{own}{path}", form) for path, form in FORMS.items()]
        answers.append(await made(one))
        menu = (await one.get("/settings/credit")).text

    assert {each.status_code for each in pages + answers} == {403}
    assert "/console/settings/webhooks" not in menu
