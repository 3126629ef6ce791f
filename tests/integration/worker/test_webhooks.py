"""Webhooks are told of everything, at least once, signed, and one does not wait for another."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.worker.calling import Caller
from services.worker.dispatching import dispatch
from services.worker.jobs.send_webhooks import SendWebhooks
from services.worker.storage.webhooks import apply_answer, disable, note_success
from services.worker.webhook_retrying import Answer, Ending
from shared.clock import SystemClock
from shared.domain.messages import MessageStatus
from shared.domain.outbound import Reach, parse_reach
from shared.domain.webhook_secrets import make_secret, secret_text
from shared.schema.grants import Service
from shared.storage.queue import webhook_from_payload
from tests.support.randomness import seeded
from tests.support.roles import engine_as
from tests.support.stored_campaigns import FIRST_MSISDN, store_campaign
from tests.support.told_events import (
    add_webhook,
    batches,
    click,
    deliveries,
    seed_counted_campaign,
    settle,
    submit,
    webhook,
)
from tests.support.waiting import until, waits_for_a_lock
from tests.support.webhook_receiver import receiver
from tests.support.worker_task import running_worker

HERE = parse_reach("127.0.0.1")
TAKE_JOBS = text("DELETE FROM pgqueuer WHERE entrypoint = 'send_webhooks' RETURNING payload")
MAKE_DUE = text("UPDATE webhook_delivery SET due_at = now() WHERE due_at IS NOT NULL")
END_PAUSES = text("UPDATE webhook SET paused_until = NULL")
AGE_FAILURES = text("UPDATE webhook SET failing_since = now() - interval '73 hours'")
ROTATE = text("""
    UPDATE webhook SET previous_secret = secret, previous_until = now() + interval '1 hour',
        secret = :secret
