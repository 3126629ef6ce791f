"""Alerts: of complaints and unknown links, told once, until they subside."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.worker.alerting import look
from shared.clock import SystemClock
from shared.domain.signals import NOBODY, Signal
from shared.schema.grants import Service
from tests.integration.worker.test_settling_delivery_reports import (
    receive,
    settle,
    store_submitted,
)
from tests.integration.worker.test_webhooks import deliver
from tests.support.roles import engine_as
from tests.support.stored_campaigns import store_campaign
from tests.support.told_events import add_webhook, deliveries
from tests.support.webhook_receiver import receiver

COUNT = text("""
    INSERT INTO signal_count (account_id, signal, quarter, signal_count, out_of)
    VALUES (:account_id, :signal, date_bin('15 minutes', CAST(:at AS timestamptz),
        '2000-01-01Z'), :count, :out_of)
    ON CONFLICT (account_id, signal, quarter) DO UPDATE SET
        signal_count = excluded.signal_count, out_of = excluded.out_of
""")
COUNTED = text("SELECT account_id, signal, signal_count, out_of FROM signal_count")
ALERTS = text("SELECT *, ended_at IS NULL AS is_open FROM alert ORDER BY id")
OWNER = text("SELECT account_id FROM campaign WHERE id = :campaign_id")
AGE_ACCOUNT = text("UPDATE account SET created_at = now() - interval '1 year'")


class Later:
    """A clock that is ahead."""

    def __init__(self, ahead: timedelta) -> None:
        self._ahead = ahead

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead  # noqa: TID251 - a clock itself


async def account_of(engine: AsyncEngine, campaign_id: int) -> int:
    async with engine.begin() as connection:
        await connection.execute(AGE_ACCOUNT)
        found = await connection.execute(OWNER, {"campaign_id": campaign_id})
        account_id: int = found.scalar_one()
        return account_id


async def count(
    engine: AsyncEngine,
    account_id: int,
    signal: Signal,
    counted: tuple[int, int],
    *,
    ago: timedelta = timedelta(0),
) -> None:
    values = {
        "account_id": account_id,
        "signal": signal.value,
        "at": SystemClock().now() - ago,
        "count": counted[0],
        "out_of": counted[1],
    }
    async with engine.begin() as connection:
        await connection.execute(COUNT, values)


async def alerts(engine: AsyncEngine) -> list[tuple[int, str, bool]]:
    async with engine.connect() as connection:
        rows = (await connection.execute(ALERTS)).all()
    return [(row.account_id, row.signal, row.is_open) for row in rows]


async def test_complaints_are_counted_as_their_messages_are_settled(engine: AsyncEngine) -> None:
    campaign_id = await store_submitted(engine, "C1", "C2", "C3", "C4")
    reports = await receive(
        engine,
        "id:C1 stat:DELIVRD err:000",
        "id:C2 stat:REJECTD err:007",
        "id:C3 stat:UNDELIV err:069",
        "id:C4 stat:UNDELIV err:37",
    )

    await settle(engine, reports)
    await settle(engine, reports)

    async with engine.connect() as connection:
        [row] = (await connection.execute(COUNTED)).all()
    assert tuple(row) == (await account_of(engine, campaign_id), "complaint", 2, 4)


async def test_an_alert_is_told_once_until_it_subsides(
    engine: AsyncEngine, caplog: pytest.LogCaptureFixture
) -> None:
    account_id = await account_of(engine, await store_campaign(engine))
    steady = await account_of(engine, await store_campaign(engine))
    day = timedelta(days=1)
    await count(engine, account_id, Signal.COMPLAINT, (10, 10_000), ago=day)
    await count(engine, steady, Signal.COMPLAINT, (400, 10_000), ago=day)
    await count(engine, steady, Signal.COMPLAINT, (40, 1_000))
    await look(engine_as(Service.WORKER, engine), SystemClock())
    calm = await alerts(engine)
    await count(engine, account_id, Signal.COMPLAINT, (40, 1_000))

    with caplog.at_level(logging.WARNING, "services.worker.alerting"):
        await look(engine_as(Service.WORKER, engine), SystemClock())
        await look(engine_as(Service.WORKER, engine), SystemClock())
        risen = await alerts(engine)
        await look(engine_as(Service.WORKER, engine), Later(timedelta(hours=2)))
        await look(engine_as(Service.WORKER, engine), Later(timedelta(hours=2)))

    assert calm == []
    assert risen == [(account_id, "complaint", True)]
    assert await alerts(engine) == [(account_id, "complaint", False)]
    told = [record.getMessage() for record in caplog.records]
    assert ["begins" in line for line in told] == [True, False]


async def test_unknown_links_are_alerts_by_the_hour_of_an_account_and_of_nobody(
    engine: AsyncEngine,
) -> None:
    account_id = await account_of(engine, await store_campaign(engine))
    used_to_it = await account_of(engine, await store_campaign(engine))
    for days in range(1, 7):
        for hours in range(24):
            ago = timedelta(days=days, hours=hours)
            await count(engine, used_to_it, Signal.UNKNOWN_TOKEN, (1_000, 0), ago=ago)
    for each in (account_id, used_to_it, NOBODY):
        await count(engine, each, Signal.UNKNOWN_TOKEN, (600, 0))

    await look(engine_as(Service.WORKER, engine), SystemClock())

    assert await alerts(engine) == [
        (NOBODY, "unknown_token", True),
        (account_id, "unknown_token", True),
    ]


async def test_webhooks_that_hear_of_alerts_are_told_that_one_begins_and_is_over(
    engine: AsyncEngine,
) -> None:
    campaign_id = await store_campaign(engine)
    account_id = await account_of(engine, campaign_id)
    with receiver() as found:
        _, secret = await add_webhook(engine, campaign_id, found.url, kinds=["account.alert"])
        await add_webhook(engine, campaign_id, found.url, kinds=["message.failed"])
        await count(engine, account_id, Signal.COMPLAINT, (40, 1_000))
        await look(engine_as(Service.WORKER, engine), SystemClock())
        await deliver(engine)
        await look(engine_as(Service.WORKER, engine), Later(timedelta(hours=2)))
        await deliver(engine)
        bodies = found.verified(secret)

    assert [body["type"] for body in bodies] == ["account.alert", "account.alert"]
    [began], [ended] = (body["data"]["events"] for body in bodies)
    assert (began["signal"], began["signal_count"], began["out_of"]) == ("complaint", 40, 1_000)
    assert (began["peak_rate"], began["ended_at"]) == (0.04, None)
    assert ended["ended_at"] is not None
    assert ended["id"] == began["id"]
    assert len(await deliveries(engine)) == 2
