"""Links after the send by API: what may be changed, whose they are, and who is noted for it."""

import json

import asyncpg
import pytest

from services.api.operations.change_links import LinkChanges, change_links
from shared.storage.engine import create_engine
from tests.support.api import Api
from tests.support.orders import give
from tests.support.reports import a_campaign, a_personal_campaign, get
from tests.support.sends import Headers

NEW = "https://shop.example.com/new"
UNKNOWN = "0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de"
FORWARDED = {"x-forwarded-for": "203.0.113.7"}
TOUCHED = (
    "UPDATE audit_entry SET action = 'x'",
    "DELETE FROM audit_entry",
    "TRUNCATE audit_entry",
)


async def patched(api: Api, headers: Headers, uuid: str, **changes: object) -> tuple[int, str]:
    response = await api.client.patch(f"/campaigns/{uuid}/links", json=changes, headers=headers)
    answer = response.json()
    return response.status_code, answer.get("code") or answer


async def test_changed_terms_are_shown_reported_and_leave_the_rest(
    api: Api, acme: Headers
) -> None:
    campaign = await a_campaign(api, acme)
    path = f"/campaigns/{campaign.uuid}"

    await patched(api, acme, campaign.uuid, destination=f" {NEW} ")
    await patched(api, acme, campaign.uuid, paused=True, query_mode="add")
    await patched(api, acme, campaign.uuid, expires_at="2030-01-01T00:00:00+05:30")
    shown = await get(api, acme, f"{path}/links")
    _, endless = await patched(api, acme, campaign.uuid, expires_at=None)

    assert shown == {
        "uuid": campaign.uuid,
        "links": 3,
        "destination": NEW,
        "paused": True,
        "expires_at": "2030-01-01T00:00:00+05:30",
        "query_mode": "add",
    }
    assert endless == shown | {"expires_at": None}
    assert (await get(api, acme, path))["destination"] == NEW
    (first, *_) = (await get(api, acme, f"{path}/recipients"))["recipients"]
    assert first["destination"] == NEW
    copied = await api.client.post(f"{path}/duplicate", headers=acme)
    assert copied.json()["link"]["destination"] == NEW


async def test_change_that_cannot_be_made_names_what_is_wrong(api: Api, acme: Headers) -> None:
    campaign = await a_campaign(api, acme)

    refused = {
        "nothing": await patched(api, acme, campaign.uuid),
        "ours": await patched(api, acme, campaign.uuid, destination="https://tx1.in/abcdef"),
        "no link": await patched(api, acme, campaign.uuid, destination="shop"),
        "no time": await patched(api, acme, campaign.uuid, expires_at="9999-12-31T23:59:59-14:00"),
        "no mode": await patched(api, acme, campaign.uuid, query_mode="drop"),
        "misspelt": await patched(api, acme, campaign.uuid, puased=True),
    }

    assert refused == {
        "nothing": (400, "invalid_value"),
        "ours": (400, "own_short_link"),
        "no link": (400, "no_link"),
        "no time": (400, "invalid_value"),
        "no mode": (400, "unknown_value"),
        "misspelt": (400, "unknown_parameter"),
    }
    changes = (await get(api, acme, f"/campaigns/{campaign.uuid}/changes"))["changes"]
    assert [each["action"] for each in changes] == ["campaign.send"]


async def test_personal_links_can_be_moved_only_if_all_lead_to_one_place(
    api: Api, acme: Headers
) -> None:
    rows = [{"mobile": f"91987654321{n}", "msg": f"Hi {n} https://a.example.com/"} for n in (0, 1)]
    one = await a_personal_campaign(api, acme, *rows)
    rows[1]["msg"] += "other"
    several = await a_personal_campaign(api, acme, *rows)

    assert (await patched(api, acme, one.uuid, destination=NEW))[0] == 200
    assert await patched(api, acme, several.uuid, destination=NEW) == (409, "several_destinations")
    assert (await patched(api, acme, several.uuid, paused=True))[0] == 200
    assert (await get(api, acme, f"/campaigns/{several.uuid}/links"))["destination"] is None
    listed = (await get(api, acme, f"/campaigns/{one.uuid}/recipients"))["recipients"]
    assert [each["destination"] for each in listed] == [NEW, NEW]


