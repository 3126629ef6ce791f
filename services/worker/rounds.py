"""Work that is done again and again beside the jobs."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from shared.storage.engine import is_outage

LONGEST_RETRY_S = 60.0

LOGGER = logging.getLogger(__name__)


async def make_rounds(
    work: Callable[[], Awaitable[object]],
    *,
    interval_s: float,
    ended: asyncio.Event,
    on_round: Callable[[], None] | None = None,
) -> None:
    """Do some work now and at every interval; whatever goes wrong only breaks off a round.

    It is told to end, not cancelled: a connection that was just being made when its task was
    cancelled would be closed by nobody.

    Args:
        work: One round.
        interval_s: From the end of a round to the next, in seconds; one that a fault
            broke off is made again after ``LONGEST_RETRY_S`` at the latest.
        ended: Set to end with the round that is under way.
        on_round: Called after each round that is done, or broken off by an outage of Postgres;
            not after one that a fault broke off, since that wants mending.
    """
    while not ended.is_set():
        is_sound = await _make_round(work)
        if is_sound and on_round is not None:
            on_round()
        await sleep_unless(ended, interval_s if is_sound else min(interval_s, LONGEST_RETRY_S))


async def _make_round(work: Callable[[], Awaitable[object]]) -> bool:
    try:
        await work()
    # The jobs beside it go on, whatever it is: none of them needs this round.
    except Exception as error:
        if not is_outage(error):
            LOGGER.exception("a round failed; it is made again")
            return False
        LOGGER.warning("no Postgres (%s); trying again", type(error).__name__)
    return True


async def sleep_unless(event: asyncio.Event, delay_s: float) -> None:
    """Sleep, but wake up at once when the event is set."""
    try:
        async with asyncio.timeout(delay_s):
            await event.wait()
    except TimeoutError:
        return
