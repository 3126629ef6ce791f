"""Alerts: what rises beyond what is usual for an account is told once, until it subsides."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.worker import rounds
from services.worker.jumps import Counted, JumpRule, goes_on, has_begun
from services.worker.storage.alerts import (
    Standing,
    begin_alert,
    end_alert,
    is_our_turn,
    list_standings,
    raise_peak,
    tell_webhooks,
)
from shared.clock import Clock, SystemClock
from shared.domain.signals import NOBODY, QUARTER, Signal, quarter_of

INTERVAL_S = 60.0
# Its three quarters that are over, and the one that is not: 45 to 60 minutes.
WINDOW = timedelta(hours=1)
BASELINE = timedelta(days=7)
# Of those that come to the most; all open alerts are looked at besides.
MOST_STANDINGS = 1_000
RULES = {
    # A few people always try links that are over: 80 an hour is nobody's trouble.
    Signal.UNKNOWN_TOKEN: JumpRule(least_count=50, floor_rate=80.0, least_exposure=24.0),
    # Operators warn senders from some complaints in a thousand messages on.
    Signal.COMPLAINT: JumpRule(least_count=20, floor_rate=0.004, least_exposure=1_000.0),
}
LEAST_COUNT = min(rule.least_count for rule in RULES.values())

LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Span:
    """The hour that is looked at, and the week that it is compared with."""

    since: datetime
    begin: datetime
    now: datetime


async def look(engine: AsyncEngine, clock: Clock) -> bool:
    """Begin and end alerts once; return False when another worker is at it."""
    now = clock.now()
    begin = quarter_of(now) - WINDOW + QUARTER
    span = _Span(begin - BASELINE, begin, now)
    async with engine.begin() as connection:
        if not await is_our_turn(connection):
            return False
        standings = await list_standings(
            connection,
            since=span.since,
            begin=span.begin,
            least_count=LEAST_COUNT,
            row_limit=MOST_STANDINGS,
        )
        for standing in standings:
            await _settle(connection, standing, span)
    return True


async def make_rounds(engine: AsyncEngine, ended: asyncio.Event) -> None:
    """Look now and every minute, until told to end."""
    work = partial(look, engine, SystemClock())
    await rounds.make_rounds(work, interval_s=INTERVAL_S, ended=ended)


async def _settle(connection: AsyncConnection, standing: Standing, span: _Span) -> None:
    current, before = _counted(standing, span)
    if standing.alert_id is None or standing.alert_usual_rate is None:
        judged = has_begun(current, before, RULES[standing.signal])
        if not judged.is_high:
            return
        alert_id = await begin_alert(
            connection,
            standing,
            usual_rate=judged.usual_rate,
            limit_rate=judged.limit_rate,
            rate=current.rate,
        )
        word = "begins"
    elif goes_on(current, standing.alert_usual_rate):
        await raise_peak(connection, standing.alert_id, current.rate)
        return
    else:
        alert_id, word = standing.alert_id, "is over"
        await end_alert(connection, alert_id)
    if standing.account_id != NOBODY:
        await tell_webhooks(connection, standing.account_id, alert_id)
    LOGGER.warning(
        "alert %d %s: %s of account %d, %d in the last hour",
        alert_id,
        word,
        standing.signal,
        standing.account_id,
        standing.now_count,
    )


def _counted(standing: Standing, span: _Span) -> tuple[Counted, Counted]:
    """Return what there was, for messages or for hours."""
    if standing.signal is Signal.COMPLAINT:
        return (
            Counted(standing.now_count, standing.now_out_of),
            Counted(standing.before_count, standing.before_out_of),
        )
    hour = timedelta(hours=1)
    return (
        Counted(standing.now_count, (span.now - span.begin) / hour),
        Counted(standing.before_count, max((span.begin - standing.before_begin) / hour, 0.0)),
    )
