"""Waiting for what other processes and tasks do."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg

TIMEOUT_S = 60.0


async def until(condition: Callable[[], Awaitable[bool]], *, timeout_s: float = TIMEOUT_S) -> None:
    """Ask again and again until the answer is yes.

    Raises:
        TimeoutError: It was no for as long as that.
    """
    async with asyncio.timeout(timeout_s):
        while not await condition():  # noqa: ASYNC110 - what it waits for is in a database
            await asyncio.sleep(0.05)


async def waits_for_a_lock(database_url: str) -> bool:
    """Tell whether a statement on this database waits for another's lock."""
    connection = await asyncpg.connect(database_url)
    waiting: bool = await connection.fetchval(
        "SELECT count(*) > 0 FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    await connection.close()
    return waiting
