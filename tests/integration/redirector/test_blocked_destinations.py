"""Links that a list stops after they were sent, be they cached or not, and lets on again."""

from pathlib import Path

import asyncpg
import httpx
import pytest

from services.api.domain.destination_lists import parse_rules
from services.api.operations.change_destinations import orders_for
from services.redirector.links.snapshots import SnapshotFile
from services.redirector.settings import RedirectorSettings
from shared.storage.engine import create_engine
from tests.support.links import DESTINATION, SeededCampaign, seed_campaign, seed_personal_campaign
from tests.support.redirector import journaled_hits, serving
from tests.support.waiting import until

HOST = "shop.example.com"


async def change(
    database_url: str, kind: str, rule: str, *, account: str | None = None, is_added: bool = True
) -> None:
    engine = create_engine(database_url, application="test")
    orders = await orders_for(engine, account)
    await (orders.add if is_added else orders.remove)(kind, parse_rules(kind, [rule]))
    await engine.dispose()


async def until_it_answers(client: httpx.AsyncClient, path: str, status: int) -> httpx.Response:
    answers = []

    async def answers_so() -> bool:
        answers.append(await client.get(path))
        return answers[-1].status_code == status

    # Within a second, says the product; a busy machine may take its time.
    await until(answers_so)
    return answers[-1]


@pytest.mark.parametrize("account", [None, "acme"])
async def test_a_cached_link_is_stopped_and_let_on_again(
    database_url: str, settings: RedirectorSettings, account: str | None
) -> None:
    campaign = await seed_campaign(database_url)
    path = f"/{campaign.tokens[0]}"
    async with serving(settings) as client:
        assert (await client.get(path)).status_code == 302

        await change(database_url, "block", "example.com", account=account)
        stopped = await until_it_answers(client, path, 403)
        await change(database_url, "block", "example.com", account=account, is_added=False)
        again = await until_it_answers(client, path, 302)

    assert DESTINATION not in stopped.text
    assert "location" not in stopped.headers
    assert stopped.headers["cache-control"] == "no-store"
    assert again.headers["location"] == DESTINATION


async def test_a_personal_link_is_stopped_alone(
    database_url: str, settings: RedirectorSettings
) -> None:
    campaign = await seed_personal_campaign(
        database_url, ["https://a.example.com/1", "https://b.example.com/2"]
    )
    first, second = (f"/{token}" for token in campaign.tokens)
    async with serving(settings) as client:
        assert [(await client.get(path)).status_code for path in (first, second)] == [302, 302]

        await change(database_url, "block", "b.example.com/2")
        await until_it_answers(client, second, 403)
        of_first = await client.get(first)
        await change(database_url, "block", "b.example.com/2", is_added=False)
        again = await until_it_answers(client, second, 302)

    assert of_first.status_code == 302
    assert again.headers["location"] == "https://b.example.com/2"


async def test_a_link_that_is_first_followed_once_it_is_blocked_leads_nowhere(
    database_url: str, settings: RedirectorSettings
) -> None:
    uniform = await seed_campaign(database_url)
    personal = await seed_personal_campaign(database_url, [DESTINATION])
    await change(database_url, "block", f"={HOST}")

    async with serving(settings) as client:
        answers = [await client.get(f"/{each.tokens[0]}") for each in (uniform, personal)]

    assert [answer.status_code for answer in answers] == [403, 403]


async def test_an_allow_list_stops_all_links_of_its_account_that_it_does_not_name(
    database_url: str, settings: RedirectorSettings
) -> None:
    ours = await seed_campaign(database_url, account="acme")
    named = await seed_campaign(database_url, account="acme", destination="https://ok.example/1")
    others = await seed_campaign(database_url, account="globex")
    async with serving(settings) as client:
        for campaign in (ours, named, others):
            assert (await client.get(f"/{campaign.tokens[0]}")).status_code == 302

        await change(database_url, "allow", "ok.example", account="acme")
        await until_it_answers(client, f"/{ours.tokens[0]}", 403)
        answers = [await client.get(f"/{each.tokens[0]}") for each in (named, others)]

    assert [answer.status_code for answer in answers] == [302, 302]


async def test_visits_of_a_blocked_link_are_journaled_as_hits(
    database_url: str, settings: RedirectorSettings
) -> None:
    campaign = await seed_campaign(database_url)
    await change(database_url, "block", HOST)

    async with serving(settings) as client:
        await client.get(f"/{campaign.tokens[1]}")

    (hit,) = journaled_hits(settings.journal_folder)
    assert hit.link_number == campaign.first_link + 1


async def test_who_comes_too_late_is_not_led_to_a_blocked_place(
    database_url: str, settings: RedirectorSettings, connection: asyncpg.Connection
) -> None:
    campaign = await seed_campaign(database_url)
    await connection.execute("UPDATE account SET gone_location = 'https://evil.example/'")
    await connection.execute("UPDATE link_block SET is_paused = true")
    await change(database_url, "block", "evil.example")

    async with serving(settings) as client:
        answer = await client.get(f"/{campaign.tokens[0]}")

    assert answer.status_code == 410


async def snapshot_of(settings: RedirectorSettings, campaigns: list[SeededCampaign]) -> list[int]:
    async with serving(settings) as client:
        return [(await client.get(f"/{each.tokens[0]}")).status_code for each in campaigns]


async def test_links_stay_blocked_from_the_snapshot_while_postgres_is_away(
    database_url: str, settings: RedirectorSettings, tmp_path: Path
) -> None:
    campaigns = [
        await seed_campaign(database_url),
        await seed_personal_campaign(database_url, [DESTINATION, "https://b.example.com"]),
        await seed_campaign(database_url, destination="https://fine.example/"),
    ]
    await change(database_url, "block", HOST)
    assert await snapshot_of(settings, campaigns) == [403, 403, 302]

    away = settings.model_copy(
        update={"database_url": type(settings.database_url)("postgresql://x@127.0.0.1:1/none")}
    )
    kept = SnapshotFile(settings.snapshot_path, limit=10, personal_octet_limit=10_000).read()

    assert kept is not None
    assert await snapshot_of(away, campaigns) == [403, 403, 302]
    assert tmp_path in settings.snapshot_path.parents
