"""Upkeep: partitions ahead of time, and nothing kept past its day."""

import asyncio
import logging
from datetime import timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncEngine

from services.worker import rounds
from services.worker.storage.upkeep import add_partitions, is_our_turn, purge

INTERVAL = timedelta(hours=1)
MONTHS_AHEAD = 12

LOGGER = logging.getLogger(__name__)


async def keep_up(engine: AsyncEngine) -> bool:
    """Do the upkeep once; return False when another worker is at it."""
    async with engine.begin() as connection:
        if not await is_our_turn(connection):
            return False
        await add_partitions(connection, months_ahead=MONTHS_AHEAD)
        await purge(connection)
    LOGGER.info("upkeep done")
    return True


async def make_rounds(engine: AsyncEngine, ended: asyncio.Event) -> None:
    """Do the upkeep now and every hour, until told to end."""
    work = partial(keep_up, engine)
    await rounds.make_rounds(work, interval_s=INTERVAL.total_seconds(), ended=ended)
