"""Outliving an outage of Postgres."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from shared.storage.engine import is_outage

PAUSE_S = 0.5

LOGGER = logging.getLogger(__name__)


async def outlive_outages(work: Callable[[], Awaitable[None]], *, patience_s: float) -> None:
    """Do some work, and do it again when an outage of Postgres breaks it off.

    Args:
        work: What can be done twice.
        patience_s: How long to go on trying, in seconds; the last outage is then raised.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience_s
    while True:
        try:
            await work()
        except Exception as error:
            if not is_outage(error) or loop.time() > deadline:
                raise
            LOGGER.warning("no Postgres (%s); trying again", type(error).__name__)
            await asyncio.sleep(PAUSE_S)
        else:
            return
