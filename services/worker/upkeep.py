"""Upkeep: partitions ahead of time, nothing kept past its day, a word on jobs that are held."""

import asyncio
import logging
from datetime import timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncEngine

from services.worker import rounds
from services.worker.retention import OthersTurnError, keep_to_limits
from services.worker.storage.upkeep import (
    add_partitions,
    count_held_jobs,
    is_our_turn,
    purge_batch,
)
from shared.clock import SystemClock

INTERVAL = timedelta(hours=1)
MONTHS_AHEAD = 12
BATCH_ROW_COUNT = 5_000

LOGGER = logging.getLogger(__name__)


async def keep_up(engine: AsyncEngine) -> bool:
    """Do the upkeep once; return False when another worker is at it."""
    async with engine.begin() as connection:
        if not await is_our_turn(connection):
            return False
        await add_partitions(connection, months_ahead=MONTHS_AHEAD)
        held_count = await count_held_jobs(connection)
    if held_count:
        LOGGER.error(
            "%d jobs are held after faults of ours, and what they are about waits; docs/"
            "configuration.md says how they are queued again",
            held_count,
        )
    while await _purge_batch(engine):
        pass
    try:
        await keep_to_limits(engine, now=SystemClock().now())
    except OthersTurnError:
        return False
    LOGGER.info("upkeep done")
    return True


async def _purge_batch(engine: AsyncEngine) -> bool:
    # A transaction for each, so that none is long.
    async with engine.begin() as connection:
        return await purge_batch(connection, row_count=BATCH_ROW_COUNT)


async def make_rounds(engine: AsyncEngine, ended: asyncio.Event) -> None:
    """Do the upkeep now and every hour, until told to end."""
    work = partial(keep_up, engine)
    await rounds.make_rounds(work, interval_s=INTERVAL.total_seconds(), ended=ended)
