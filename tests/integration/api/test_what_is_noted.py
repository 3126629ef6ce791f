"""Every call that changes something is in the audit trail, or says here why it is not.

The routes are taken from the application, so that none is forgotten: a new one fails here until
it is among ``NOTED`` with what it notes, or among ``NOT_NOTED`` with a reason. Whatever is left is
taken for a call that reads, and is made where nothing can be written.
"""

import secrets
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from tests.integration.api.test_access_table import FOR_EVERYONE, OF_ONESELF, ROUTES
from tests.support.api import Api, running_api
from tests.support.database import DatabaseServer
from tests.support.reports import a_campaign
from tests.support.sends import TRACKED, Headers

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("noted")]

PASSWORD = "Blue Kettle in the sun"  # noqa: S105 - of nobody
LATER = "2026-12-31T18:30:00+00:00"
SOONER = "2026-12-30T18:30:00+00:00"
ORDER = "/campaigns/{campaign_uuid}"
OLD = {"uuid": "{campaign_uuid}", "output": "json"}
SPAN = {"since": "2026-11-25T00:00:00Z", "until": "2026-11-26T00:00:00Z"}


@dataclass(frozen=True, slots=True)
class Noted:
    """A call that changes something, and the actions that it notes, in their order."""

    actions: tuple[str, ...]
    json: Any = None
    params: Mapping[str, str] = field(default_factory=dict)
    content: str | None = None
    # A call to be made before it.
    first: tuple[str, str] | None = None


