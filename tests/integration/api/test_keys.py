"""The account's admins make, rotate, revoke and list its keys, and every step is noted."""

import json
import time
from datetime import timedelta
from typing import Any

import httpx
from sqlalchemy import text

from services.api.operations.key_uses import MAX_KEYS, KeyUses
from services.api.operations.manage_keys import MAX_LIVE_KEYS
from shared.clock import SystemClock
from shared.domain.trusted_proxies import parse_address
from shared.storage.engine import create_engine
from tests.support.api import Api, running_api
from tests.support.sends import TRACKED, Headers

NOW = SystemClock().now()
HOUR = timedelta(hours=1)
ALL = ["admin", "otp", "report", "send"]

# Three of them have expired, so that with the account's first key there is room for one.
FILL = """
    INSERT INTO api_key (account_id, name, prefix, secret_sha256, scopes, expires_at)
    SELECT id, 'old', lpad(n::text, 12, '0'), sha256('x'), '{send}',
        CASE WHEN n <= 3 THEN now() END
    FROM account, generate_series(1, $1::integer) AS n
"""
LOCK = "SELECT FROM api_key WHERE name = 'shop' FOR UPDATE"


async def made(api: Api, maker: Headers, **values: object) -> dict[str, Any]:
    body = {"name": "shop", "scopes": ["send"]} | values
    response = await api.client.post("/keys", json=body, headers=maker)
    assert response.status_code == 201, response.text
    return dict(response.json())


async def rotated(api: Api, admin: Headers, prefix: str, **values: object) -> httpx.Response:
    return await api.client.post(f"/keys/{prefix}/rotate", json=values, headers=admin)


async def listed(api: Api, admin: Headers) -> dict[str, dict[str, Any]]:
    answer = (await api.client.get("/keys", headers=admin)).json()
    return {key["prefix"]: key for key in answer["keys"]}


async def send_status(api: Api, key: str) -> tuple[int, str | None]:
    response = await api.client.get("/send", params=TRACKED, headers={"apikey": key})
    return response.status_code, response.json().get("code")


async def trail(api: Api) -> list[tuple[str, str, Any, Any]]:
    rows = await api.database.fetch(
        "SELECT action, subject, before, after FROM audit_entry "
        "WHERE author_kind = 'key' AND action LIKE 'key.%' ORDER BY id"
    )
    return [
        (
            row["action"],
            row["subject"],
            *(v and json.loads(v) for v in (row["before"], row["after"])),
        )
        for row in rows
    ]


async def test_a_key_is_shown_once_and_is_good_for_its_scopes_until_it_is_revoked(
    api: Api, acme: Headers
) -> None:
    key = await made(api, acme, ip_allow_list=["::ffff:127.0.0.0/104"])
    before = await send_status(api, key["key"])
    report = await api.client.get("/campaigns", headers={"apikey": key["key"]})
    shown = await api.client.get("/keys", headers=acme)
    revoked = await api.client.delete(f"/keys/{key['prefix']}", headers=acme)
    after = await send_status(api, key["key"])
    again = await api.client.delete(f"/keys/{key['prefix']}", headers=acme)

    assert key["key"].startswith(f"txk_{key['prefix']}_")
    assert (key["status"], key["expires_at"], key["ip_allow_list"]) == (
        "live",
        None,
        ["127.0.0.0/8"],
    )
    assert (before, report.status_code) == ((200, None), 403)
    assert key["key"].split("_", 2)[2] not in shown.text
    assert (revoked.status_code, again.status_code) == (204, 204)
    assert after == (401, "invalid_credentials")
    assert (await listed(api, acme))[key["prefix"]]["status"] == "revoked"
    entries = await trail(api)
    assert [entry[:2] for entry in entries] == [
        ("key.create", key["prefix"]),
        ("key.revoke", key["prefix"]),
    ]
    assert entries[0][3] == {
        "name": "shop",
        "scopes": ["send"],
        "expires_at": None,
        "ip_allow_list": ["127.0.0.0/8"],
    }
    assert entries[1][2] == {"revoked_at": None}
    stored = await api.database.fetchval("SELECT string_agg(t::text, '') FROM audit_entry t")
    assert key["key"].split("_", 2)[2] not in stored