""")
PURGE = text("DELETE FROM event_batch")


@asynccontextmanager
async def sender(
    engine: AsyncEngine, *, reach: Reach = HERE, timeout_s: float = 5.0
) -> AsyncIterator[SendWebhooks]:
    caller = Caller(reach, concurrency=8, timeout_s=timeout_s)
    try:
        yield SendWebhooks(
            engine_as(Service.WORKER, engine), caller, seeded(5), SystemClock(), asyncio.Event()
        )
    finally:
        await caller.aclose()


async def jobs(engine: AsyncEngine) -> list[tuple[int, int]]:
    """Hand out what is due, and take the jobs off the queue."""
    await dispatch(engine)
    async with engine.begin() as connection:
        rows = await connection.execute(TAKE_JOBS)
        return [webhook_from_payload(row.payload) for row in rows]


async def deliver(engine: AsyncEngine, **settings: Any) -> None:  # noqa: ANN401
    """Hand out, and do all jobs that this makes."""
    async with sender(engine, **settings) as send:
        for job in await jobs(engine):
            await send.run(*job)


async def run(engine: AsyncEngine, *statements: Any, **values: object) -> None:  # noqa: ANN401
    async with engine.begin() as connection:
        for statement in statements:
            await connection.execute(statement, values)


async def one_delivered(engine: AsyncEngine, *, message_count: int = 1) -> int:
    """Store a campaign; return its id."""
    return await store_campaign(engine, msisdns=[FIRST_MSISDN + n for n in range(message_count)])


async def submit_all(engine: AsyncEngine, campaign_id: int, message_count: int = 1) -> None:
    async with engine.begin() as connection:
        await submit(connection, campaign_id, range(message_count))


async def test_every_step_and_click_arrives_signed(
    engine: AsyncEngine, database_url: str, tmp_path: Path
) -> None:
    campaign = await seed_counted_campaign(engine, database_url)
    with receiver() as found:
        _, secret = await add_webhook(engine, campaign.id, found.url)
        async with engine.begin() as connection:
            await submit(connection, campaign.id, [0, 1])
            await settle(
                connection,
                campaign.id,
                {0: MessageStatus.DELIVERED, 1: MessageStatus.UNDELIVERED},
            )
        await click(database_url, tmp_path, campaign, 0)
        await deliver(engine)
        bodies = {body["type"]: body for body in found.verified(secret)}

    assert set(bodies) == {
        "message.submitted",
        "message.delivered",
        "message.failed",
        "click.recorded",
    }
    assert all(set(body) == {"type", "timestamp", "data"} for body in bodies.values())
    [clicked] = bodies["click.recorded"]["data"]["events"]
    assert clicked["campaign_uuid"] == str(campaign.uuid)
    assert (clicked["mobile"], clicked["position"]) == ("919800000000", 0)
    assert clicked["ip"] == "81.2.69.142"
    [failed] = bodies["message.failed"]["data"]["events"]
    assert (failed["status"], failed["failure_cause"]) == ("undelivered", "ABSENT")
    submitted = bodies["message.submitted"]["data"]["events"]
    assert [event["status"] for event in submitted] == ["submitted", "submitted"]
    assert [event["settled_at"] for event in submitted] == [None, None]
    assert {row["status"] for row in await deliveries(engine)} == {"delivered"}
    assert not any(row["is_due"] for row in await batches(engine))


async def test_a_request_carries_up_to_a_hundred_events(engine: AsyncEngine) -> None:
    first = await one_delivered(engine, message_count=230)
    with receiver() as found:
        _, secret = await add_webhook(engine, first, found.url)
        await submit_all(engine, first, 230)
        await deliver(engine)

        sizes = sorted(len(body["data"]["events"]) for body in found.verified(secret))
        positions = sorted(event["position"] for event in found.events(secret))
    assert sizes == [30, 100, 100]
    assert positions == list(range(230))


async def test_what_a_receiver_does_not_take_comes_again_under_the_same_id(
    engine: AsyncEngine,
) -> None:
    campaign_id = await one_delivered(engine)
    with receiver() as found:
        found.statuses += [500]
        webhook_id, secret = await add_webhook(engine, campaign_id, found.url)
        await submit_all(engine, campaign_id)
        await deliver(engine)
        [failed] = await deliveries(engine)
        paused = await webhook(engine, webhook_id)
        too_early = await jobs(engine)
        await run(engine, MAKE_DUE, END_PAUSES)
        await deliver(engine)

        first, second = found.requests
        assert len(found.verified(secret)) == 2
    assert first[0]["webhook-id"] == second[0]["webhook-id"] == f"msg_{failed['uuid'].hex}"
    assert first[1] == second[1]
    assert (failed["status"], failed["response_status"], failed["cause"]) == (
        "pending",
        500,
        "answered 500",
    )
    assert 3 < (failed["due_at"] - failed["attempted_at"]).total_seconds() < 7
    assert (paused["failure_count"], paused["job_at"]) == (1, None)
    assert too_early == []
    [taken] = await deliveries(engine)
    assert (taken["status"], taken["attempt_count"], taken["due_at"]) == ("delivered", 2, None)
    healed = await webhook(engine, webhook_id)
    assert (healed["failure_count"], healed["failing_since"]) == (0, None)


async def test_a_delivery_that_was_not_noted_is_sent_again(engine: AsyncEngine) -> None:
    campaign_id = await one_delivered(engine)
    with receiver() as found:
        await add_webhook(engine, campaign_id, found.url)
        await submit_all(engine, campaign_id)
        [job] = await jobs(engine)
        async with sender(engine) as send:
            # As of a worker that dies while its receiver answers.
            found.delay_s = 0.5
            dying = asyncio.create_task(send.run(*job))
            await asyncio.sleep(0.2)
            dying.cancel()
            await asyncio.gather(dying, return_exceptions=True)
            found.delay_s = 0
            await send.run(*job)

    assert len(found.requests) == 2
    assert [row["status"] for row in await deliveries(engine)] == ["delivered"]


async def test_a_job_of_an_older_number_does_nothing(engine: AsyncEngine) -> None:
    campaign_id = await one_delivered(engine)
    with receiver() as found:
        await add_webhook(engine, campaign_id, found.url)
        await submit_all(engine, campaign_id)
        [(webhook_id, number)] = await jobs(engine)
        async with sender(engine) as send:
            await send.run(webhook_id, number - 1)
            before = len(found.requests)
            await send.run(webhook_id, number)

    assert (before, len(found.requests)) == (0, 1)


async def test_one_job_a_webhook_is_under_way_at_most(engine: AsyncEngine) -> None:
    campaign_id = await one_delivered(engine, message_count=2)
    await add_webhook(engine, campaign_id, "https://a.example/")
    async with engine.begin() as connection:
        await submit(connection, campaign_id, [0])
    first = await jobs(engine)
    async with engine.begin() as connection:
        await submit(connection, campaign_id, [1])

    assert (len(first), await jobs(engine)) == (1, [])


async def test_a_batch_that_is_committed_late_is_not_skipped(engine: AsyncEngine) -> None:
    slow, quick = await one_delivered(engine), await one_delivered(engine)
    with receiver() as found:
        _, secret = await add_webhook(engine, slow, found.url)
        await add_webhook(engine, quick, found.url)
        async with engine.begin() as late:
            await submit(late, slow, [0])
            await submit_all(engine, quick)
            await deliver(engine)
            before = len(found.requests)
        await deliver(engine)

    assert (before, len(found.requests)) == (1, 2)
    created = {row["campaign_id"]: row["created_at"] for row in await batches(engine)}
    assert created[slow] < created[quick]
    assert secret


async def test_a_receiver_that_is_gone_disables_its_webhook(engine: AsyncEngine) -> None:
    campaign_id = await one_delivered(engine, message_count=2)
    with receiver() as found:
        found.statuses += [410]
        webhook_id, _ = await add_webhook(engine, campaign_id, found.url)
        async with engine.begin() as connection:
            await submit(connection, campaign_id, [0])
        await deliver(engine)
        async with engine.begin() as connection:
            await submit(connection, campaign_id, [1])
        await deliver(engine)

    row = await webhook(engine, webhook_id)
    assert (row["is_enabled"], row["disabled_reason"]) == (False, "its receiver answered 410 Gone")
    assert [row["status"] for row in await deliveries(engine)] == ["given_up"]
    assert len(found.requests) == 1


async def test_a_receiver_that_asks_for_time_gets_it(engine: AsyncEngine) -> None:
    campaign_id = await one_delivered(engine)
    with receiver() as found:
        found.statuses += [429]
        found.headers["Retry-After"] = "600"
        webhook_id, _ = await add_webhook(engine, campaign_id, found.url)
        await submit_all(engine, campaign_id)
        await deliver(engine)

    [delivery] = await deliveries(engine)
    paused_until = (await webhook(engine, webhook_id))["paused_until"]
    assert timedelta(seconds=599) < delivery["due_at"] - delivery["attempted_at"]
    assert timedelta(seconds=599) < paused_until - delivery["attempted_at"]


async def test_a_receiver_that_fails_for_days_disables_its_webhook(engine: AsyncEngine) -> None:
    campaign_id = await one_delivered(engine, message_count=120)
    with receiver() as found:
        found.statuses += [503] * 9
        webhook_id, _ = await add_webhook(engine, campaign_id, found.url)
        await submit_all(engine, campaign_id, 120)
        await deliver(engine)
        still = await webhook(engine, webhook_id)
        await run(engine, AGE_FAILURES, MAKE_DUE, END_PAUSES)
        await deliver(engine)

    row = await webhook(engine, webhook_id)
    assert (still["is_enabled"], row["is_enabled"]) == (True, False)
    assert row["disabled_reason"] == "its receiver took nothing for 3 days; last: answered 503"
    assert {row["status"] for row in await deliveries(engine)} == {"given_up"}


async def test_a_webhook_that_is_deleted_while_it_is_called_leaves_nothing(
    engine: AsyncEngine,
) -> None:
    campaign_id = await one_delivered(engine)
    with receiver() as found:
        found.statuses += [500]
        found.delay_s = 0.5
        await add_webhook(engine, campaign_id, found.url)
        await submit_all(engine, campaign_id)
        [job] = await jobs(engine)
        async with sender(engine) as send:
            sending = asyncio.create_task(send.run(*job))
            await asyncio.sleep(0.2)
            await run(engine, text("DELETE FROM webhook"))
            await sending

    assert await deliveries(engine) == []


async def test_a_webhook_is_disabled_while_its_answers_are_noted(
    engine: AsyncEngine, database_url: str
) -> None:
    campaign_id = await one_delivered(engine, message_count=200)
    taken = Answer(200, None, 1)
    webhook_id, _ = await add_webhook(engine, campaign_id, "https://example.com/")
    await submit_all(engine, campaign_id, 200)
    await dispatch(engine)
    first, second = [row["id"] for row in await deliveries(engine)]

    async def switch_off() -> None:
        async with engine.begin() as connection:
            await disable(connection, webhook_id, "by its owner")

    async with engine.begin() as connection:
        await note_success(connection, webhook_id)
        await apply_answer(connection, second, taken, Ending.DELIVERED)
        switching = asyncio.create_task(switch_off())
        await until(partial(waits_for_a_lock, database_url))
        await apply_answer(connection, first, taken, Ending.DELIVERED)
    await switching

    assert [row["status"] for row in await deliveries(engine)] == ["delivered", "delivered"]
    assert not (await webhook(engine, webhook_id))["is_enabled"]


async def test_a_url_that_leads_inside_is_not_called(engine: AsyncEngine) -> None:
    campaign_id = await one_delivered(engine)
    with receiver() as found:
        await add_webhook(engine, campaign_id, found.url.replace("http", "https"))
        await submit_all(engine, campaign_id)
        await deliver(engine, reach=Reach())

    assert found.requests == []
    [row] = await deliveries(engine)
    assert row["cause"] == "the URL must lead to a public address"


async def test_both_secrets_count_while_one_takes_over(engine: AsyncEngine) -> None:
    campaign_id = await one_delivered(engine)
    new = make_secret()
    with receiver() as found:
        _, old = await add_webhook(engine, campaign_id, found.url)
        await run(engine, ROTATE, secret=new)
        await submit_all(engine, campaign_id)
        await deliver(engine)

        assert found.verified(old) == found.verified(secret_text(new)) != []


async def test_what_is_purged_before_it_is_told_is_given_up(engine: AsyncEngine) -> None:
    campaign_id = await one_delivered(engine)
    with receiver() as found:
        await add_webhook(engine, campaign_id, found.url)
        await submit_all(engine, campaign_id)
        [job] = await jobs(engine)
        await run(engine, PURGE)
        async with sender(engine) as send:
            await send.run(*job)

    assert found.requests == []
    [row] = await deliveries(engine)
    assert (row["status"], row["cause"]) == ("given_up", "nothing of it is left to tell")


@pytest.mark.parametrize("slow_count", [3])
async def test_slow_receivers_do_not_hold_up_others(
    engine: AsyncEngine, database_url: str, slow_count: int
) -> None:
    slow = [await one_delivered(engine, message_count=1) for _ in range(slow_count)]
    quick = await one_delivered(engine)
    with receiver() as tarpit, receiver() as found:
        tarpit.delay_s = 8.0
        for campaign_id in slow:
            await add_webhook(engine, campaign_id, tarpit.url)
        await add_webhook(engine, quick, found.url)
        async with running_worker(database_url, webhook_networks=HERE):
            for campaign_id in slow:
                await submit_all(engine, campaign_id)

            async def are_stuck() -> bool:
                return len(tarpit.requests) == slow_count

            await until(are_stuck)
            start = time.monotonic()
            await submit_all(engine, quick)

            async def has_come() -> bool:
                return bool(found.requests)

            await until(has_come)
            took_s = time.monotonic() - start
            tarpit.delay_s = 0

    assert took_s < 4