SENDS = Noted(("campaign.send",), params=TRACKED | {"output": "json", "format": "json"})
RESCHEDULES = Noted(("campaign.reschedule",), params=OLD | {"scheduleTime": LATER})
UNSCHEDULES = Noted(("campaign.cancel",), params=OLD)
NOTED: dict[str, Noted] = {
    "GET /send": SENDS,
    "POST /send": SENDS,
    "GET /SMSApi/send": SENDS,
    "POST /SMSApi/send": SENDS,
    "GET /SMSApi/rest/send": SENDS,
    "POST /SMSApi/rest/send": SENDS,
    "GET /SMSApi/schedule/update": RESCHEDULES,
    "POST /SMSApi/schedule/update": RESCHEDULES,
    "GET /SMSApi/schedule/delete": UNSCHEDULES,
    "POST /SMSApi/schedule/delete": UNSCHEDULES,
    "POST /uploads": Noted(("upload.create",), content="Phone\n919876543210\n"),
    "DELETE /uploads/{upload_id}": Noted(("upload.delete",)),
    f"POST {ORDER}/pause": Noted(("campaign.pause",)),
    f"POST {ORDER}/resume": Noted(
        ("campaign.pause", "campaign.resume"), first=("POST", f"{ORDER}/pause")
    ),
    f"POST {ORDER}/cancel": Noted(("campaign.cancel",)),
    f"POST {ORDER}/reschedule": Noted(("campaign.reschedule",), json={"scheduleTime": LATER}),
    f"POST {ORDER}/duplicate": Noted(("campaign.send", "campaign.duplicate"), json={}),
    "POST /links": Noted(
        ("campaign.make_links",), json={"mobile": "919876543210", "msg": TRACKED["msg"]}
    ),
    f"PATCH {ORDER}/links": Noted(("campaign.links",), json={"paused": True}),
    "POST /webhooks": Noted(("webhook.create",), json={"url": "https://hooks.example/x"}),
    "PATCH /webhooks/{webhook_id}": Noted(("webhook.change",), json={"is_enabled": False}),
    "DELETE /webhooks/{webhook_id}": Noted(("webhook.delete",)),
    "POST /webhooks/{webhook_id}/rotate-secret": Noted(("webhook.rotate_secret",)),
    "POST /webhooks/{webhook_id}/test": Noted(("webhook.test",)),
    "POST /webhooks/{webhook_id}/replay": Noted(("webhook.replay",), json=SPAN),
    "POST /keys": Noted(("key.create",), json={"name": "till", "scopes": ["send"]}),
    "POST /keys/{prefix}/rotate": Noted(("key.create", "key.rotate")),
    "DELETE /keys/{prefix}": Noted(("key.revoke",)),
    "PUT /ip-allow-list": Noted(("account.allow",), json={"ip_allow_list": ["127.0.0.1"]}),
    "PUT /keys/{prefix}/rate-limits": Noted(("key.limit",), json={"calls_per_minute": 100}),
    "PUT /keys/{prefix}/ip-allow-list": Noted(
        ("key.allow",), json={"ip_allow_list": ["192.0.2.1"]}
    ),
    "PUT /destination-list": Noted(
        ("destinations.change",), json={"allow": [], "block": ["bad.example.com"]}
    ),
    "DELETE /suppressions/{msisdn}": Noted(
        ("suppression.remove",), first=("PUT", "/suppressions/{msisdn}")
    ),
    "POST /suppressions/import": Noted(("suppression.import",), json=["919876543210"]),
    "POST /groups": Noted(("group.create",), json={"name": "gold"}),
    "PATCH /groups/{group_id}": Noted(("group.rename",), json={"name": "silver"}),
    "DELETE /groups/{group_id}": Noted(("group.delete",)),
    "POST /groups/{group_id}/contacts": Noted(
        ("group.add",), json={"contacts": [{"mobile": "919876543211"}]}
    ),
    "POST /groups/{group_id}/contacts/import": Noted(
        ("group.merge",), content="Phone\n919876543210\n"
    ),
    "DELETE /groups/{group_id}/contacts/{msisdn}": Noted(("group.remove",)),
    "DELETE /recipients/{msisdn}": Noted(("recipient.erase",)),
    "GET /recipients/{msisdn}/export": Noted(("recipient.export",)),
    "PATCH /account": Noted(("account.set",), json={"link_shape": "header"}),
    "PATCH /sender-ids/{sender_id}": Noted(("sender_id.set",), json={"link_shape": "header"}),
    "PATCH /privacy": Noted(("account.privacy",), json={"addresses": "truncated"}),
    "POST /users": Noted(
        ("user.create",),
        json={"login": "bela", "kind": "api", "role": "sender", "password": PASSWORD},
    ),
    "PATCH /users/{user_id}": Noted(("user.change",), json={"is_disabled": True}),
    "PUT /users/{user_id}/password": Noted(("user.password",), json={"password": PASSWORD[::-1]}),
    "PATCH /sign-in-rules": Noted(("account.sign-in-rules",), json={"password_calls": False}),
}
READS = "old clients read by either method"
# By its method and path, why a call that is no GET notes nothing.
NOT_NOTED: dict[str, str] = {
    "POST /SMSApi/schedule/read": READS,
    "POST /SMSApi/report/status": READS,
    "POST /SMSApi/linktrack/read": READS,
    "POST /SMSApi/linktrack/report": READS,
    "POST /SMSApi/account/readstatus": READS,
    "POST /destination-list/test": "it only tells what would become of a link",
}
# What a call is said with that notes nothing.
BODIES: dict[str, Any] = {"POST /destination-list/test": {"url": "https://shop.example.com/"}}
# By its method and path, what tells who made a call, if that is not the trail.
TOLD_ELSEWHERE = {
    "PUT /suppressions/{msisdn}": "the opt-out itself, which a reply may bring by the thousand",
    "DELETE /users/{user_id}/second-factor": "user.factor-off, in test_second_factors.py",
}
# What users do about themselves takes no key: test_sessions.py and test_second_factors.py have it.
MADE = [
    (method, path)
    for method, path in ROUTES
    if path not in FOR_EVERYONE and not path.startswith(OF_ONESELF)
]
ALL = {f"{method} {path}" for method, path in MADE}
# One that goes on until its reader leaves.
ENDLESS = {f"GET {ORDER}/events"}
READING = sorted(ALL - NOTED.keys() - TOLD_ELSEWHERE.keys() - ENDLESS)


@pytest.fixture(scope="module")
def database(postgres_server: DatabaseServer) -> Iterator[str]:
    """Yield one database for all calls."""
    with postgres_server.migrated_database() as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(database: str) -> AsyncIterator[Api]:
    async with running_api(database) as api:
        yield api


