"""A number that is erased is nowhere any more, and all that was counted of it stays."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.redirector.recorder.reclassing import Reclassing
from services.redirector.storage.connections import Pool, open_pool
from services.worker.erasing import BatchLimits, erase_due
from services.worker.jobs.settle_delivery_reports import SettleDeliveryReports
from shared.clock import SystemClock
from shared.domain.outbound import parse_reach
from shared.schema.grants import Service
from shared.storage.engine import create_engine
from tests.support.api import Api, running_api
from tests.support.journals import record_all
from tests.support.links import SeededCampaign
from tests.support.personal_sends import ready_upload
from tests.support.randomness import seeded
from tests.support.retention import Host, a_host, counted, reconciled
from tests.support.roles import engine_as, url_as
from tests.support.waiting import until
from tests.support.webhook_receiver import Receiver, receiver
from tests.support.whole_database import places_of, rows_of_all_tables
from tests.support.worker_task import running_worker

NUMBER, NEIGHBOUR = "919876500077", "919876500078"
# All that is to be gone: the number in its forms, and what was only ever about it.
MARKS = (
    "9876500077",
    "98765 00077",
    "Zubeida",
    "own-destination-77",
    "tapped-by-77",
    "agent-of-77",
    "8.8.77.77",
)
NEIGHBOURS_MARKS = ("Yusuf", "own-destination-78", "agent-of-78")
DELIVERY_COUNTS = "SELECT * FROM campaign_delivery ORDER BY campaign_id"
OF_NEIGHBOUR = """
SELECT m::text, p::text, h::text, r::text FROM message m
LEFT JOIN personal_text p USING (campaign_id, position)
LEFT JOIN hit h USING (campaign_id, position)
LEFT JOIN recipient_clicks r USING (campaign_id, position)
WHERE m.msisdn = 919876500078 ORDER BY 1, 3
"""
CAMPAIGN = """
SELECT id, uuid, token_length, first_link FROM campaign WHERE uuid = $1
"""
SMALL = BatchLimits(messages=2, hits=2, rows=2, answers=1)
PENDING = "SELECT count(*) FROM webhook_delivery WHERE status = 'pending'"
ADD_REPORT = "INSERT INTO delivery_report (carrier, raw) VALUES ('sandbox', $1)"
UNDER_WAY = "SELECT count(*) FROM message WHERE status IN (0, 1) OR status = 2"


@dataclass(frozen=True, slots=True)
class World:
    """An account that does all that there is to do, on its own database."""

    api: Api
    headers: dict[str, str]
    engine: AsyncEngine
    host: Host
    pool: Pool

    async def send(self, **values: object) -> SeededCampaign:
        """Send, and return the campaign as the journal's hits need it."""
        response = await self.api.client.post(
            "/send", json={"trackLink": "true"} | values, headers=self.headers
        )
        assert response.status_code == 200, response.text
        row = await self.api.database.fetchrow(CAMPAIGN, response.json()["uuid"])
        assert row is not None
        return SeededCampaign(row[0], row[1], row[2], row[3], [])

    async def erase(self, number: str = NUMBER, **query: str) -> dict[str, object]:
        """Ask for an erasure."""
        response = await self.api.client.delete(
            f"/recipients/{number}", params=query, headers=self.headers
        )
        assert response.status_code == 202, response.text
        answer: dict[str, object] = response.json()
        return answer

    def click(self, campaign: SeededCampaign, position: int, who: str) -> None:
        """Have the journal hold somebody's tap."""
        self.host.journal.add(
            campaign,
            position,
            user_agent=f"Mozilla/5.0 (Linux; Android 14) Chrome/124.0 Mobile agent-of-{who}",
            address=f"8.8.77.{who}",
            headers=(
                "accept: text/html\r\naccept-encoding: gzip\r\naccept-language: en\r\n"
                f"x-forwarded-for: 8.8.77.{who}\r\n"
                f"referer: https://mail.example/inbox?tapped-by-{who}\r\n"
            ),
        )

    async def is_settled(self) -> bool:
        """Tell whether nothing is under way any more."""
        return not await self.api.database.fetchval(UNDER_WAY)


