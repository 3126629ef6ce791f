"""A campaign's events come live, without loss or repetition, and only to its account."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.errors import NotFoundError, StreamsBusyError
from services.api.domain.event_places import Place, StreamPlace
from services.api.operations.authenticate import authenticate_key
from services.api.operations.follow_campaign import LiveEvents
from services.api.operations.key_access import KeyAccess
from shared.domain.messages import MessageStatus
from shared.storage.engine import create_engine
from tests.support.api import Api
from tests.support.api_process import api_process
from tests.support.event_streams import listening
from tests.support.links import SeededCampaign
from tests.support.reports import a_campaign
from tests.support.sends import Headers
from tests.support.told_events import click, seed_counted_campaign, settle, submit

# Of the first account, and its key.
REVOKED = "UPDATE api_key SET revoked_at = now() WHERE id = 1"
EXPIRED = "UPDATE api_key SET expires_at = now() WHERE id = 1"
OUTSIDE_BY_KEY = "UPDATE api_key SET ip_allow_list = '{192.0.2.1}' WHERE id = 1"
OUTSIDE = "UPDATE account SET ip_allow_list = '{192.0.2.1}' WHERE id = 1"


class Stage(NamedTuple):
    """An API as an operator runs it, and a campaign of an account of its."""

    client: httpx.AsyncClient
    engine: AsyncEngine
    database_url: str
    headers: Headers
    campaign: SeededCampaign
    folder: Path

    async def click(self, *positions: int) -> None:
        await click(self.database_url, self.folder, self.campaign, *positions)

    async def submit(self, *positions: int) -> None:
        async with self.engine.begin() as connection:
            await submit(connection, self.campaign.id, positions)


@pytest.fixture
async def stage(api: Api, acme: Headers, tmp_path: Path) -> AsyncIterator[Stage]:
    engine = create_engine(api.database_url, application="test")
    campaign = await seed_counted_campaign(engine, api.database_url, recipient_count=300)
    with api_process("python", api.database_url, tmp_path / "log") as sync_client:
        async with httpx.AsyncClient(base_url=sync_client.base_url, timeout=30) as client:
            yield Stage(client, engine, api.database_url, acme, campaign, tmp_path)
    await engine.dispose()


async def test_clicks_and_deliveries_come_as_they_land(stage: Stage) -> None:
    async with listening(stage.client, str(stage.campaign.uuid), stage.headers) as listener:
        await stage.submit(0, 1)
        first = await listener.hear(2)
        async with stage.engine.begin() as connection:
            await settle(connection, stage.campaign.id, {0: MessageStatus.DELIVERED})
        second = await listener.hear(1)
        await stage.click(1)
        start = time.monotonic()
        third = await listener.hear(1)
        took_s = time.monotonic() - start

    assert [event.type for event in first] == ["message.submitted"] * 2
    assert [event.data["position"] for event in first] == [0, 1]
    assert (second[0].type, second[0].data["status"]) == ("message.delivered", "delivered")
    assert (third[0].type, third[0].data["position"]) == ("click.recorded", 1)
    assert third[0].data["campaign_uuid"] == str(stage.campaign.uuid)
    assert took_s < 2


async def test_who_comes_again_misses_nothing_and_hears_nothing_twice(stage: Stage) -> None:
    uuid = str(stage.campaign.uuid)
    async with listening(stage.client, uuid, stage.headers) as listener:
        await stage.submit(*range(150))
        heard = await listener.hear(37)
    last_id = heard[-1].id
    await stage.click(*range(120))
    while len(heard) < 270:
        # Broken off again and again, in the middle of batches.
        async with listening(stage.client, uuid, stage.headers, last_id=last_id) as listener:
            more = await listener.hear(min(41, 270 - len(heard)))
            heard += more
            last_id = more[-1].id

    submitted = [e.data["position"] for e in heard if e.type == "message.submitted"]
    clicked = [e.data["position"] for e in heard if e.type == "click.recorded"]
    assert submitted == list(range(150))
    assert clicked == list(range(120))
    assert len({event.id for event in heard}) == 270


async def test_what_is_committed_late_is_not_skipped(stage: Stage) -> None:
    uuid = str(stage.campaign.uuid)
    async with listening(stage.client, uuid, stage.headers) as listener:
        async with stage.engine.begin() as late:
            await submit(late, stage.campaign.id, [0])
            # Begun later, committed sooner.
            await stage.click(1)
            first = await listener.hear(1)
            last_id = first[0].id
        second = await listener.hear(1)
    async with listening(stage.client, uuid, stage.headers, last_id=last_id) as listener:
        again = await listener.hear(1)

    assert [event.type for event in first] == ["click.recorded"]
    assert [event.type for event in second] == ["message.submitted"]
    assert again == second


async def test_a_stream_begins_with_what_comes_from_then_on(stage: Stage) -> None:
    await stage.submit(0)
    async with listening(stage.client, str(stage.campaign.uuid), stage.headers) as listener:
        await stage.submit(1)
        heard = await listener.hear(1)

    assert heard[0].data["position"] == 1


async def test_what_is_no_longer_kept_is_told_as_a_reset(stage: Stage, api: Api) -> None:
    uuid = str(stage.campaign.uuid)
    for position in range(3):
        await stage.submit(position)
    await api.database.execute("DELETE FROM event_batch WHERE number < 3")
    last_id = str(StreamPlace(Place(0), Place(1)))
    async with listening(stage.client, uuid, stage.headers, last_id=last_id) as listener:
        heard = await listener.hear(2)
    await api.database.execute("DELETE FROM event_batch")
    async with listening(stage.client, uuid, stage.headers, last_id=last_id) as listener:
        none_kept = await listener.hear(1)

    assert [event.type for event in heard] == ["reset", "message.submitted"]
    assert heard[1].data["position"] == 2
    assert none_kept[0].type == "reset"


@pytest.mark.parametrize("command", ["python"])
async def test_a_stop_ends_streams_at_once(
    api: Api, acme: Headers, tmp_path: Path, command: str
) -> None:
    engine = create_engine(api.database_url, application="test")
    campaign = await seed_counted_campaign(engine, api.database_url)
    await engine.dispose()
    with api_process(command, api.database_url, tmp_path / "log") as sync_client:
        base_url = sync_client.base_url
        client = httpx.AsyncClient(base_url=base_url, timeout=30)
        context = listening(client, str(campaign.uuid), acme)
        listener = await context.__aenter__()
    # The process was told to end, and has ended.
    start = time.monotonic()
    assert await listener.hear(1) == []
    await context.__aexit__(None, None, None)
    await client.aclose()

    assert listener.has_ended
    assert time.monotonic() - start < 5
    log = (tmp_path / "log").read_text()
    assert "exceeded" not in log
    assert "Traceback" not in log


async def test_a_campaign_of_another_account_is_not_found(api: Api, acme: Headers) -> None:
    stranger = await api.account("stranger")
    path = f"/campaigns/{(await a_campaign(api, acme)).uuid}/events"

    response = await api.client.get(path, headers=stranger)
    without = await api.client.get(path)
    await api.database.execute("UPDATE api_key SET scopes = '{send}'")
    lacking = await api.client.get(path, headers=acme)

    assert [r.status_code for r in (response, without, lacking)] == [404, 401, 403]


@pytest.mark.parametrize("last_id", ["1", "c1-d1", "c1.1-d1.1x", "c1.1-d" + "9" * 30])
async def test_an_id_that_is_none_is_refused(api: Api, acme: Headers, last_id: str) -> None:
    campaign = await a_campaign(api, acme)

    response = await api.client.get(
        f"/campaigns/{campaign.uuid}/events", headers=acme | {"last-event-id": last_id}
    )

    assert (response.status_code, response.json()["field"]) == (400, "Last-Event-ID")


async def test_an_id_from_the_future_is_told_as_a_reset(stage: Stage) -> None:
    await stage.submit(0)
    uuid = str(stage.campaign.uuid)
    path = f"/campaigns/{uuid}/events"
    headers = stage.headers | {"last-event-id": "c7.9999-d7.9999"}
    async with stage.client.stream("GET", path, headers=headers) as response:
        lines = response.aiter_lines()
        head = [await anext(lines) for _ in range(3)]

    assert head[1:] == ["id: c0.9999-d1.9999", "event: reset"]


async def test_streams_are_bounded_and_let_go(api: Api, acme: Headers) -> None:
    engine = create_engine(api.database_url, application="test")
    mine = await seed_counted_campaign(engine, api.database_url)
    others = await seed_counted_campaign(engine, api.database_url, account="other")
    caller = await authenticate_key(engine, acme["apikey"])
    access = KeyAccess(caller.key_id or 0, None)
    live = LiveEvents(engine, max_streams=3, max_per_account=2, heartbeat_s=0.1)
    live.start()

    first, second = [await live.open(caller.account, mine.uuid, None, access) for _ in range(2)]
    with pytest.raises(StreamsBusyError):
        await live.open(caller.account, mine.uuid, None, access)
    first.close()
    first.close()
    third = await live.open(caller.account, mine.uuid, None, access)
    heard = [await anext(told) for told in [third.follow()] for _ in range(3)]
    second.close()
    with pytest.raises(NotFoundError):
        await live.open(caller.account, others.uuid, None, access)
    await live.open(caller.account, mine.uuid, None, access)
    with pytest.raises(StreamsBusyError):
        await live.open(caller.account, mine.uuid, None, access)
    await live.aclose()
    await engine.dispose()

    assert [(told.event, told.is_gap) for told in heard] == [(None, False)] * 3


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(REVOKED, id="revoked"),
        pytest.param(EXPIRED, id="expired"),
        pytest.param(OUTSIDE_BY_KEY, id="outside the key's list"),
        pytest.param(OUTSIDE, id="outside the account's"),
    ],
)
async def test_a_stream_ends_within_a_second_of_its_key(
    api: Api, acme: Headers, change: str
) -> None:
    engine = create_engine(api.database_url, application="test")
    mine = await seed_counted_campaign(engine, api.database_url)
    key_id = (await authenticate_key(engine, acme["apikey"])).key_id or 0
    other = (await authenticate_key(engine, (await api.account("other"))["apikey"])).key_id or 0
    account = (await authenticate_key(engine, acme["apikey"])).account
    live = LiveEvents(engine, max_streams=3, max_per_account=2)
    live.start()
    ended = (await live.open(account, mine.uuid, None, KeyAccess(key_id, None))).follow()
    lasting = (await live.open(account, mine.uuid, None, KeyAccess(other, None))).follow()
    await anext(ended)
    await anext(lasting)
    left = asyncio.ensure_future(anext(lasting))

    start = time.monotonic()
    await api.database.execute(change)
    rest = [told async for told in ended]
    took_s = time.monotonic() - start
    is_left = not left.done()
    await live.aclose()
    await asyncio.gather(left, return_exceptions=True)
    await engine.dispose()

    assert (rest, is_left) == ([], True)
    assert took_s < 1


async def test_streams_hold_no_connection_of_their_own(stage: Stage, api: Api) -> None:
    uuid = str(stage.campaign.uuid)
    listeners = [listening(stage.client, uuid, stage.headers) for _ in range(15)]
    opened = [await listener.__aenter__() for listener in listeners]
    await asyncio.sleep(1.2)

    connections = await api.database.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'txlink-api'"
        " AND datname = current_database() AND client_port IS NOT NULL"
    )
    await stage.submit(0)
    heard = [await listener.hear(1) for listener in opened]
    for listener in listeners:
        await listener.__aexit__(None, None, None)

    assert all(events[0].data["position"] == 0 for events in heard)
    assert connections <= 10
