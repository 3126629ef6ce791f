"""Delivery reports: each moves its message once, in whatever order and number they come."""

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.worker.delivery_reports import REPORT_ATTEMPT_LIMIT
from services.worker.jobs.settle_delivery_reports import SettleDeliveryReports
from services.worker.storage.delivery_reports import add_reports
from services.worker.storage.messages import Settlement, apply_settlements
from shared.domain.messages import MessageStatus
from shared.schema.grants import Service
from shared.storage.queue import report_ids_from_payload
from tests.support.randomness import seeded
from tests.support.roles import engine_as
from tests.support.stored_campaigns import FIRST_MSISDN, counts, force_status, store_campaign

REPORT = text("SELECT * FROM delivery_report WHERE id = :report_id")
MESSAGE = text("SELECT * FROM message WHERE campaign_id = :campaign_id AND position = 0")
TAKE_JOBS = text("DELETE FROM pgqueuer RETURNING payload, execute_after - now() AS delay")


async def store_submitted(engine: AsyncEngine, *carrier_message_ids: str) -> int:
    count = len(carrier_message_ids)
    campaign_id = await store_campaign(engine, msisdns=range(FIRST_MSISDN, FIRST_MSISDN + count))
    await submit(engine, campaign_id, *carrier_message_ids)
    return campaign_id


async def submit(engine: AsyncEngine, campaign_id: int, *carrier_message_ids: str) -> None:
    places = range(len(carrier_message_ids))
    await force_status(engine, campaign_id, places, MessageStatus.SUBMITTING)
    settlements = [
        Settlement(place, MessageStatus.SUBMITTED, carrier_message_id)
        for place, carrier_message_id in enumerate(carrier_message_ids)
    ]
    async with engine.begin() as connection:
        await apply_settlements(connection, campaign_id, settlements)


async def receive(engine: AsyncEngine, *raws: str, carrier: str = "sandbox") -> list[int]:
    async with engine.begin() as connection:
        return await add_reports(connection, carrier, raws)


async def settle(engine: AsyncEngine, report_ids: list[int]) -> None:
    await SettleDeliveryReports(engine_as(Service.WORKER, engine), seeded()).run(report_ids)


async def outcomes(engine: AsyncEngine, report_ids: list[int]) -> list[str | None]:
    async with engine.connect() as connection:
        rows = [
            (await connection.execute(REPORT, {"report_id": report_id})).one()
            for report_id in report_ids
        ]
    assert all((row.settled_at is None) is (row.outcome is None) for row in rows)
    return [row.outcome for row in rows]


@pytest.mark.parametrize(
    ("raw", "status", "cause"),
    [
        ("id:C3 stat:DELIVRD err:000", "delivered", None),
        ("id:C3 stat:UNDELIV err:069", "undelivered", "UNDELIV 069"),
        ("id:C3 stat:EXPIRED err:001", "expired", "EXPIRED 001"),
        ("id:C3 stat:REJECTD err:017", "rejected", "REJECTD 017"),
    ],
)
async def test_verdict_settles_the_message(
    engine: AsyncEngine, raw: str, status: str, cause: str | None
) -> None:
    campaign_id = await store_submitted(engine, "C3")
    report_ids = await receive(engine, raw)

    await settle(engine, report_ids)

    assert await counts(engine, campaign_id) == {status: 1}
    assert await outcomes(engine, report_ids) == ["applied"]
    async with engine.connect() as connection:
        message = (await connection.execute(MESSAGE, {"campaign_id": campaign_id})).one()
    assert message.failure_cause == cause
    assert message.settled_at is not None


@pytest.mark.parametrize("in_one_job", [True, False], ids=["in-one-job", "job-by-job"])
async def test_final_state_never_goes_back(engine: AsyncEngine, *, in_one_job: bool) -> None:
    campaign_id = await store_submitted(engine, "C3")
    report_ids = await receive(
        engine,
        "id:C3 stat:ENROUTE",
        "id:C3 stat:DELIVRD",
        "id:C3 stat:ACCEPTD",
        "id:C3 stat:UNDELIV",
        "id:C3 stat:DELIVRD",
    )

    for job in [report_ids] if in_one_job else [[report_id] for report_id in report_ids]:
        await settle(engine, job)

    assert await counts(engine, campaign_id) == {"delivered": 1}
    assert await outcomes(engine, report_ids) == [
        "no-verdict",
        "applied",
        "no-verdict",
        "already-final",
        "already-final",
    ]


