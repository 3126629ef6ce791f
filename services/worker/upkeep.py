"""Upkeep: partitions ahead of time, and nothing kept past its day."""

import asyncio
import logging
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

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
    return True


async def run(engine: AsyncEngine) -> None:
    """Do the upkeep now and every hour, until cancelled."""
    while True:
        if await keep_up(engine):
            LOGGER.info("upkeep done")
        await asyncio.sleep(INTERVAL.total_seconds())
