"""Connections to Postgres that come back by themselves after an outage."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

import asyncpg

from shared.storage.outages import DRIVER_OUTAGES

CONNECT_TIMEOUT_S = 2.0
Pool: TypeAlias = asyncpg.Pool
Connection: TypeAlias = asyncpg.pool.PoolConnectionProxy


async def _keep_as_it_is(_: object) -> None:
    """Reset nothing: no statement here changes its session, and the reset costs a round trip."""


def driver_url(database_url: str) -> str:
    """Return the URL that asyncpg takes, of one that may name SQLAlchemy's driver."""
    return database_url.replace("postgresql+asyncpg://", "postgresql://", 1)


async def open_pool(
    database_url: str, *, application: str, size: int, statement_timeout_s: float
) -> Pool:
    """Make a pool without connecting yet, so that a process can start while Postgres is away.

    Args:
        database_url: ``postgresql://user:password@host:port/name``.
        application: What ``pg_stat_activity`` shows.
        size: Most connections, opened when they are needed.
        statement_timeout_s: Seconds after which a statement counts as an outage.
    """
    return await asyncpg.create_pool(
        driver_url(database_url),
        min_size=0,
        max_size=size,
        reset=_keep_as_it_is,
        timeout=CONNECT_TIMEOUT_S,
        command_timeout=statement_timeout_s,
        server_settings={"application_name": application, "timezone": "UTC"},
    )


class StoreUnavailableError(Exception):
    """Postgres cannot be reached or does not answer in time; it may later."""


@contextmanager
def outages_named() -> Iterator[None]:
    """Turn what the driver raises when Postgres is away into ``StoreUnavailableError``.

    Raises:
        StoreUnavailableError: Postgres is away.
    """
    try:
        yield
    except DRIVER_OUTAGES as error:
        raise StoreUnavailableError(f"{type(error).__name__}: {error}") from error
