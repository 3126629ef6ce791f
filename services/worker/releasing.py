"""Sending off scheduled campaigns when their time has come.

Their jobs are queued only then. Jobs that wait for months would lie before all others in the index
that workers take jobs by, and each look for jobs would step over every one of them.
"""

import asyncio
from collections.abc import Callable
from functools import partial

from sqlalchemy.ext.asyncio import AsyncEngine

from services.worker import rounds
from services.worker.storage.campaigns import release_due

POLL_INTERVAL_S = 1.0
# A transaction for each few, so that none is long.
BATCH_CAMPAIGN_COUNT = 10


async def release(engine: AsyncEngine, on_batch: Callable[[], None] | None = None) -> int:
    """Queue the messages of all campaigns that are due; return how many campaigns those were.

    Args:
        engine: Where they stand.
        on_batch: Called after each batch.
    """
    released = 0
    while True:
        async with engine.begin() as connection:
            batch = await release_due(connection, campaign_count=BATCH_CAMPAIGN_COUNT)
        released += batch
        if on_batch is not None:
            on_batch()
        if batch < BATCH_CAMPAIGN_COUNT:
            return released


async def make_rounds(
    engine: AsyncEngine, ended: asyncio.Event, on_progress: Callable[[], None]
) -> None:
    """Look for campaigns that are due, now and every second, until told to end."""
    work = partial(release, engine, on_progress)
    await rounds.make_rounds(work, interval_s=POLL_INTERVAL_S, ended=ended, on_round=on_progress)
