"""Connections to Postgres, as every service makes them."""

import asyncpg
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from shared.domain.sealing import Sealer
from shared.storage.outages import DRIVER_OUTAGES
from shared.storage.sealed import sealing_options

# All that ``is_outage`` may say yes to, and much that it says no to.
STORE_ERRORS = (*DRIVER_OUTAGES, SQLAlchemyError)
CONNECT_TIMEOUT_S = 5.0
STATEMENT_TIMEOUT_S = 30.0


def sqlalchemy_url(database_url: str) -> str:
    """Turn a plain ``postgresql://`` URL into the one that names SQLAlchemy's asyncpg driver.

    Raises:
        ValueError: It is not a Postgres URL.
    """
    scheme, separator, rest = database_url.partition("://")
    if not separator or scheme not in {"postgres", "postgresql", "postgresql+asyncpg"}:
        message = "DATABASE_URL must start with postgresql://"
        raise ValueError(message)
    return f"postgresql+asyncpg://{rest}"


def create_engine(
    database_url: str,
    *,
    application: str,
    sealer: Sealer | None = None,
    pool_size: int = 5,
    max_overflow: int = 5,
) -> AsyncEngine:
    """Make the engine of one process; the caller disposes of it.

    Args:
        database_url: ``postgresql://user:password@host:port/database``.
        application: What ``pg_stat_activity`` shows.
        sealer: What secrets are sealed and opened with; without it, none is to be had.
        pool_size: Connections kept open.
        max_overflow: Connections that may be open beyond that under load.
    """
    engine = create_async_engine(
        sqlalchemy_url(database_url),
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=CONNECT_TIMEOUT_S,
        pool_pre_ping=True,
        # Bound values are secrets and people's numbers; a logged error must not show them.
        hide_parameters=True,
        execution_options={} if sealer is None else sealing_options(sealer),
        connect_args={
            "timeout": CONNECT_TIMEOUT_S,
            "command_timeout": STATEMENT_TIMEOUT_S,
            "server_settings": {"application_name": application, "timezone": "UTC"},
        },
    )
    event.listen(engine.sync_engine, "handle_error", _leave_former_primary)
    return engine


def _leave_former_primary(context: ExceptionContext) -> None:
    # After a failover, connections to what was the primary are alive, and of no use (SQLSTATE
    # 25006). Called lost, they all are made anew as the pool next hands them out.
    cause = context.sqlalchemy_exception and context.original_exception.__cause__
    if isinstance(cause, asyncpg.ReadOnlySQLTransactionError):
        context.is_disconnect = True


def is_outage(error: BaseException) -> bool:
    """Tell whether an error means that Postgres is away, and connections must be made anew."""
    if isinstance(error, BaseExceptionGroup):
        return all(is_outage(inner) for inner in error.exceptions)
    if isinstance(error, DBAPIError):
        cause = error.orig and error.orig.__cause__
        return error.connection_invalidated or isinstance(cause, DRIVER_OUTAGES)
    return isinstance(error, DRIVER_OUTAGES) or is_pool_exhausted(error)


def is_pool_exhausted(error: BaseException) -> bool:
    """Tell whether an error means that all connections are in use; Postgres may be well."""
    return isinstance(error, PoolTimeoutError)


async def raw_connection(connection: AsyncConnection) -> asyncpg.Connection:
    """Return the asyncpg connection inside, in the same transaction, for COPY and the queue.

    SQLAlchemy begins its transaction with its first statement, so that statement must have been
    executed before: what runs on the raw connection alone would be committed by itself.

    Raises:
        RuntimeError: No transaction has begun.
        TypeError: The engine's driver is not asyncpg.
    """
    raw = (await connection.get_raw_connection()).driver_connection
    if not isinstance(raw, asyncpg.Connection):
        message = f"expected an asyncpg connection, got {type(raw)}"
        raise TypeError(message)
    if not raw.is_in_transaction():
        message = "execute a statement first: no transaction is open on this connection"
        raise RuntimeError(message)
    return raw
