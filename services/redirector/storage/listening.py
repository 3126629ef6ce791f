"""A connection that hears of changed links, and of changed rules about where they may lead."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import asyncpg

from services.redirector.storage.connections import CONNECT_TIMEOUT_S, driver_url, outages_named

LINKS_CHANNEL = "txlink_links"
RULES_CHANNEL = "txlink_destinations"
STATEMENT_TIMEOUT_S = 5.0


@asynccontextmanager
async def open_listener(
    database_url: str,
    *,
    on_change: Callable[[str], None],
    on_rules: Callable[[], None],
    on_end: Callable[[], None],
) -> AsyncIterator[asyncpg.Connection]:
    """Listen for as long as the context lasts, or the connection does.

    Args:
        database_url: ``postgresql://user:password@host:port/name``; not through a pooler.
        on_change: Called with token length and first link of a changed block.
        on_rules: Called when rules about destinations were changed.
        on_end: Called when the connection ends.

    Yields:
        The connection.

    Raises:
        StoreUnavailableError: Postgres is away.
    """
    with outages_named():
        connection = await asyncpg.connect(
            driver_url(database_url),
            timeout=CONNECT_TIMEOUT_S,
            command_timeout=STATEMENT_TIMEOUT_S,
            server_settings={"application_name": "txlink-redirector-listener"},
        )
    try:
        with outages_named():
            connection.add_termination_listener(lambda _: on_end())
            await connection.add_listener(LINKS_CHANNEL, lambda *notice: on_change(str(notice[3])))
            await connection.add_listener(RULES_CHANNEL, lambda *_: on_rules())
        yield connection
    finally:
        connection.terminate()
