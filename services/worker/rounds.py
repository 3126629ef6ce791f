"""Work that is done again and again beside the jobs."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from services.worker.storage.outages import is_outage

LOGGER = logging.getLogger(__name__)


async def make_rounds(
    work: Callable[[], Awaitable[object]],
    *,
    interval_s: float,
    ended: asyncio.Event,
    on_round: Callable[[], None] | None = None,
) -> None:
    """Do some work now and at every interval; an outage of Postgres only breaks off a round.

    It is told to end, not cancelled: a connection that was just being made when its task was
    cancelled would be closed by nobody.

    Args:
        work: One round.
        interval_s: From the end of a round to the next, in seconds.
        ended: Set to end with the round that is under way.
        on_round: Called after each round, done or broken off by an outage.
    """
    while not ended.is_set():
        try:
            await work()
        except Exception as error:
            if not is_outage(error):
                raise
            LOGGER.warning("no Postgres (%s); trying again", type(error).__name__)
        if on_round is not None:
            on_round()
        await sleep_unless(ended, interval_s)


async def sleep_unless(event: asyncio.Event, delay_s: float) -> None:
    """Sleep, but wake up at once when the event is set."""
    try:
        async with asyncio.timeout(delay_s):
            await event.wait()
    except TimeoutError:
        return
