"""Alembic's way in: one async engine, bounded lock waits, one migration run at a time."""

import asyncio
import importlib
import os
import pkgutil

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

import shared.schema
from shared.schema.metadata import METADATA
from shared.storage.engine import sqlalchemy_url

# Importing them is what fills METADATA.
for _group in pkgutil.iter_modules(shared.schema.__path__, "shared.schema."):
    importlib.import_module(_group.name)
# Any number will do; it only has to be the same for every migration run.
MIGRATION_LOCK = 7_463_118
QUEUE_WAIT = "1h"
SET_LIMITS = text(
    "SELECT set_config('lock_timeout', :lock, true), "
    "set_config('statement_timeout', :statement, true)"
)


def is_ours(name: str | None, type_: str, parents: object) -> bool:
    """Leave out of comparisons what METADATA does not declare: partitions and the queue."""
    del parents
    return type_ != "table" or name in METADATA.tables


def run(connection: Connection) -> None:
    """Run the migrations in one transaction, behind a lock that other runs wait for."""
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        include_name=is_ours,
        compare_type=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        # Another run may take its time; a table must not keep its readers waiting for as long.
        _bound(connection, lock=QUEUE_WAIT, statement=QUEUE_WAIT)
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        _bound(connection, lock="5s", statement="10min")
        context.run_migrations()


def _bound(connection: Connection, *, lock: str, statement: str) -> None:
    connection.execute(SET_LIMITS, {"lock": lock, "statement": statement})


async def main() -> None:
    """Connect as the caller or the environment says, and migrate."""
    url = context.config.attributes.get("database_url") or os.environ["DATABASE_URL"]
    engine = create_async_engine(sqlalchemy_url(url))
    async with engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


asyncio.run(main())