async def test_report_that_overtook_the_carriers_answer_waits_for_it(engine: AsyncEngine) -> None:
    campaign_id = await store_campaign(engine)
    report_ids = await receive(engine, "id:ABC123 stat:DELIVRD")

    await settle(engine, report_ids)

    assert await outcomes(engine, report_ids) == [None]
    async with engine.begin() as connection:
        job = (await connection.execute(TAKE_JOBS)).one()
    assert 0 < job.delay.total_seconds() <= 1

    await submit(engine, campaign_id, "ABC123")
    await settle(engine, report_ids_from_payload(job.payload))

    assert await counts(engine, campaign_id) == {"delivered": 1}
    assert await outcomes(engine, report_ids) == ["applied"]


async def test_report_of_nobodys_message_is_given_up_in_the_end(engine: AsyncEngine) -> None:
    report_ids = await receive(engine, "id:NOBODY stat:DELIVRD")
    job, attempts = report_ids, 0

    while job:
        await settle(engine, job)
        attempts += 1
        async with engine.begin() as connection:
            row = (await connection.execute(TAKE_JOBS)).one_or_none()
        job = report_ids_from_payload(row.payload) if row else []

    assert attempts == REPORT_ATTEMPT_LIMIT
    assert await outcomes(engine, report_ids) == ["unknown-message"]


async def test_unreadable_report_is_closed_and_holds_up_no_other(engine: AsyncEngine) -> None:
    campaign_id = await store_submitted(engine, "C3")
    report_ids = await receive(engine, "", "<xml/>", "id:C3 stat:DELIVRD", "stat:DELIVRD")

    await settle(engine, report_ids)

    assert await counts(engine, campaign_id) == {"delivered": 1}
    assert await outcomes(engine, report_ids) == [
        "unreadable",
        "unreadable",
        "applied",
        "unreadable",
    ]


async def test_another_carriers_report_of_the_same_id_is_not_ours(engine: AsyncEngine) -> None:
    campaign_id = await store_submitted(engine, "C3")
    report_ids = await receive(engine, "id:C3 stat:UNDELIV", carrier="other")

    await settle(engine, report_ids)

    assert await counts(engine, campaign_id) == {"submitted": 1}
    assert await outcomes(engine, report_ids) == [None]


async def test_ids_are_compared_to_the_letter(engine: AsyncEngine) -> None:
    campaign_id = await store_submitted(engine, "00C0FFEE", "C0FFEE")
    report_ids = await receive(engine, "id:C0FFEE stat:DELIVRD", "id:00c0ffee stat:DELIVRD")

    await settle(engine, report_ids)

    assert await counts(engine, campaign_id) == {"submitted": 1, "delivered": 1}
    assert await outcomes(engine, report_ids) == ["applied", None]


async def test_one_job_settles_messages_of_several_campaigns(engine: AsyncEngine) -> None:
    first = await store_submitted(engine, "A0", "A1", "A2")
    second = await store_submitted(engine, "B0", "B1")
    report_ids = await receive(
        engine,
        "id:B1 stat:UNDELIV",
        "id:A0 stat:DELIVRD",
        "id:A2 stat:EXPIRED",
        "id:B0 stat:DELIVRD",
    )

    await settle(engine, report_ids)

    assert await counts(engine, first) == {"submitted": 1, "delivered": 1, "expired": 1}
    assert await counts(engine, second) == {"delivered": 1, "undelivered": 1}
    assert await outcomes(engine, report_ids) == ["applied"] * 4


async def test_job_delivered_again_changes_nothing(engine: AsyncEngine) -> None:
    campaign_id = await store_submitted(engine, "C3")
    report_ids = await receive(engine, "id:C3 stat:DELIVRD")

    await settle(engine, report_ids)
    await settle(engine, report_ids)

    assert await counts(engine, campaign_id) == {"delivered": 1}
    async with engine.connect() as connection:
        report = (await connection.execute(REPORT, {"report_id": report_ids[0]})).one()
    assert report.attempt_count == 1