async def test_links_and_changes_of_another_account_are_not_told_from_none(
    api: Api, acme: Headers
) -> None:
    other = await api.account("globex")
    campaign = await a_campaign(api, acme)
    plain = await a_campaign(api, acme, trackLink="false")

    for headers, uuid in ((other, campaign.uuid), (acme, UNKNOWN), (acme, plain.uuid)):
        path = f"/campaigns/{uuid}/links"
        assert (await api.client.get(path, headers=headers)).status_code == 404
        assert await patched(api, headers, uuid, paused=True) == (404, "not_found")
    for headers, uuid in ((other, campaign.uuid), (acme, UNKNOWN)):
        path = f"/campaigns/{uuid}/changes"
        assert (await api.client.get(path, headers=headers)).status_code == 404
    kept = await api.database.fetchrow("SELECT is_paused FROM link_block")
    assert kept is not None
    assert not kept["is_paused"]


async def test_each_change_says_who_made_it_from_where_and_what_it_was_before(
    api: Api, acme: Headers
) -> None:
    later = "2026-12-31T18:30:00+00:00"
    campaign = await a_campaign(api, acme, scheduleTime="2026-12-30T18:30:00+00:00")
    await patched(api, acme, campaign.uuid, destination=NEW, paused=True)
    await patched(api, acme, campaign.uuid, paused=True)
    for order in ("pause", "pause", "resume"):
        await give(api, acme, campaign, order)
    await give(api, acme, campaign, "reschedule", scheduleTime=later)
    copy = await give(api, acme, campaign, "duplicate", scheduleTime=later)
    await give(api, acme, campaign, "cancel")
    engine = create_engine(api.database_url, application="test")
    await change_links(engine, campaign.uuid, LinkChanges(is_paused=False))
    await engine.dispose()

    path = f"/campaigns/{campaign.uuid}/changes"
    first_page = await get(api, acme, path, limit=3)
    rest = await get(api, acme, path, cursor=first_page["next_cursor"])
    changes = [*first_page["changes"], *rest["changes"]]

    assert [(each["action"], each["before"], each["after"]) for each in reversed(changes)] == [
        (
            "campaign.send",
            None,
            {
                "title": "",
                "sender_id": "ACMEIN",
                "recipients": 3,
                "segments": 3,
                "scheduled_at": "2026-12-31T00:00:00+05:30",
            },
        ),
        (
            "campaign.links",
            {"destination": "https://shop.example.com/sale", "paused": False},
            {"destination": NEW, "paused": True},
        ),
        ("campaign.pause", {"state": "scheduled"}, {"state": "paused"}),
        ("campaign.resume", {"state": "paused"}, {"state": "scheduled"}),
        (
            "campaign.reschedule",
            {"scheduled_at": "2026-12-31T00:00:00+05:30"},
            {"scheduled_at": "2027-01-01T00:00:00+05:30"},
        ),
        ("campaign.duplicate", None, {"uuid": copy["uuid"]}),
        ("campaign.cancel", {"state": "scheduled"}, {"state": "cancelled"}),
        ("campaign.links", {"paused": True}, {"paused": False}),
    ]
    assert rest["next_cursor"] is None
    prefix = acme["apikey"].split("_")[1]
    assert [each["author"] for each in changes] == [
        {"kind": "cli", "name": "", "key_prefix": None},
        *[{"kind": "key", "name": "first key", "key_prefix": prefix}] * 7,
    ]
    assert [each["address"] for each in changes] == [None, *["127.0.0.1"] * 7]


async def test_old_clients_order_is_noted_with_their_login(api: Api, acme: Headers) -> None:
    await api.user("acme", "asha", "a long password")
    campaign = await a_campaign(api, acme, scheduleTime="2026-12-30T18:30:00+00:00")

    await api.client.get(
        "/SMSApi/schedule/delete",
        params={"uuid": campaign.uuid, "userId": "asha", "password": "a long password"},
        headers=FORWARDED,
    )

    change, _ = (await get(api, acme, f"/campaigns/{campaign.uuid}/changes"))["changes"]
    assert change["author"] == {"kind": "user", "name": "asha", "key_prefix": None}
    # Nobody is a trusted proxy here, so nobody's word for another address counts.
    assert change["address"] == "127.0.0.1"


async def test_nobody_can_change_or_delete_what_was_noted(api: Api, acme: Headers) -> None:
    campaign = await a_campaign(api, acme)
    await patched(api, acme, campaign.uuid, paused=True)

    for statement in TOUCHED:
        with pytest.raises(asyncpg.RestrictViolationError, match="only ever added to"):
            await api.database.execute(statement)

    (before,) = await api.database.fetch(
        "SELECT after FROM audit_entry WHERE subject = $1 AND action = 'campaign.links'",
        campaign.uuid,
    )
    assert json.loads(before["after"]) == {"paused": True}