@asynccontextmanager
async def a_world(database_url: str, folder: Path) -> AsyncIterator[World]:
    engine = create_engine(database_url, application="test")
    pool = await open_pool(
        url_as(Service.RECORDER, database_url), application="test", size=5, statement_timeout_s=20
    )
    try:
        async with running_api(database_url, webhook_networks=parse_reach("127.0.0.1")) as api:
            headers = await api.account("acme", "ACMEIN")
            yield World(api, headers, engine, a_host(pool, folder), pool)
    finally:
        await pool.close()
        await engine.dispose()


@pytest.fixture
async def world(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(database_url, tmp_path) as world:
        yield world


async def all_told(world: World, hook: Receiver) -> bool:
    """Tell whether the webhook has been told of all that came of messages and links."""
    return len(hook.requests) > 1 and not await world.api.database.fetchval(PENDING)


async def everything_happens(world: World, database_url: str) -> list[SeededCampaign]:
    """Drive the number, and its neighbour, through all that keeps anything of them."""
    with receiver() as hook:
        made = await world.api.client.post(
            "/webhooks",
            json={"url": hook.url, "kinds": ["click.recorded", "message.delivered"]},
            headers=world.headers,
        )
        assert made.status_code == 201, made.text
        rows = f"Mobile,Name,Note\n{NUMBER},Zubeida,+91 98765 00077\n{NEIGHBOUR},Yusuf,x\n"
        upload = await ready_upload(world.api, world.headers, rows + "919876500079,Amal,\n")
        two = f"{NUMBER},{NEIGHBOUR},919876500079"
        async with running_worker(database_url, webhook_networks=parse_reach("127.0.0.1")):
            campaigns = [
                await world.send(
                    mobile=two, msg="Sale https://shop.example/a", idempotencyKey="first"
                ),
                await world.send(
                    sms=[
                        {
                            "mobile": number,
                            "msg": f"Hi {name} https://shop.example/own-destination-{end}",
                        }
                        for number, name, end in (
                            (NUMBER, "Zubeida", "77"),
                            (NEIGHBOUR, "Yusuf", "78"),
                        )
                    ],
                    idempotencyKey="second",
                ),
                await world.send(upload=upload, msg="Dear {Name} https://shop.example/u"),
                # Nobody else's, so that its text is the number's own.
                await world.send(
                    mobile=NUMBER, msg="Zubeida, see https://shop.example/own-destination-77"
                ),
            ]
            await until(world.is_settled)
            for campaign in campaigns[:3]:
                for position, who in enumerate(("77", "78")):
                    world.click(campaign, position, who)
                    world.click(campaign, position, who)
            await record_all(world.host.recorder)
            await until(partial(all_told, world, hook))
    return campaigns


async def consent(world: World) -> None:
    """Have the number and its neighbour in a contact group, and opted out."""
    client, headers = world.api.client, world.headers
    group = await client.post("/groups", json={"name": "Customers"}, headers=headers)
    contacts = [
        {"mobile": number, "columns": {"Name": name}}
        for number, name in ((NUMBER, "Zubeida"), (NEIGHBOUR, "Yusuf"))
    ]
    await client.post(
        f"/groups/{group.json()['id']}/contacts", json={"contacts": contacts}, headers=headers
    )
    for number, note in ((NUMBER, "Zubeida said STOP"), (NEIGHBOUR, "Yusuf did")):
        noted = await client.put(f"/suppressions/{number}", json={"note": note}, headers=headers)
        assert noted.status_code == 201, noted.text


async def test_an_erased_number_is_nowhere_and_all_counts_stay(
    world: World, database_url: str
) -> None:
    database = world.api.database
    campaigns = await everything_happens(world, database_url)
    await consent(world)
    export = await world.api.client.get(f"/recipients/{NUMBER}/export", headers=world.headers)
    # Those that wait are cancelled, and a report of one that was sent comes later.
    late = await world.send(
        mobile=f"{NUMBER},{NEIGHBOUR}",
        msg="Zubeida too",
        trackLink="false",
        category="transactional",
    )
    await database.execute(
        "UPDATE message SET status = 2, carrier_message_id = 'late-' || position "
        "WHERE campaign_id = $1",
        late.id,
    )
    await database.execute(
        "UPDATE campaign_delivery SET queued = 0, submitted = 2 WHERE campaign_id = $1", late.id
    )
    waiting = await world.send(
        mobile=f"{NUMBER},{NEIGHBOUR}",
        msg="Later",
        trackLink="false",
        category="transactional",
        scheduleTime=f"{SystemClock().now() + timedelta(days=30):%Y-%m-%d %H:%M}",
    )
    await database.execute(ADD_REPORT, "id:x1 stat:DELIVRD dest:+91 98765 00077 text:Hi Zubeida")
    rows = await rows_of_all_tables(database)
    assert {mark for mark in MARKS if not places_of(rows, [mark])} == set()
    before = await counted(database)
    delivery_before = await database.fetch(DELIVERY_COUNTS)
    neighbour_before = await database.fetch(OF_NEIGHBOUR)

    begun = await world.erase()
    assert (await world.erase())["id"] == begun["id"]
    await erase_due(engine_as(Service.WORKER, world.engine), SMALL)

    # Beside recipients whose links nobody followed, who are kept as erased.
    assert [row for row in await counted(database) if row[3]] == [row for row in before if row[3]]
    told = await world.api.client.get(f"/erasures/{begun['id']}", headers=world.headers)
    assert told.json()["status"] == "done"
    assert told.json()["messages_erased"] == 6
    # What comes later is of nobody, and counts.
    world.click(campaigns[0], 0, "77")
    await record_all(world.host.recorder)
    await database.execute(ADD_REPORT, f"id:late-0 stat:DELIVRD dest:{NUMBER} text:Hi Zubeida")
    await settle_reports(world)
    rows = await rows_of_all_tables(database)
    # That it is not to be sent to is remembered, until it is told to forget that, too.
    kept = places_of(rows, [NUMBER])
    assert [place.split(":")[0] for place in kept] == ["suppression"]
    assert await database.fetchval("SELECT contact_count FROM contact_group") == 1
    await world.erase(keep_opt_out="false")
    await erase_due(engine_as(Service.WORKER, world.engine), SMALL)
    rows = await rows_of_all_tables(database)
    assert places_of(rows, [mark for mark in MARKS if mark != "Zubeida"]) == []
    # What went to others, too, is theirs as well.
    assert {place.split(":")[0] for place in places_of(rows, ["Zubeida"])} == {"campaign"}
    assert len(places_of(rows, ["Zubeida"])) == 1
    neighbour_after = await database.fetch(OF_NEIGHBOUR)
    assert neighbour_after == neighbour_before
    assert {mark for mark in NEIGHBOURS_MARKS if not places_of(rows, [mark])} == set()
    moved = {row["campaign_id"]: row for row in await database.fetch(DELIVERY_COUNTS)}
    for record in delivery_before:
        if record["campaign_id"] not in {waiting.id, late.id}:
            assert record == moved[record["campaign_id"]]
    assert (moved[waiting.id]["queued"], moved[waiting.id]["cancelled"]) == (1, 1)
    assert moved[late.id]["delivered"] == 1
    found = await reconciled(database_url, world.host)
    assert found.differences == []
    # Classing anew changes nothing of it.
    reclassing = Reclassing(world.pool)
    await reclassing.reclass_all()
    assert reclassing.progress.changed_count == 0
    assert_all_is_exported(export.json())


def assert_all_is_exported(document: dict[str, Any]) -> None:
    assert len(document["messages"]) == 4
    assert len(document["visits"]) == 6
    assert document["opt_out"]["note"] == "Zubeida said STOP"
    assert [(each["group_name"], each["columns"]) for each in document["contacts"]] == [
        ("Customers", {"Name": "Zubeida"})
    ]


async def test_what_others_rows_say_of_a_number_is_gone_and_a_number_that_ends_alike_stays(
    world: World,
) -> None:
    number, alike = "917025550123", "+1 702-555-0123"
    rows = f"Mobile,Name\n{number},Zubeida\n{alike},Sam\n"
    await ready_upload(world.api, world.headers, rows)
    group = await world.api.client.post("/groups", json={"name": "All"}, headers=world.headers)
    contacts = [
        {"mobile": mobile, "columns": {"Second": second, "Name": "Yusuf"}}
        for mobile, second in (
            (number, "9876500079"),
            (NEIGHBOUR, "070255 50123"),
            ("919876500079", "or\u00a0+91\u00a070255\u201350123"),
            (alike, "9876500079"),
        )
    ]
    await world.api.client.post(
        f"/groups/{group.json()['id']}/contacts",
        json={"contacts": contacts},
        headers=world.headers,
    )

    await world.erase(number, keep_opt_out="false")
    await erase_due(engine_as(Service.WORKER, world.engine), SMALL)

    rows_left = await world.api.database.fetch(
        "SELECT mobile, msisdn, cells[2] AS name FROM upload_row ORDER BY position"
    )
    assert [tuple(row) for row in rows_left] == [
        ("erased", None, ""),
        (alike, 17025550123, "Sam"),
    ]
    left = await world.api.database.fetch(
        "SELECT msisdn, columns->>'Second' AS second, columns->>'Name' AS name FROM contact "
        "ORDER BY msisdn"
    )
    assert [tuple(row) for row in left] == [
        (17025550123, "9876500079", "Yusuf"),
        (int(NEIGHBOUR), "erased", "Yusuf"),
        (919876500079, "or\u00a0erased", "Yusuf"),
    ]


async def settle_reports(world: World) -> None:
    """Have the worker read the reports that nobody queued."""
    ids = [
        row["id"]
        for row in await world.api.database.fetch(
            "SELECT id FROM delivery_report WHERE settled_at IS NULL"
        )
    ]
    await SettleDeliveryReports(engine_as(Service.WORKER, world.engine), seeded(1)).run(ids)


async def test_erasures_and_exports_are_their_accounts_own_and_leave_a_masked_trace(
    world: World,
) -> None:
    other = await world.api.account("beta", "BETAIN")
    await world.send(mobile=NUMBER, msg="Sale https://shop.example/a")
    begun = await world.erase(keep_opt_out="false")

    foreign = await world.api.client.get(f"/erasures/{begun['id']}", headers=other)
    document = await world.api.client.get(f"/recipients/{NUMBER}/export", headers=other)
    await world.api.client.get(f"/recipients/{NUMBER}/export", headers=world.headers)
    await world.api.client.delete(f"/recipients/{NUMBER}", headers=other)
    await erase_due(engine_as(Service.WORKER, world.engine), SMALL)

    assert (foreign.status_code, foreign.json()["code"]) == (404, "not_found")
    told = document.json()
    lists = {name: found for name, found in told.items() if isinstance(found, list)}
    assert lists == {name: [] for name in lists}
    assert (len(lists), told["opt_out"]) == (6, None)
    trail = await world.api.database.fetch(
        "SELECT action, subject, after::text FROM audit_entry WHERE action LIKE 'recipient.%'"
    )
    assert {row["action"] for row in trail} == {"recipient.erase", "recipient.export"}
    assert {row["subject"] for row in trail} == {"9198******77"}
    assert not any(NUMBER in str(tuple(row)) for row in trail)


async def test_a_message_that_a_worker_has_is_waited_for(world: World) -> None:
    campaign = await world.send(mobile=f"{NUMBER},{NEIGHBOUR}", msg="Sale https://shop.example/a")
    take = """
        UPDATE message SET status = 1, claimed_until = now() + interval '1 minute'
        WHERE campaign_id = $1 AND position = 0
    """
    await world.api.database.execute(take, campaign.id)
    await world.api.database.execute(
        "UPDATE campaign_delivery SET queued = queued - 1, submitting = 1 WHERE campaign_id = $1",
        campaign.id,
    )
    begun = await world.erase()

    await erase_due(engine_as(Service.WORKER, world.engine))
    under_way = await world.api.client.get(f"/erasures/{begun['id']}", headers=world.headers)
    await world.api.database.execute("UPDATE message SET claimed_until = now()")
    await world.api.database.execute("UPDATE erasure SET due_at = now()")
    await erase_due(engine_as(Service.WORKER, world.engine))

    done = await world.api.client.get(f"/erasures/{begun['id']}", headers=world.headers)
    assert [each.json()["status"] for each in (under_way, done)] == ["under_way", "done"]
    counts = await world.api.database.fetchrow(
        "SELECT queued, submitting, cancelled FROM campaign_delivery"
    )
    assert tuple(counts or ()) == (1, 0, 1)