async def things(api: Api, headers: Headers) -> dict[str, str]:
    """Make one of each thing that a call may be about."""
    campaign = await a_campaign(api, headers, scheduleTime=SOONER)
    webhook = await api.client.post(
        "/webhooks", json={"url": "https://hooks.example/"}, headers=headers
    )
    upload = await api.client.post(
        "/uploads",
        content="Phone\n919876543210\n",
        headers=headers | {"content-type": "text/csv"},
    )
    key = await api.client.post("/keys", json={"name": "old", "scopes": ["send"]}, headers=headers)
    user = await api.client.post(
        "/users",
        json={
            "login": secrets.token_hex(8),
            "kind": "api",
            "role": "sender",
            "password": PASSWORD,
        },
        headers=headers,
    )
    group = await api.client.post("/groups", json={"name": "old"}, headers=headers)
    await api.client.post(
        f"/groups/{group.json()['id']}/contacts",
        json={"contacts": [{"mobile": "919876543210"}]},
        headers=headers,
    )
    return {
        "campaign_uuid": campaign.uuid,
        "group_id": group.json()["id"],
        "user_id": user.json()["id"],
        "webhook_id": webhook.json()["id"],
        "upload_id": upload.json()["id"],
        "prefix": key.json()["prefix"],
        "msisdn": "919876543210",
        "sender_id": "ACMEIN",
    }


async def test_every_call_that_may_change_something_is_noted_or_says_why_not() -> None:
    may_change = {f"{method} {path}" for method, path in MADE if method not in {"GET", "HEAD"}}

    assert may_change - NOTED.keys() - NOT_NOTED.keys() - TOLD_ELSEWHERE.keys() == set()
    assert (NOTED.keys() | NOT_NOTED.keys() | TOLD_ELSEWHERE.keys()) - ALL == set()
    assert all((NOT_NOTED | TOLD_ELSEWHERE).values())


@pytest.mark.parametrize("place", NOTED)
async def test_a_call_that_changes_something_is_noted_with_its_author(
    api: Api, place: str
) -> None:
    acme = await api.account(place[-60:], "ACMEIN")
    noted, made = NOTED[place], await things(api, acme)
    method, _, path = place.partition(" ")
    newest = await api.database.fetchval("SELECT max(id) FROM audit_entry")
    if noted.first is not None:
        await api.client.request(noted.first[0], noted.first[1].format(**made), headers=acme)

    kind = {} if noted.content is None else {"content-type": "text/csv"}
    answer = await api.client.request(
        method,
        path.format(**made),
        params={name: value.format(**made) for name, value in noted.params.items()},
        json=noted.json,
        content=noted.content,
        headers=acme | kind,
    )

    assert answer.is_success, answer.text
    entries = await api.database.fetch(
        "SELECT * FROM audit_entry WHERE id > $1 ORDER BY id", newest
    )
    assert tuple(entry["action"] for entry in entries) == noted.actions
    prefix = acme["apikey"].split("_")[1]
    assert {
        (entry["author_kind"], entry["author_name"], entry["key_prefix"], str(entry["address"]))
        for entry in entries
    } == {("key", "first key", prefix, "127.0.0.1")}
    assert all(entry["subject"] for entry in entries)


async def test_calls_that_note_nothing_change_nothing(database_url: str) -> None:
    async with running_api(database_url) as api:
        acme = await api.account("acme", "ACMEIN")
        made = await things(api, acme)
        erased = await api.client.delete("/recipients/919876543299", headers=acme)
        made["erasure_id"] = erased.json()["id"]
        await api.client.put("/suppressions/919876543210", headers=acme)
    database = await asyncpg.connect(database_url)
    name = await database.fetchval("SELECT current_database()")
    await database.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    await database.close()
    # From here on whatever writes is refused by Postgres, and answered with 503.
    async with running_api(database_url) as api:
        answers = {}
        for place in READING:
            method, _, path = place.partition(" ")
            query = dict(OLD) if path.startswith("/SMSApi/") else {}
            if path == "/days":
                query = {"from": "2026-11-01", "to": "2026-11-30"}
            if path == "/campaigns/compare":
                query = {"a": made["campaign_uuid"], "b": made["campaign_uuid"]}
            answers[place] = await api.client.request(
                method,
                path.format(**made),
                params={key: value.format(**made) for key, value in query.items()},
                json=BODIES.get(place),
                headers=acme,
            )
        written = await api.client.post(
            "/keys", json={"name": "x", "scopes": ["send"]}, headers=acme
        )

    assert written.status_code == 503
    assert {place: each.status_code for place, each in answers.items()} == dict.fromkeys(
        answers, 200
    )