async def test_an_end_and_a_list_hold_in_every_process_within_a_second(
    api: Api, acme: Headers
) -> None:
    key = await made(api, acme)
    async with running_api(api.database_url) as beside:
        before = await send_status(beside, key["key"])
        start = time.monotonic()
        path = f"/keys/{key['prefix']}/ip-allow-list"
        await api.client.put(path, json={"ip_allow_list": ["192.0.2.1"]}, headers=acme)
        outside = await send_status(beside, key["key"])
        await api.client.delete(f"/keys/{key['prefix']}", headers=acme)
        revoked = await send_status(beside, key["key"])
        took_s = time.monotonic() - start

    assert before == (200, None)
    assert outside == (403, "address_not_allowed")
    assert revoked == (401, "invalid_credentials")
    assert took_s < 1


async def test_a_rotated_key_lives_on_for_the_overlap_and_its_successor_is_like_it(
    api: Api, acme: Headers
) -> None:
    expires_at = (NOW + 48 * HOUR).isoformat()
    old = await made(
        api, acme, scopes=["send", "otp"], expires_at=expires_at, ip_allow_list=["127.0.0.1"]
    )

    new = (await rotated(api, acme, old["prefix"])).json()
    both = [await send_status(api, key["key"]) for key in (old, new)]
    keys = await listed(api, acme)
    again = await rotated(api, acme, old["prefix"])
    next_one = (await rotated(api, acme, new["prefix"], overlap_hours=0)).json()
    last = [await send_status(api, key["key"]) for key in (old, new, next_one)]

    assert both == [(200, None)] * 2
    for name in ("name", "scopes", "ip_allow_list"):
        assert new[name] == old[name]
    left = NOW.fromisoformat(keys[old["prefix"]]["expires_at"]) - NOW
    lives = NOW.fromisoformat(new["expires_at"]) - NOW.fromisoformat(new["created_at"])
    assert 24 * HOUR <= left < 25 * HOUR
    assert 47 * HOUR < lives <= 48 * HOUR
    assert keys[old["prefix"]]["replaced_by"] == new["prefix"]
    assert (again.status_code, again.json()["code"]) == (409, "key_not_live")
    assert new["prefix"] in again.json()["reason"]
    assert last == [(200, None), (401, "key_expired"), (200, None)]
    assert [entry[:2] for entry in await trail(api)][1:3] == [
        ("key.create", new["prefix"]),
        ("key.rotate", old["prefix"]),
    ]


async def test_what_has_ended_or_is_anothers_is_not_rotated_or_revoked(
    api: Api, acme: Headers
) -> None:
    key = await made(api, acme)
    stranger = await api.account("stranger")
    path = f"/keys/{key['prefix']}"
    theirs = [
        await rotated(api, stranger, key["prefix"]),
        await api.client.delete(path, headers=stranger),
        await api.client.put(
            f"{path}/ip-allow-list", json={"ip_allow_list": []}, headers=stranger
        ),
    ]
    await api.client.delete(path, headers=acme)

    ended = await rotated(api, acme, key["prefix"])

    assert [response.status_code for response in theirs] == [404] * 3
    assert list(await listed(api, stranger)) == [stranger["apikey"].split("_")[1]]
    assert (ended.status_code, ended.json()["code"]) == (409, "key_not_live")


async def test_a_key_lets_no_other_do_what_it_may_not(api: Api, acme: Headers) -> None:
    admin = {"apikey": (await made(api, acme, scopes=["admin", "report"]))["key"]}
    sender = await made(api, acme, scopes=["send"])

    granted = await api.client.post("/keys", json={"name": "x", "scopes": ALL}, headers=admin)
    by_rotation = await rotated(api, admin, sender["prefix"])
    allowed = await made(api, admin, scopes=["report"])

    for refused in (granted, by_rotation):
        assert (refused.status_code, refused.json()["code"]) == (403, "scope_not_grantable")
        assert refused.json()["field"] == "scopes"
    assert "lacks otp" in granted.json()["reason"]
    assert (await listed(api, acme))[sender["prefix"]]["replaced_by"] is None
    assert allowed["scopes"] == ["report"]


