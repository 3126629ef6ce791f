"""Links that are paused, end or pass queries on, also where they are cached already."""

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest
from pydantic import SecretStr

from services.api.operations.change_links import LinkChanges, change_links
from services.api.operations.change_sending import SendingChanges, change_sending
from services.redirector.settings import RedirectorSettings
from shared.storage.engine import create_engine
from tests.support.api import running_api
from tests.support.links import DESTINATION, SeededCampaign, seed_campaign
from tests.support.redirector import journaled_hits, serving
from tests.support.sends import TRACKED, send
from tests.support.waiting import TIMEOUT_S, until

GONE = "https://shop.example.com/over"


@pytest.fixture
async def campaign(database_url: str) -> SeededCampaign:
    return await seed_campaign(database_url)


@pytest.fixture
async def client(
    settings: RedirectorSettings, campaign: SeededCampaign
) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(settings) as client:
        # From here on the link is cached, and the fast lane answers for it.
        assert (await client.get(f"/{campaign.tokens[0]}")).status_code == 302
        yield client


async def change(database_url: str, campaign: SeededCampaign, **values: object) -> None:
    engine = create_engine(database_url, application="test")
    await change_links(engine, str(campaign.uuid), LinkChanges(**values))  # type: ignore[arg-type]
    await engine.dispose()


async def until_it_answers(client: httpx.AsyncClient, path: str, status: int) -> httpx.Response:
    answers = []

    async def answers_so() -> bool:
        answers.append(await client.get(path))
        return answers[-1].status_code == status

    # Within a second, says the product; a busy machine may take its time.
    await until(answers_so)
    return answers[-1]


async def until_it_leads_to(
    client: httpx.AsyncClient, path: str, location: str, *, timeout_s: float = TIMEOUT_S
) -> None:
    async def leads_there() -> bool:
        answer = await client.get(path)
        return str(answer.headers.get("location")) == location

    await until(leads_there, timeout_s=timeout_s)


async def test_paused_links_answer_410_until_they_are_resumed(
    client: httpx.AsyncClient, campaign: SeededCampaign, database_url: str
) -> None:
    path = f"/{campaign.tokens[0]}"

    await change(database_url, campaign, is_paused=True)
    gone = await until_it_answers(client, path, 410)
    await change(database_url, campaign, is_paused=False)
    again = await until_it_answers(client, path, 302)

    assert "no longer active" in gone.text
    assert "location" not in gone.headers
    assert again.headers["location"] == DESTINATION


async def test_no_click_is_counted_of_a_link_that_is_gone(
    client: httpx.AsyncClient,
    campaign: SeededCampaign,
    database_url: str,
    settings: RedirectorSettings,
) -> None:
    await change(database_url, campaign, is_paused=True)
    await until_it_answers(client, f"/{campaign.tokens[0]}", 410)
    before = len(journaled_hits(settings.journal_folder))

    await client.get(f"/{campaign.tokens[1]}")

    assert len(journaled_hits(settings.journal_folder)) == before


async def test_links_end_at_their_time(
    client: httpx.AsyncClient, campaign: SeededCampaign, database_url: str
) -> None:
    await change(database_url, campaign, expires_at="2020-01-01T00:00:00+05:30")
    await until_it_answers(client, f"/{campaign.tokens[2]}", 410)

    await change(database_url, campaign, expires_at="2999-01-01T00:00:00+00:00")
    await until_it_answers(client, f"/{campaign.tokens[2]}", 302)

    await change(database_url, campaign, expires_at="never")
    assert (await client.get(f"/{campaign.tokens[2]}")).status_code == 302


async def test_who_comes_too_late_goes_where_the_account_says(
    client: httpx.AsyncClient, campaign: SeededCampaign, database_url: str
) -> None:
    engine = create_engine(database_url, application="test")
    await change_sending(engine, "acme", SendingChanges(gone_url=GONE))
    await engine.dispose()
    await change(database_url, campaign, is_paused=True)

    await until_it_leads_to(client, f"/{campaign.tokens[0]}", GONE)


async def test_who_comes_too_late_is_never_sent_round_in_circles(
    client: httpx.AsyncClient, campaign: SeededCampaign, database_url: str
) -> None:
    engine = create_engine(database_url, application="test")
    await change_sending(engine, "acme", SendingChanges(gone_url=f"tx1.in/{campaign.tokens[0]}"))
    await engine.dispose()
    await change(database_url, campaign, is_paused=True)

    answer = await until_it_answers(client, f"/{campaign.tokens[0]}", 410)

    assert "location" not in answer.headers


async def test_query_is_passed_on_where_the_campaign_lets_it(
    client: httpx.AsyncClient, campaign: SeededCampaign, database_url: str
) -> None:
    path = f"/{campaign.tokens[0]}?utm=x"
    assert (await client.get(path)).headers["location"] == DESTINATION

    await change(database_url, campaign, query_mode="add")

    await until_it_leads_to(client, path, f"{DESTINATION}?utm=x")


async def test_pause_holds_though_the_notice_of_it_was_lost(
    client: httpx.AsyncClient, campaign: SeededCampaign, database_url: str
) -> None:
    connection = await asyncpg.connect(database_url)
    async with connection.transaction():
        # A change that no notice tells of, and the end of who would have heard of it.
        await connection.execute("ALTER TABLE link_block DISABLE TRIGGER link_block_changed")
        await connection.execute("UPDATE link_block SET is_paused = true")
        await connection.execute("ALTER TABLE link_block ENABLE TRIGGER link_block_changed")
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'txlink-redirector-listener' AND datname = current_database()"
    )
    await connection.close()

    await until_it_answers(client, f"/{campaign.tokens[0]}", 410)


async def test_changed_destination_reaches_caches_and_snapshot(
    database_url: str, settings: RedirectorSettings
) -> None:
    async with running_api(database_url) as api:
        headers = await api.account("acme")
        sent = await send(api, headers, **TRACKED)
        path = "/" + sent["link"]["sample"].rpartition("/")[2]
        async with serving(settings) as client:
            first = [await client.get(path) for _ in range(2)]
            change = await api.client.patch(
                f"/campaigns/{sent['uuid']}/links", json={"destination": GONE}, headers=headers
            )
            assert change.status_code == 200, change.text
            # Within a second, says the product; the net beneath the notices takes half a minute.
            await until_it_leads_to(client, path, GONE, timeout_s=10)
            slow_lane = await client.get(f"{path}?utm=x")

    assert {each.headers["location"] for each in first} == {"https://shop.example.com/sale"}
    assert slow_lane.headers["location"] == GONE
    nowhere = settings.model_copy(
        update={"database_url": SecretStr("postgresql://nobody@127.0.0.1:1/none")}
    )
    async with serving(nowhere) as client:
        from_snapshot = await client.get(path)
    assert from_snapshot.headers["location"] == GONE
