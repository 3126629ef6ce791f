"""Telling an outage of Postgres from a fault of ours, and outliving it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

PAUSE_S = 0.5

_OUTAGES = (
    OSError,  # with it TimeoutError and ConnectionError
    PoolTimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InternalClientError,
    # After a failover, on connections to what was the primary (SQLSTATE 25006).
    asyncpg.ReadOnlySQLTransactionError,
)

LOGGER = logging.getLogger(__name__)


def is_outage(error: BaseException) -> bool:
    """Tell whether an error means that Postgres is away, and connections must be made anew."""
    if isinstance(error, BaseExceptionGroup):
        return all(is_outage(inner) for inner in error.exceptions)
    if isinstance(error, DBAPIError):
        cause = error.orig and error.orig.__cause__
        return error.connection_invalidated or isinstance(cause, _OUTAGES)
    return isinstance(error, _OUTAGES)


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
