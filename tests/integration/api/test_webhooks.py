"""Webhooks by the API: made, changed, tried, looked at; each account its own."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.support.api import Api
from tests.support.reports import a_campaign
from tests.support.sends import Headers

URL = "https://hooks.example/txlink"
UNKNOWN = "0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de"
ALL_KINDS = [
    "click.recorded",
    "message.submitted",
    "message.delivered",
    "message.failed",
    "account.alert",
]
ADD_BATCH = """
    INSERT INTO event_batch (campaign_id, source, number, kind, account_id, places, is_due,
        created_at)
    SELECT id, 'deliveries', $2, $3, account_id, $4, false, $5 FROM campaign WHERE id = $1
"""
BATCHES = "SELECT batches FROM webhook_delivery ORDER BY id"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


async def made(api: Api, headers: Headers, **values: Any) -> dict[str, Any]:  # noqa: ANN401
    response = await api.client.post("/webhooks", json={"url": URL} | values, headers=headers)
    assert response.status_code == 201, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def test_a_webhook_is_made_with_a_secret_that_is_shown_once(api: Api, acme: Headers) -> None:
    webhook = await made(api, acme)

    secret = webhook.pop("secret")
    assert secret.startswith("whsec_")
    assert (webhook["url"], webhook["kinds"], webhook["is_enabled"]) == (URL, ALL_KINDS, True)
    one = await api.client.get(f"/webhooks/{webhook['id']}", headers=acme)
    listed = await api.client.get("/webhooks", headers=acme)
    assert one.json() == webhook
    assert listed.json() == {"webhooks": [webhook]}


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 400, "url"),
        ({"url": "http://hooks.example/"}, 400, "url"),
        ({"url": "https://10.0.0.1/"}, 400, "url"),
        ({"url": "https://169.254.169.254/latest/meta-data/"}, 400, "url"),
        ({"url": "https://[::ffff:127.0.0.1]/"}, 400, "url"),
        ({"url": 7}, 400, "url"),
        ({"url": URL, "kinds": []}, 400, "kinds"),
        ({"url": URL, "kinds": ["click"]}, 400, "kinds"),
        ({"url": URL, "is_enabled": "perhaps"}, 400, "is_enabled"),
        ({"url": URL, "secret": "x"}, 400, "secret"),
        ([], 422, "body"),
    ],
)
async def test_a_wrong_webhook_is_refused_by_its_field(
    api: Api,
    acme: Headers,
    body: Any,  # noqa: ANN401
    status: int,
    field: str,
) -> None:
    response = await api.client.post("/webhooks", json=body, headers=acme)

    assert (response.status_code, response.json()["field"]) == (status, field)
    assert await api.count("webhook") == 0


@pytest.mark.parametrize(("content", "status"), [(b"{", 422), (b"x" * 20_000, 413)])
async def test_a_body_that_is_none_is_refused(
    api: Api, acme: Headers, content: bytes, status: int
) -> None:
    response = await api.client.post("/webhooks", content=content, headers=acme)

    assert response.status_code == status


async def test_what_is_given_is_changed_and_failures_are_forgotten(
    api: Api, acme: Headers
) -> None:
    webhook = await made(api, acme)
    await api.database.execute(
        "UPDATE webhook SET is_enabled = false, disabled_reason = 'gone', failure_count = 3,"
        " failing_since = now(), paused_until = now() + interval '1 hour'"
    )

    response = await api.client.patch(
        f"/webhooks/{webhook['id']}",
        json={"is_enabled": True, "kinds": ["message.failed"]},
        headers=acme,
    )

    changed = response.json()
    assert (changed["url"], changed["kinds"]) == (URL, ["message.failed"])
    assert (changed["is_enabled"], changed["disabled_reason"]) == (True, None)
    assert (changed["failure_count"], changed["failing_since"]) == (0, None)
    assert await api.database.fetchval("SELECT paused_until FROM webhook") is None


async def test_disabling_gives_up_what_waits(api: Api, acme: Headers) -> None:
    webhook = await made(api, acme)
    place = f"/webhooks/{webhook['id']}"
    await api.client.post(f"{place}/test", headers=acme)

    await api.client.patch(place, json={"is_enabled": False}, headers=acme)

    [delivery] = (await api.client.get(f"{place}/deliveries", headers=acme)).json()["deliveries"]
    assert (delivery["status"], delivery["cause"]) == ("given_up", "the webhook was disabled")
    refused = await api.client.post(f"{place}/test", headers=acme)
    assert (refused.status_code, refused.json()["code"]) == (409, "webhook_disabled")


async def test_a_new_secret_takes_over_from_the_old(api: Api, acme: Headers) -> None:
    webhook = await made(api, acme)
    place = f"/webhooks/{webhook['id']}/rotate-secret"

    soft = (await api.client.post(place, headers=acme)).json()
    hard = (await api.client.post(place, json={"overlap_hours": 0}, headers=acme)).json()

    assert len({webhook["secret"], soft["secret"], hard["secret"]}) == 3
    until = datetime.fromisoformat(soft["previous_secret_until"])
    assert timedelta(hours=23) < until - datetime.fromisoformat(webhook["created_at"])
    assert hard["previous_secret_until"] is None
    assert await api.database.fetchval("SELECT previous_secret FROM webhook") is None


async def test_a_deleted_webhook_is_gone_with_its_log(api: Api, acme: Headers) -> None:
    webhook = await made(api, acme)
    place = f"/webhooks/{webhook['id']}"
    await api.client.post(f"{place}/test", headers=acme)

    deleted = await api.client.delete(place, headers=acme)

    assert deleted.status_code == 204
    assert (await api.client.get(place, headers=acme)).status_code == 404
    assert await api.count("webhook_delivery") == 0


async def test_the_log_comes_in_pages_without_repetition(api: Api, acme: Headers) -> None:
    webhook = await made(api, acme)
    place = f"/webhooks/{webhook['id']}"
    ids = [(await api.client.post(f"{place}/test", headers=acme)).json()["id"] for _ in range(5)]

    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await api.client.get(
            f"{place}/deliveries", params={"limit": 2, "cursor": cursor}, headers=acme
        )
        seen += [delivery["id"] for delivery in page.json()["deliveries"]]
        cursor = page.json()["next_cursor"]

    assert seen == ids[::-1]


async def test_a_span_of_time_is_delivered_again(api: Api, acme: Headers) -> None:
    webhook = await made(api, acme, kinds=["message.delivered", "message.failed"])
    campaign = await a_campaign(api, acme)
    for number, kind, minutes in (
        (1, "message.submitted", 1),
        (2, "message.delivered", 0),
        (3, "message.delivered", 59),
        (4, "message.failed", 30),
        (5, "message.failed", 60),
    ):
        at = NOON + timedelta(minutes=minutes)
        await api.database.execute(ADD_BATCH, campaign.id, number, kind, [0, 1], at)

    response = await api.client.post(
        f"/webhooks/{webhook['id']}/replay",
        json={"since": NOON.isoformat(), "until": (NOON + timedelta(hours=1)).isoformat()},
        headers=acme,
    )

    assert (response.status_code, response.json()) == (202, {"deliveries": 2, "events": 6})
    told = [row["batches"] for row in await api.database.fetch(BATCHES)]
    assert sorted(told) == sorted(
        [
            f'[[{campaign.id}, "deliveries", 2], [{campaign.id}, "deliveries", 3]]',
            f'[[{campaign.id}, "deliveries", 4]]',
        ]
    )


@pytest.mark.parametrize(
    ("since", "until", "field"),
    [
        ("2026-11-20T12:00:00Z", "2026-11-20T12:00:00Z", "until"),
        ("2026-11-20T12:00:00", "2026-11-20T13:00:00Z", "since"),
        ("0001-01-01T00:00:00+14:00", "2026-11-20T13:00:00Z", "since"),
        ("yesterday", "2026-11-20T13:00:00Z", "since"),
    ],
)
async def test_a_span_that_is_none_is_refused(
    api: Api, acme: Headers, since: str, until: str, field: str
) -> None:
    webhook = await made(api, acme)

    response = await api.client.post(
        f"/webhooks/{webhook['id']}/replay",
        json={"since": since, "until": until},
        headers=acme,
    )

    assert (response.status_code, response.json()["field"]) == (400, field)


async def test_an_account_has_so_many_webhooks_at_most(api: Api, acme: Headers) -> None:
    for _ in range(20):
        await made(api, acme)

    response = await api.client.post("/webhooks", json={"url": URL}, headers=acme)

    assert (response.status_code, response.json()["code"]) == (409, "too_many_webhooks")


PATHS = [
    ("GET", ""),
    ("PATCH", ""),
    ("DELETE", ""),
    ("POST", "/test"),
    ("POST", "/rotate-secret"),
    ("GET", "/deliveries"),
]


@pytest.mark.parametrize(("method", "suffix"), PATHS)
async def test_another_accounts_webhook_is_not_found(
    api: Api, acme: Headers, method: str, suffix: str
) -> None:
    webhook = await made(api, acme)
    stranger = await api.account("stranger")
    row = "SELECT * FROM webhook"
    before = await api.database.fetchrow(row)

    response = await api.client.request(
        method, f"/webhooks/{webhook['id']}{suffix}", headers=stranger
    )
    unknown = await api.client.request(method, f"/webhooks/{uuid4()}{suffix}", headers=stranger)

    assert response.status_code == 404
    assert response.json() == unknown.json()
    assert await api.database.fetchrow(row) == before
    assert (await api.client.get("/webhooks", headers=stranger)).json() == {"webhooks": []}


async def test_a_replay_tells_of_no_other_account(api: Api, acme: Headers) -> None:
    campaign = await a_campaign(api, acme)
    await api.database.execute(ADD_BATCH, campaign.id, 1, "message.failed", [0], NOON)
    stranger = await api.account("stranger")
    webhook = await made(api, stranger)

    response = await api.client.post(
        f"/webhooks/{webhook['id']}/replay",
        json={"since": "2026-01-01T00:00:00Z", "until": "2027-01-01T00:00:00Z"},
        headers=stranger,
    )

    assert response.json() == {"deliveries": 0, "events": 0}


@pytest.mark.parametrize(
    ("method", "place"),
    [("GET", ""), ("POST", ""), *((method, f"/{UNKNOWN}{suffix}") for method, suffix in PATHS)],
)
async def test_webhooks_want_a_key_with_the_scope(
    api: Api, acme: Headers, method: str, place: str
) -> None:
    place = f"/webhooks{place}"
    without = await api.client.request(method, place)
    await api.database.execute("UPDATE api_key SET scopes = '{send,report}'")
    lacking = await api.client.request(method, place, headers=acme)

    assert (without.status_code, lacking.status_code) == (401, 403)
