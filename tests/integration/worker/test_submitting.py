"""Submitting a slice: every message once, whatever carriers and crashes do."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool

from services.worker.carriers.port import Accepted, CarrierError, OutgoingMessage
from services.worker.jobs.submit_messages import WINDOW_MESSAGE_COUNT, SubmitMessages
from services.worker.retrying import ATTEMPT_LIMIT
from services.worker.storage.messages import CLAIM_WINDOW, Settlement, apply_settlements
from shared.domain.messages import MessageStatus
from shared.domain.tokens import TokenCipher
from shared.storage.queue import MessageSlice
from tests.support.carriers import (
    BAD_NUMBER,
    BAD_PASSWORD,
    LINE_DOWN,
    THROTTLED,
    ScriptedCarrier,
    take_all,
)
from tests.support.randomness import seeded
from tests.support.stored_campaigns import (
    FIRST_LINK,
    FIRST_MSISDN,
    counts,
    force_status,
    statuses,
    store_campaign,
)

JOBS = text("SELECT payload, entrypoint, execute_after - now() AS delay FROM pgqueuer")
MESSAGES = text("SELECT * FROM message WHERE campaign_id = :campaign_id ORDER BY position")
TOKEN_KEY = text("SELECT key FROM token_domain WHERE length = 6")
ANALYZE = text("ANALYZE message")
SET_ATTEMPTS = text("UPDATE message SET attempt_count = :count WHERE campaign_id = :campaign_id")


def numbers(count: int) -> range:
    return range(FIRST_MSISDN, FIRST_MSISDN + count)


def a_job(engine: AsyncEngine, carrier: ScriptedCarrier) -> SubmitMessages:
    return SubmitMessages(engine, {"sandbox": carrier}, seeded(), asyncio.Event())


async def submit_all(
    engine: AsyncEngine, carrier: ScriptedCarrier, campaign_id: int, count: int
) -> None:
    part = MessageSlice(campaign_id, range(count))
    assert await a_job(engine, carrier).run(part, urgent=False)


async def test_every_message_is_submitted_under_the_carriers_id(engine: AsyncEngine) -> None:
    campaign_id = await store_campaign(engine, msisdns=numbers(250))
    carrier = ScriptedCarrier()

    await submit_all(engine, carrier, campaign_id, 250)

    assert carrier.positions == list(range(250))
    assert [len(window) for window in carrier.windows] == [100, 100, 50]
    assert await counts(engine, campaign_id) == {"submitted": 250}
    async with engine.connect() as connection:
        rows = (await connection.execute(MESSAGES, {"campaign_id": campaign_id})).all()
    assert [row.carrier_message_id for row in rows] == [f"C{place}-1" for place in range(250)]
    assert all(row.submitted_at and row.attempt_count == 1 for row in rows)


async def test_each_recipient_gets_the_link_of_their_own_number(engine: AsyncEngine) -> None:
    campaign_id = await store_campaign(engine, msisdns=numbers(3))
    async with engine.connect() as connection:
        cipher = TokenCipher((await connection.execute(TOKEN_KEY)).scalar_one(), 6)
    carrier = ScriptedCarrier()

    await submit_all(engine, carrier, campaign_id, 3)

    assert [(message.msisdn, message.body) for message in carrier.windows[0]] == [
        (FIRST_MSISDN + place, f"Offer: https://tx1.in/{cipher.mint(FIRST_LINK + place)}. Bye")
        for place in range(3)
    ]


async def test_job_delivered_again_sends_nothing_twice(engine: AsyncEngine) -> None:
    campaign_id = await store_campaign(engine, msisdns=numbers(120))
    carrier = ScriptedCarrier()

    await submit_all(engine, carrier, campaign_id, 120)
    await submit_all(engine, carrier, campaign_id, 120)

    assert carrier.positions == list(range(120))
    assert await counts(engine, campaign_id) == {"submitted": 120}


async def test_window_that_a_crash_left_submitting_is_sent_again(engine: AsyncEngine) -> None:
    campaign_id = await store_campaign(engine, msisdns=numbers(150))
    await force_status(engine, campaign_id, range(100), MessageStatus.SUBMITTING)
    carrier = ScriptedCarrier()

    await submit_all(engine, carrier, campaign_id, 150)

    assert carrier.positions == list(range(150))
    assert await counts(engine, campaign_id) == {"submitted": 150}


async def test_cancelled_message_is_not_sent(engine: AsyncEngine) -> None:
    campaign_id = await store_campaign(engine, msisdns=numbers(3))
    await force_status(engine, campaign_id, [1], MessageStatus.CANCELLED)
    carrier = ScriptedCarrier()

    await submit_all(engine, carrier, campaign_id, 3)

    assert carrier.positions == [0, 2]
    assert await counts(engine, campaign_id) == {"submitted": 2, "cancelled": 1}


async def test_throttled_message_is_queued_again_and_then_submitted(engine: AsyncEngine) -> None:
    campaign_id = await store_campaign(engine, msisdns=numbers(3))

    def throttle_once(message: OutgoingMessage) -> Accepted | CarrierError:
        return THROTTLED if (message.position, message.attempt) == (1, 1) else take_all(message)

    carrier = ScriptedCarrier(throttle_once)
    job = a_job(engine, carrier)

    assert await job.run(MessageSlice(campaign_id, range(3)), urgent=True)

    assert await counts(engine, campaign_id) == {"queued": 1, "submitted": 2}
    async with engine.connect() as connection:
        retry = (await connection.execute(JOBS)).one()
        refused = (await connection.execute(MESSAGES, {"campaign_id": campaign_id})).all()[1]
    assert retry.entrypoint == "submit_urgent_messages"
    assert timedelta(0) < retry.delay <= timedelta(seconds=1)
    assert (refused.failure_cause, refused.attempt_count) == ("ESME_RTHROTTLED", 1)

    part = MessageSlice.from_payload(retry.payload)
    assert await job.run(part, urgent=True)

    assert part == MessageSlice(campaign_id, (1,))
    assert carrier.positions == [0, 1, 2, 1]
    assert await counts(engine, campaign_id) == {"submitted": 3}
    async with engine.connect() as connection:
        taken = (await connection.execute(MESSAGES, {"campaign_id": campaign_id})).all()[1]
    assert (taken.failure_cause, taken.carrier_message_id) == (None, "C1-2")


async def test_final_refusal_fails_the_message_and_is_not_retried(engine: AsyncEngine) -> None:
    campaign_id = await store_campaign(engine)

    await submit_all(engine, ScriptedCarrier(lambda _: BAD_NUMBER), campaign_id, 1)

    assert await counts(engine, campaign_id) == {"failed": 1}
    async with engine.connect() as connection:
        failed = (await connection.execute(MESSAGES, {"campaign_id": campaign_id})).one()
        assert (await connection.execute(JOBS)).all() == []
    assert failed.failure_cause == "ESME_RINVDSTADR"
    assert failed.settled_at is not None
    assert failed.submitted_at is None


async def test_message_fails_when_its_attempts_are_used_up(engine: AsyncEngine) -> None:
    campaign_id = await store_campaign(engine)
    async with engine.begin() as connection:
        used = {"campaign_id": campaign_id, "count": ATTEMPT_LIMIT - 1}
        await connection.execute(SET_ATTEMPTS, used)

    await submit_all(engine, ScriptedCarrier(lambda _: LINE_DOWN), campaign_id, 1)

    assert await counts(engine, campaign_id) == {"failed": 1}


@pytest.mark.parametrize("error", [LINE_DOWN, TimeoutError()], ids=["refused", "no-answer"])
async def test_whole_window_is_queued_again_when_the_carrier_is_away(
    engine: AsyncEngine, error: Exception
) -> None:
    campaign_id = await store_campaign(engine, msisdns=numbers(120))

    def be_away() -> None:
        raise error

    await submit_all(engine, ScriptedCarrier(before_answering=be_away), campaign_id, 120)

    assert await counts(engine, campaign_id) == {"queued": 120}
    async with engine.connect() as connection:
        parts = [MessageSlice.from_payload(row.payload) for row in await connection.execute(JOBS)]
    assert [list(part.positions) for part in parts] == [list(range(100)), list(range(100, 120))]


async def test_fault_of_our_set_up_is_logged_as_an_error(
    engine: AsyncEngine, caplog: pytest.LogCaptureFixture
) -> None:
    campaign_id = await store_campaign(engine, msisdns=numbers(3))

    await submit_all(engine, ScriptedCarrier(lambda _: BAD_PASSWORD), campaign_id, 3)

    assert await counts(engine, campaign_id) == {"queued": 3}
    errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert errors == ["carrier sandbox finds fault with us: ESME_RINVPASWD"]


async def test_exception_leaves_the_window_to_be_sent_again(engine: AsyncEngine) -> None:
    campaign_id = await store_campaign(engine, msisdns=numbers(3))

    def break_down() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await submit_all(engine, ScriptedCarrier(before_answering=break_down), campaign_id, 3)

    assert await counts(engine, campaign_id) == {"submitting": 3}
    await submit_all(engine, ScriptedCarrier(), campaign_id, 3)
    assert await counts(engine, campaign_id) == {"submitted": 3}


async def test_draining_worker_finishes_its_window_and_leaves_the_rest_queued(
    engine: AsyncEngine,
) -> None:
    campaign_id = await store_campaign(engine, msisdns=numbers(300))
    draining = asyncio.Event()
    carrier = ScriptedCarrier(before_answering=draining.set)
    job = SubmitMessages(engine, {"sandbox": carrier}, seeded(), draining)

    is_done = await job.run(MessageSlice(campaign_id, range(300)), urgent=False)

    assert not is_done
    assert await counts(engine, campaign_id) == {"submitted": 100, "queued": 200}


async def test_no_connection_is_held_while_the_carrier_works(engine: AsyncEngine) -> None:
    campaign_id = await store_campaign(engine)
    pool = engine.pool
    assert isinstance(pool, QueuePool)
    held: list[int] = []
    carrier = ScriptedCarrier(before_answering=lambda: held.append(pool.checkedout()))

    await submit_all(engine, carrier, campaign_id, 1)

    assert held == [0]


async def test_settling_twice_counts_once(engine: AsyncEngine) -> None:
    campaign_id = await store_campaign(engine)
    await force_status(engine, campaign_id, [0], MessageStatus.SUBMITTING)
    first = Settlement(0, MessageStatus.SUBMITTED, carrier_message_id="A1")
    second = Settlement(0, MessageStatus.FAILED, failure_cause="too late")

    for settlement in (first, first, second):
        async with engine.begin() as connection:
            await apply_settlements(connection, campaign_id, [settlement])

    assert await statuses(engine, campaign_id) == [MessageStatus.SUBMITTED]
    assert await counts(engine, campaign_id) == {"submitted": 1}


async def test_claim_reads_its_window_only_even_of_a_campaign_without_statistics(
    engine: AsyncEngine,
) -> None:
    await store_campaign(engine, msisdns=numbers(20_000))
    async with engine.begin() as connection:
        await connection.execute(ANALYZE)
    campaign_id = await store_campaign(engine, msisdns=numbers(20_000))
    explain = text(f"EXPLAIN (ANALYZE, FORMAT JSON) {CLAIM_WINDOW.text}")
    async with engine.connect() as connection:
        plan = (
            await connection.execute(
                explain,
                {
                    "campaign_id": campaign_id,
                    "positions": list(range(5_000, 5_000 + WINDOW_MESSAGE_COUNT)),
                    "queued": 0,
                    "submitting": 1,
                },
            )
        ).scalar_one()

    scans = message_scans(plan[0]["Plan"])
    assert scans
    for scan in scans:
        assert scan["Node Type"] != "Seq Scan"
        assert scan["Actual Rows"] <= WINDOW_MESSAGE_COUNT
        assert scan.get("Rows Removed by Filter", 0) == 0


def message_scans(node: dict[str, Any]) -> list[dict[str, Any]]:
    found = [scan for child in node.get("Plans", []) for scan in message_scans(child)]
    is_scan = str(node.get("Relation Name", "")).startswith("message_")
    return [node, *found] if is_scan and "Scan" in node["Node Type"] else found
