"""What becomes of messages, and who clicked, is told in the transaction that stores it."""

import asyncio
from datetime import timedelta
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from services.worker.storage.messages import Settlement, apply_settlements, claim_window
from shared.domain.messages import MessageStatus
from tests.support.journals import CRAWLER
from tests.support.links import seed_campaign
from tests.support.stored_campaigns import FIRST_MSISDN, store_campaign
from tests.support.told_events import add_webhook, batches, click, settle, submit
from tests.support.waiting import until, waits_for_a_lock


def told(rows: list[dict[str, object]]) -> list[tuple[object, ...]]:
    return [(row["source"], row["number"], row["kind"], row["places"]) for row in rows]


async def test_each_step_of_a_message_is_told_once(engine: AsyncEngine) -> None:
    campaign_id = await store_campaign(engine, msisdns=range(FIRST_MSISDN, FIRST_MSISDN + 4))
    async with engine.begin() as connection:
        await submit(connection, campaign_id, [0, 1, 2])
        await submit(connection, campaign_id, [0, 1, 2])
    verdicts = {0: MessageStatus.DELIVERED, 1: MessageStatus.EXPIRED, 2: MessageStatus.DELIVERED}
    async with engine.begin() as connection:
        await settle(connection, campaign_id, verdicts)
        await settle(connection, campaign_id, verdicts)

    assert told(await batches(engine)) == [
        ("deliveries", 1, "message.submitted", [0, 1, 2]),
        ("deliveries", 2, "message.delivered", [0, 2]),
        ("deliveries", 3, "message.failed", [1]),
    ]


async def test_what_is_queued_again_is_not_told(engine: AsyncEngine) -> None:
    campaign_id = await store_campaign(engine, msisdns=range(FIRST_MSISDN, FIRST_MSISDN + 2))
    async with engine.begin() as connection:
        await claim_window(connection, campaign_id, [0, 1], lifetime=timedelta(minutes=1))
        again = Settlement(0, MessageStatus.QUEUED, failure_cause="LINE DOWN")
        failed = Settlement(1, MessageStatus.FAILED, failure_cause="BAD NUMBER")
        await apply_settlements(connection, campaign_id, [again, failed])

    assert told(await batches(engine)) == [("deliveries", 1, "message.failed", [1])]


async def test_a_batch_holds_a_hundred_at_most_and_numbers_have_no_gap(
    engine: AsyncEngine,
) -> None:
    positions = range(250)
    campaign_id = await store_campaign(engine, msisdns=[FIRST_MSISDN + n for n in positions])
    async with engine.begin() as connection:
        await submit(connection, campaign_id, positions)
        await settle(connection, campaign_id, dict.fromkeys(positions, MessageStatus.DELIVERED))

    rows = await batches(engine)

    assert [row["number"] for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [len(row["places"]) for row in rows] == [100, 100, 50] * 2
    assert [place for row in rows for place in row["places"]] == [*positions, *positions]


async def test_clicks_are_told_and_what_machines_do_is_not(
    engine: AsyncEngine, database_url: str, tmp_path: Path
) -> None:
    first = await seed_campaign(database_url, recipient_count=150)
    other = await seed_campaign(database_url)
    await click(database_url, tmp_path, first, *range(150), 7)
    await click(database_url, tmp_path, other, 0, 1, user_agent=CRAWLER)
    await click(database_url, tmp_path, first, 3)

    rows = await batches(engine)

    assert [(row["campaign_id"], row["number"], len(row["places"])) for row in rows] == [
        (first.id, 1, 100),
        (first.id, 2, 51),
        (first.id, 3, 1),
    ]
    assert all(row["kind"] == "click.recorded" for row in rows)
    assert all(row["first_at"] <= row["last_at"] for row in rows)


async def test_only_what_a_webhook_wants_is_due(
    engine: AsyncEngine, database_url: str, tmp_path: Path
) -> None:
    heard = await store_campaign(engine, msisdns=range(FIRST_MSISDN, FIRST_MSISDN + 1))
    unheard = await store_campaign(engine, msisdns=range(FIRST_MSISDN, FIRST_MSISDN + 1))
    clicked = await seed_campaign(database_url)
    await add_webhook(engine, heard, "https://a.example/", kinds=["message.delivered"])
    await add_webhook(engine, clicked.id, "https://a.example/", kinds=["click.recorded"])
    for campaign_id in (heard, unheard):
        async with engine.begin() as connection:
            await submit(connection, campaign_id, [0])
            await settle(connection, campaign_id, {0: MessageStatus.DELIVERED})
    await click(database_url, tmp_path, clicked, 0)

    due = {(row["campaign_id"], row["kind"]) for row in await batches(engine) if row["is_due"]}

    assert due == {(heard, "message.delivered"), (clicked.id, "click.recorded")}


async def test_numbers_are_drawn_in_the_order_of_the_commits(
    engine: AsyncEngine, database_url: str
) -> None:
    campaign_id = await store_campaign(engine, msisdns=range(FIRST_MSISDN, FIRST_MSISDN + 2))

    async def submit_other() -> None:
        async with engine.begin() as connection:
            await submit(connection, campaign_id, [1])

    async with engine.begin() as first:
        await submit(first, campaign_id, [0])
        other = asyncio.create_task(submit_other())
        await until(lambda: waits_for_a_lock(database_url))
        # The second has no number while the first may still commit, or may not.
        assert await batches(engine) == []
    await other

    assert told(await batches(engine)) == [
        ("deliveries", 1, "message.submitted", [0]),
        ("deliveries", 2, "message.submitted", [1]),
    ]
