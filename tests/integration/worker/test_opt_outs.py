"""An opt-out that came after a send was accepted holds when the send is handed over."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.worker.storage.messages import CLAIM_WINDOW
from shared.domain.messages import MessageStatus
from tests.integration.worker.test_submitting import submit_all
from tests.support.carriers import THROTTLED, ScriptedCarrier
from tests.support.stored_campaigns import (
    FIRST_MSISDN,
    counts,
    let_time_pass,
    statuses,
    store_campaign,
)

OPT_OUT = text("""
    INSERT INTO suppression (account_id, msisdn, source, author_kind)
    SELECT account_id, msisdn, 'api', 'cli'
    FROM campaign, unnest(CAST(:msisdns AS bigint[])) AS msisdn WHERE id = :campaign_id
""")
OPT_OUT_OF_ANOTHER = text("""
    INSERT INTO suppression (account_id, msisdn, source, author_kind)
    SELECT account_id + 1000, :msisdn, 'api', 'cli' FROM campaign WHERE id = :campaign_id
""")
SET_CATEGORY = text("UPDATE campaign SET category = 'transactional' WHERE id = :campaign_id")
CANCELLED = text("""
    SELECT position, failure_cause, submitted_at, settled_at FROM message
    WHERE campaign_id = :campaign_id AND status = 8
""")
FAILURES = text("SELECT status, cause, message_count FROM campaign_failure")
EVENTS = text("SELECT kind, places FROM event_batch ORDER BY kind DESC, places")
SEGMENTS = text("SELECT cancelled_segments FROM campaign_delivery")
MANY_OPT_OUTS = text("""
    INSERT INTO suppression (account_id, msisdn, source, author_kind)
    SELECT account_id, CAST(:first AS bigint) + n, 'api', 'cli'
    FROM campaign, generate_series(1, 20000) n WHERE id = :campaign_id
""")
ANALYZE = text("ANALYZE suppression")


async def opt_out(engine: AsyncEngine, campaign_id: int, *places: int) -> None:
    msisdns = [FIRST_MSISDN + place for place in places]
    async with engine.begin() as connection:
        await connection.execute(OPT_OUT, {"campaign_id": campaign_id, "msisdns": msisdns})


async def test_who_opted_out_meanwhile_is_held_back_told_and_counted(engine: AsyncEngine) -> None:
    campaign_id = await store_campaign(engine, msisdns=range(FIRST_MSISDN, FIRST_MSISDN + 4))
    await opt_out(engine, campaign_id, 1, 3)
    carrier = ScriptedCarrier()

    await submit_all(engine, carrier, campaign_id, 4)
    await submit_all(engine, carrier, campaign_id, 4)

    assert carrier.positions == [0, 2]
    assert await counts(engine, campaign_id) == {"submitted": 2, "cancelled": 2}
    async with engine.connect() as connection:
        held_back = (await connection.execute(CANCELLED, {"campaign_id": campaign_id})).all()
        failures = (await connection.execute(FAILURES)).all()
        events = (await connection.execute(EVENTS)).all()
        segments = (await connection.execute(SEGMENTS)).scalar_one()
    assert {(row.position, row.failure_cause) for row in held_back} == {
        (1, "opted_out"),
        (3, "opted_out"),
    }
    assert all(row.submitted_at is None and row.settled_at is not None for row in held_back)
    assert failures == [(8, "opted_out", 2)]
    assert events == [("message.submitted", [0, 2]), ("message.failed", [1, 3])]
    assert segments == 2


async def test_a_window_of_none_but_opt_outs_is_not_handed_over(engine: AsyncEngine) -> None:
    campaign_id = await store_campaign(engine)
    await opt_out(engine, campaign_id, 0)
    carrier = ScriptedCarrier()

    await submit_all(engine, carrier, campaign_id, 1)

    assert carrier.windows == []
    assert await statuses(engine, campaign_id) == [MessageStatus.CANCELLED]


async def test_who_opts_out_between_two_attempts_is_held_back(engine: AsyncEngine) -> None:
    campaign_id = await store_campaign(engine)
    await submit_all(engine, ScriptedCarrier(lambda _: THROTTLED), campaign_id, 1)
    assert await statuses(engine, campaign_id) == [MessageStatus.QUEUED]
    await opt_out(engine, campaign_id, 0)
    carrier = ScriptedCarrier()

    await submit_all(engine, carrier, campaign_id, 1)

    assert carrier.windows == []
    assert await counts(engine, campaign_id) == {"cancelled": 1}


async def test_what_a_dead_worker_left_is_held_back_too(engine: AsyncEngine) -> None:
    campaign_id = await store_campaign(engine)
    async with engine.begin() as connection:
        values = {
            "campaign_id": campaign_id,
            "positions": [0],
            "lifetime": timedelta(minutes=1),
            "opt_outs_of": None,
            "queued": 0,
            "submitting": 1,
        }
        await connection.execute(CLAIM_WINDOW, values)
    await let_time_pass(engine, campaign_id, timedelta(minutes=2))
    await opt_out(engine, campaign_id, 0)
    carrier = ScriptedCarrier()

    await submit_all(engine, carrier, campaign_id, 1)

    assert carrier.windows == []
    assert await counts(engine, campaign_id) == {"cancelled": 1}


@pytest.mark.parametrize("kind", ["transactional", "another's"])
async def test_what_an_opt_out_does_not_hold_back_goes_out(engine: AsyncEngine, kind: str) -> None:
    campaign_id = await store_campaign(engine)
    key = {"campaign_id": campaign_id}
    async with engine.begin() as connection:
        if kind == "transactional":
            await connection.execute(SET_CATEGORY, key)
            await connection.execute(OPT_OUT, key | {"msisdns": [FIRST_MSISDN]})
        else:
            await connection.execute(OPT_OUT_OF_ANOTHER, key | {"msisdn": FIRST_MSISDN})

    await submit_all(engine, ScriptedCarrier(), campaign_id, 1)

    assert await counts(engine, campaign_id) == {"submitted": 1}


async def test_opt_outs_are_looked_up_by_their_key_however_many_there_are(
    engine: AsyncEngine,
) -> None:
    campaign_id = await store_campaign(engine, msisdns=range(FIRST_MSISDN, FIRST_MSISDN + 100))
    explain = text(f"EXPLAIN (ANALYZE, FORMAT JSON) {CLAIM_WINDOW.text}")
    async with engine.connect() as connection:
        values = {"campaign_id": campaign_id, "first": FIRST_MSISDN + 50}
        await connection.execute(MANY_OPT_OUTS, values)
        await connection.execute(ANALYZE)
        account_id = await connection.scalar(text("SELECT account_id FROM campaign"))
        plan = await connection.execute(
            explain,
            {
                "campaign_id": campaign_id,
                "positions": list(range(100)),
                "lifetime": timedelta(minutes=1),
                "opt_outs_of": account_id,
                "queued": 0,
                "submitting": 1,
            },
        )
        nodes = list(_nodes(plan.scalar_one()[0]["Plan"]))

    scans = [node for node in nodes if node.get("Relation Name") == "suppression"]
    assert [node["Index Name"] for node in scans] == ["suppression_pkey"]
    assert all(node["Actual Rows"] <= 1 for node in scans)


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for each in plan.get("Plans", []) for node in _nodes(each))]
