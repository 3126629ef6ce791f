"""The audit trail of an account: in pages, by filters, as CSV, and its own alone."""

import csv
import io
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.reports import a_campaign
from tests.support.sends import Headers

FIVE = [
    ("campaign.cancel", "campaign"),
    ("account.allow", "account"),
    ("key.create", "key"),
    ("campaign.send", "campaign"),
    ("key.create", "first key"),
    ("account.create", "account"),
]


async def trail(api: Api, headers: Headers, **asked: object) -> dict[str, Any]:
    answer = await api.client.get("/audit", params=asked, headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def actions(api: Api, headers: Headers, **asked: object) -> list[str]:
    return [entry["action"] for entry in (await trail(api, headers, **asked))["entries"]]


@pytest.fixture
async def made(api: Api, acme: Headers) -> dict[str, str]:
    """Do some things in an account, and others in another; return what they are about."""
    other = await api.account("globex", "GLOBEX")
    await a_campaign(api, other)
    campaign = await a_campaign(api, acme, scheduleTime="2026-12-30T18:30:00+00:00")
    key = await api.client.post("/keys", json={"name": "=cmd", "scopes": ["send"]}, headers=acme)
    lists = {"ip_allow_list": ["127.0.0.1"]}
    await api.client.put("/ip-allow-list", json=lists, headers=acme)
    made_by = key.json()
    await api.client.post(f"/campaigns/{campaign.uuid}/cancel", headers={"apikey": made_by["key"]})
    return {"campaign": campaign.uuid, "key": made_by["prefix"], "other": other["apikey"]}


async def test_the_trail_of_an_account_is_read_newest_first_in_pages(
    api: Api, acme: Headers, made: dict[str, str]
) -> None:
    first = acme["apikey"].split("_")[1]
    subjects = {"campaign": made["campaign"], "key": made["key"], "first key": first}

    page = await trail(api, acme, limit=4)
    rest = await trail(api, acme, limit=4, cursor=page["next_cursor"])

    entries = [*page["entries"], *rest["entries"]]
    assert [(entry["action"], entry["subject"]) for entry in entries] == [
        (action, subjects.get(subject, subject)) for action, subject in FIVE
    ]
    assert rest["next_cursor"] is None
    newest, allowed = entries[:2]
    assert newest["author"] == {"kind": "key", "name": "=cmd", "key_prefix": made["key"]}
    assert newest["address"] == "127.0.0.1"
    assert (newest["before"], newest["after"]) == ({"state": "scheduled"}, {"state": "cancelled"})
    assert (allowed["before"], allowed["after"]) == (
        {"ip_allow_list": []},
        {"ip_allow_list": ["127.0.0.1"]},
    )
    assert made["campaign"] not in str(await trail(api, {"apikey": made["other"]}))


async def test_the_trail_is_filtered_by_action_subject_author_and_day(
    api: Api, acme: Headers, made: dict[str, str]
) -> None:
    assert await actions(api, acme, action="key.") == ["key.create", "key.create"]
    assert await actions(api, acme, action="camp") == ["campaign.cancel", "campaign.send"]
    assert await actions(api, acme, action="campaign", sends=False) == ["campaign.cancel"]
    of_campaign = {"subject": made["campaign"]}
    assert await actions(api, acme, **of_campaign) == ["campaign.cancel", "campaign.send"]
    assert await actions(api, acme, **of_campaign, sends=False) == ["campaign.cancel"]
    assert await actions(api, acme, author="=cmd") == ["campaign.cancel"]
    assert await actions(api, acme, author=made["key"]) == ["campaign.cancel"]
    assert "campaign.send" not in await actions(api, acme, sends=False)
    day = (await trail(api, acme, limit=1, tz="Pacific/Auckland"))["entries"][0]["occurred_at"]
    assert day.endswith(("+13:00", "+12:00"))
    on_it = {"from": day[:10], "to": day[:10], "tz": "Pacific/Auckland"}
    assert len(await actions(api, acme, **on_it)) == len(FIVE)
    assert await actions(api, acme, to="2020-01-01") == []
    assert await actions(api, acme, **{"from": "2099-01-01"}) == []


async def test_the_trail_is_told_as_csv_that_no_spreadsheet_runs(
    api: Api, acme: Headers, made: dict[str, str]
) -> None:
    answer = await api.client.get("/audit.csv", params={"sends": "false"}, headers=acme)

    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.headers["content-disposition"] == 'attachment; filename="audit.csv"'
    assert [row["action"] for row in rows] == [
        action for action, _ in FIVE if action != "campaign.send"
    ]
    assert (rows[0]["subject"], rows[0]["author_name"]) == (made["campaign"], "'=cmd")
    assert rows[0]["after"] == '{"state": "cancelled"}'


@pytest.mark.parametrize(
    ("asked", "code", "field"),
    [
        ({"cursor": "x"}, "invalid_value", "cursor"),
        ({"cursor": "MjAyNi0xMS0yNSAx"}, "invalid_value", "cursor"),
        ({"from": "2026-11-02", "to": "2026-11-01"}, "invalid_value", "to"),
        ({"tz": "Mars"}, "invalid_value", "tz"),
        ({"acton": "key"}, "unknown_parameter", "acton"),
        ({"action": "a\0"}, "invalid_value", "action"),
    ],
)
async def test_what_the_trail_cannot_be_asked_for_is_named(
    api: Api, acme: Headers, asked: dict[str, str], code: str, field: str
) -> None:
    answer = await api.client.get("/audit", params=asked, headers=acme)

    assert answer.status_code == 400
    assert (answer.json()["code"], answer.json()["field"]) == (code, field)


async def test_no_secret_of_a_webhooks_url_is_in_the_trail(api: Api, acme: Headers) -> None:
    hook = {"url": "https://user:hunter2@hooks.example:8443/services/T0KEN?key=s3cret"}
    made = await api.client.post("/webhooks", json=hook, headers=acme)
    if made.status_code == 400:
        hook["url"] = hook["url"].replace("user:hunter2@", "")
        made = await api.client.post("/webhooks", json=hook, headers=acme)
    path = f"/webhooks/{made.json()['id']}"
    await api.client.patch(path, json={"url": hook["url"] + "2"}, headers=acme)

    changed, created = (await trail(api, acme, action="webhook."))["entries"]
    assert created["after"]["url"].startswith("https://hooks.example:8443/… (")
    assert changed["before"]["url"] == created["after"]["url"] != changed["after"]["url"]
    stored = await api.database.fetchval("SELECT string_agg(t::text, '') FROM audit_entry t")
    assert not any(secret in stored for secret in ("hunter2", "T0KEN", "s3cret", "whsec"))