async def test_a_key_that_could_not_be_used_is_refused(api: Api, acme: Headers) -> None:
    refusals: dict[str, dict[str, object]] = {
        "name": {"name": " "},
        "scopes": {"scopes": ["everything"]},
        "expires_at": {"expires_at": (NOW - HOUR).isoformat()},
        "ip_allow_list": {"ip_allow_list": ["203.0.113.7/24"]},
        "secret": {"secret": "mine"},
    }
    for field, wrong in refusals.items():
        body = {"name": "shop", "scopes": ["send"]} | wrong
        response = await api.client.post("/keys", json=body, headers=acme)
        assert (response.status_code, response.json()["field"]) == (400, field)
    late = (NOW + timedelta(days=4_000)).isoformat()
    response = await api.client.post(
        "/keys", json={"name": "a", "scopes": ["send"], "expires_at": late}, headers=acme
    )
    assert "at most ten years ahead" in response.json()["reason"]
    assert (await api.client.delete("/keys/nonsense", headers=acme)).status_code == 400


async def test_an_account_has_a_bounded_number_of_live_keys(api: Api, acme: Headers) -> None:
    await api.database.execute(FILL, MAX_LIVE_KEYS + 1)
    await made(api, acme)

    over = await api.client.post("/keys", json={"name": "a", "scopes": ["send"]}, headers=acme)
    first = (await api.client.get("/keys", params={"limit": 100}, headers=acme)).json()
    rest = (
        await api.client.get("/keys", params={"cursor": first["next_cursor"]}, headers=acme)
    ).json()

    assert (over.status_code, over.json()["code"]) == (409, "too_many_keys")
    assert (len(first["keys"]), len(rest["keys"]), rest["next_cursor"]) == (100, 3, None)


async def test_the_last_use_is_noted_behind_the_request_and_once_a_minute(
    api: Api, acme: Headers
) -> None:
    prefix = acme["apikey"].split("_")[1]
    never = await listed(api, acme)
    await api.app.state.context.key_uses.flush()
    used = (await listed(api, acme))[prefix]
    engine = create_engine(api.database_url, application="test")
    key_id = await api.database.fetchval("SELECT id FROM api_key WHERE prefix = $1", prefix)

    another = KeyUses(engine)
    another.add(key_id, parse_address("192.0.2.9"))
    await another.flush()
    within_a_minute = (await listed(api, acme))[prefix]
    await api.database.execute("UPDATE api_key SET last_used_at = now() - interval '61 seconds'")
    after_a_minute = KeyUses(engine)
    after_a_minute.add(key_id, parse_address("2001:db8::9"))
    after_a_minute.add(key_id + 1, None)
    await after_a_minute.aclose()
    later = (await listed(api, acme))[prefix]
    await engine.dispose()

    assert never[prefix]["last_used_at"] is None
    assert used["last_used_address"] == "127.0.0.1"
    assert within_a_minute == used
    assert later["last_used_address"] == "2001:db8::9"
    assert later["last_used_at"] > used["last_used_at"]


async def test_a_process_remembers_a_bounded_number_of_keys(api: Api) -> None:
    await api.account("acme")
    key_id = await api.database.fetchval("SELECT id FROM api_key")
    engine = create_engine(api.database_url, application="test")
    uses = KeyUses(engine)

    for other_id in range(key_id + 1, key_id + 1 + MAX_KEYS):
        uses.add(other_id, None)
    uses.add(key_id, None)
    await uses.flush()
    await engine.dispose()

    assert await api.database.fetchval("SELECT count(last_used_at) FROM api_key") == 0


async def test_a_key_that_is_being_changed_holds_up_no_notes(api: Api, acme: Headers) -> None:
    key = await made(api, acme)
    rows = await api.database.fetch("SELECT prefix, id FROM api_key")
    ids: dict[str, int] = {row["prefix"]: row["id"] for row in rows}
    engine = create_engine(api.database_url, application="test")
    uses = KeyUses(engine)
    for key_id in ids.values():
        uses.add(key_id, None)

    async with engine.begin() as connection:
        await connection.execute(text(LOCK))
        await uses.flush()
    noted = await api.database.fetch("SELECT id FROM api_key WHERE last_used_at IS NOT NULL")
    await engine.dispose()

    assert {row["id"] for row in noted} == set(ids.values()) - {ids[key["prefix"]]}


async def test_the_documentation_has_examples_of_what_is_refused(api: Api) -> None:
    document = (await api.client.get("/openapi.json")).json()

    operations = [
        operation
        for path in ("/keys", "/ip-allow-list", "/keys/{prefix}/ip-allow-list")
        for operation in document["paths"][path].values()
    ]
    assert len(operations) == 5
    for operation in operations:
        examples = operation["responses"]["403"]["content"]["application/json"]["examples"]
        assert {"scope_missing", "address_not_allowed"} <= examples.keys()
        assert "key_expired" in str(operation["responses"]["401"])
