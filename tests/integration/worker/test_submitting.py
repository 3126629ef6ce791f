"""Submitting a slice: every message once, whatever carriers and crashes do."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool
from typing_extensions import override

from services.worker.carriers.port import Accepted, CarrierError, OutgoingMessage, SendingTerms
from services.worker.jobs.submit_messages import (
    WINDOW_MESSAGE_COUNT,
    SubmissionLimits,
    SubmitMessages,
)
from services.worker.storage.messages import CLAIM_WINDOW, Settlement, apply_settlements
from shared.domain.messages import MessageStatus
from shared.domain.tokens import TokenCipher
from shared.schema.grants import Service
from shared.storage.queue import MessageSlice
from tests.support.carriers import (
    BAD_NUMBER,
    BAD_PASSWORD,
    LINE_DOWN,
    THROTTLED,
    ScriptedCarrier,
    take_all,
)
from tests.support.plans import message_scans
from tests.support.randomness import seeded
from tests.support.roles import engine_as
from tests.support.stored_campaigns import (
    FIRST_LINK,
    FIRST_MSISDN,
    counts,
    force_status,
    let_time_pass,
    statuses,
    store_campaign,
)
from tests.support.waiting import until

JOBS = text("SELECT payload, entrypoint, execute_after - now() AS delay FROM pgqueuer")
MESSAGES = text("SELECT * FROM message WHERE campaign_id = :campaign_id ORDER BY position")
TOKEN_KEY = text("SELECT key FROM token_domain WHERE length = 6")
ANALYZE = text("ANALYZE message")
TAKE_JOBS = text(
    "DELETE FROM pgqueuer RETURNING payload, entrypoint, execute_after - now() AS delay"
)
LIMITS = SubmissionLimits()


def numbers(count: int) -> range:
    return range(FIRST_MSISDN, FIRST_MSISDN + count)


def a_job(engine: AsyncEngine, carrier: ScriptedCarrier) -> SubmitMessages:
    return SubmitMessages(
        engine_as(Service.WORKER, engine), {"sandbox": carrier}, seeded(), asyncio.Event()
    )


async def submit_all(
    engine: AsyncEngine, carrier: ScriptedCarrier, campaign_id: int, count: int
) -> None:
    part = MessageSlice(campaign_id, range(count))
    await a_job(engine, carrier).run(part, urgent=False)


async def take_jobs(engine: AsyncEngine) -> list[tuple[MessageSlice, timedelta]]:
    async with engine.begin() as connection:
        rows = (await connection.execute(TAKE_JOBS)).all()
    return [(MessageSlice.from_payload(row.payload), row.delay) for row in rows]


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

    await job.run(MessageSlice(campaign_id, range(3)), urgent=True)

    assert await counts(engine, campaign_id) == {"queued": 1, "submitted": 2}
    async with engine.connect() as connection:
        retry = (await connection.execute(JOBS)).one()
        refused = (await connection.execute(MESSAGES, {"campaign_id": campaign_id})).all()[1]
    assert retry.entrypoint == "submit_urgent_messages"
    assert timedelta(0) < retry.delay <= timedelta(seconds=1)
    assert (refused.failure_cause, refused.attempt_count) == ("ESME_RTHROTTLED", 1)

    part = MessageSlice.from_payload(retry.payload)
    await job.run(part, urgent=True)

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


@pytest.mark.parametrize(
    ("age", "status"),
    [
        pytest.param(LIMITS.validity - timedelta(minutes=1), "queued", id="valid"),
        pytest.param(LIMITS.validity, "failed", id="beyond-its-validity"),
    ],
)
async def test_message_is_tried_for_its_validity_however_many_attempts_that_makes(
    engine: AsyncEngine, age: timedelta, status: str
) -> None:
    campaign_id = await store_campaign(engine)
    carrier = ScriptedCarrier(lambda _: LINE_DOWN)
    for _ in range(20):
        await submit_all(engine, carrier, campaign_id, 1)
    await let_time_pass(engine, campaign_id, age)

    await submit_all(engine, carrier, campaign_id, 1)

    assert await counts(engine, campaign_id) == {status: 1}
    assert carrier.windows[-1][0].attempt == 21


async def test_throttled_lane_slows_down_and_the_other_does_not(engine: AsyncEngine) -> None:
    campaign_id = await store_campaign(engine, msisdns=numbers(600))
    carrier = TimedCarrier(lambda _: THROTTLED)
    job = a_job(engine, carrier)

    await job.run(MessageSlice(campaign_id, range(500)), urgent=False)
    await job.run(MessageSlice(campaign_id, range(500, 600)), urgent=True)

    # 0.1, 0.2, 0.4 and 0.8 s lie between the five; the next of the lane would wait 1.6 s.
    first, *_, fifth, urgent = carrier.times_s
    assert fifth - first > 1.4
    assert urgent - fifth < 1.4


@dataclass(slots=True)
class TimedCarrier(ScriptedCarrier):
    """Remembers when it was given each window."""

    times_s: list[float] = field(default_factory=list)

    @override
    async def submit(
        self, terms: SendingTerms, messages: Sequence[OutgoingMessage]
    ) -> list[Accepted | CarrierError]:
        self.times_s.append(asyncio.get_running_loop().time())
        return await ScriptedCarrier.submit(self, terms, messages)


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


async def test_exception_leaves_the_window_to_be_sent_again_when_its_claim_runs_out(
    engine: AsyncEngine,
) -> None:
    campaign_id = await store_campaign(engine, msisdns=numbers(3))

    def break_down() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await submit_all(engine, ScriptedCarrier(before_answering=break_down), campaign_id, 3)

    assert await counts(engine, campaign_id) == {"submitting": 3}
    await let_time_pass(engine, campaign_id, timedelta(0))
    await submit_all(engine, ScriptedCarrier(), campaign_id, 3)
    assert await counts(engine, campaign_id) == {"submitted": 3}


async def test_window_under_way_is_left_to_whoever_has_it_and_looked_after_later(
    engine: AsyncEngine,
) -> None:
    campaign_id = await store_campaign(engine, msisdns=numbers(150))
    answer = asyncio.Event()
    slow, rival = WaitingCarrier(answer=answer), ScriptedCarrier()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(submit_all(engine, slow, campaign_id, 100))
        await slow.asked.wait()
        await submit_all(engine, rival, campaign_id, 150)
        answer.set()

    assert slow.positions == list(range(100))
    assert rival.positions == list(range(100, 150))
    assert await counts(engine, campaign_id) == {"submitted": 150}
    ((part, delay),) = await take_jobs(engine)
    assert part == MessageSlice(campaign_id, tuple(range(100)))
    assert LIMITS.carrier_timeout_s + LIMITS.settle_patience_s < delay.total_seconds()
    assert delay <= LIMITS.claim_lifetime


@dataclass(slots=True)
class WaitingCarrier(ScriptedCarrier):
    """Answers no window before it is told to."""

    answer: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    @override
    async def submit(
        self, terms: SendingTerms, messages: Sequence[OutgoingMessage]
    ) -> list[Accepted | CarrierError]:
        self.asked.set()
        await self.answer.wait()
        return await ScriptedCarrier.submit(self, terms, messages)


async def test_carrier_that_does_not_answer_is_waited_for_no_longer_than_its_claim(
    engine: AsyncEngine,
) -> None:
    campaign_id = await store_campaign(engine)
    limits = SubmissionLimits(carrier_timeout_s=0.2)
    silent = {"sandbox": WaitingCarrier()}
    job = SubmitMessages(
        engine_as(Service.WORKER, engine), silent, seeded(), asyncio.Event(), limits
    )

    await job.run(MessageSlice(campaign_id, range(1)), urgent=False)

    assert await counts(engine, campaign_id) == {"queued": 1}


async def test_window_that_comes_too_late_is_not_handed_over(engine: AsyncEngine) -> None:
    campaign_id = await store_campaign(engine)
    carrier = ScriptedCarrier()
    late = SubmissionLimits(carrier_timeout_s=0)
    job = SubmitMessages(
        engine_as(Service.WORKER, engine), {"sandbox": carrier}, seeded(), asyncio.Event(), late
    )

    await job.run(MessageSlice(campaign_id, range(1)), urgent=False)

    assert carrier.windows == []
    assert await counts(engine, campaign_id) == {"queued": 1}


@pytest.mark.parametrize("is_urgent", [False, True], ids=["bulk", "urgent"])
async def test_stopping_worker_finishes_its_window_and_queues_the_rest_again(
    engine: AsyncEngine, *, is_urgent: bool
) -> None:
    campaign_id = await store_campaign(engine, msisdns=numbers(300))
    stopping = asyncio.Event()
    carrier = ScriptedCarrier(before_answering=stopping.set)
    job = SubmitMessages(
        engine_as(Service.WORKER, engine), {"sandbox": carrier}, seeded(), stopping
    )

    await job.run(MessageSlice(campaign_id, range(300)), urgent=is_urgent)

    assert await counts(engine, campaign_id) == {"submitted": 100, "queued": 200}
    async with engine.connect() as connection:
        (again,) = (await connection.execute(JOBS)).all()
    assert MessageSlice.from_payload(again.payload) == MessageSlice(campaign_id, range(100, 300))
    assert again.entrypoint == ("submit_urgent_messages" if is_urgent else "submit_messages")
    assert again.delay <= timedelta(0)


async def test_stopping_worker_queues_nothing_where_nothing_is_left(engine: AsyncEngine) -> None:
    campaign_id = await store_campaign(engine, msisdns=numbers(200))
    await submit_all(engine, ScriptedCarrier(), campaign_id, 200)
    stopping = asyncio.Event()
    stopping.set()
    job = SubmitMessages(
        engine_as(Service.WORKER, engine), {"sandbox": ScriptedCarrier()}, seeded(), stopping
    )

    await job.run(MessageSlice(campaign_id, range(200)), urgent=False)

    assert await take_jobs(engine) == []


async def test_worker_that_waits_for_its_turn_stops_at_once(engine: AsyncEngine) -> None:
    campaign_id = await store_campaign(engine, msisdns=numbers(300))
    stopping = asyncio.Event()
    carrier = ScriptedCarrier()
    job = SubmitMessages(
        engine_as(Service.WORKER, engine), {"sandbox": carrier}, seeded(), stopping
    )
    job._paces["sandbox", False].pause_s = 3_600

    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        tasks.create_task(job.run(MessageSlice(campaign_id, range(300)), urgent=False))
        await until(lambda: is_submitted(engine, campaign_id, 100))
        stopping.set()

    assert len(carrier.windows) == 1


async def is_submitted(engine: AsyncEngine, campaign_id: int, count: int) -> bool:
    return (await counts(engine, campaign_id)).get("submitted") == count


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
                    "lifetime": LIMITS.claim_lifetime,
                    "opt_outs_of": 1,
                },
            )
        ).scalar_one()

    scans = message_scans(plan[0]["Plan"])
    assert scans
    for scan in scans:
        assert scan["Node Type"] != "Seq Scan"
        assert scan["Actual Rows"] <= WINDOW_MESSAGE_COUNT
        assert scan.get("Rows Removed by Filter", 0) == 0
