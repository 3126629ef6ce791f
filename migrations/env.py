"""Alembic's way in: one async engine, bounded lock waits, one migration run at a time."""

import asyncio
import os

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from shared.schema import accounts, campaigns, carriers, hits, links
from shared.schema.metadata import METADATA
from shared.storage.engine import sqlalchemy_url

# Importing them is what fills METADATA.
TABLE_GROUPS = (accounts, campaigns, carriers, hits, links)
# Any number will do; it only has to be the same for every migration run.
MIGRATION_LOCK = 7_463_118


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
        connection.execute(text("SET LOCAL lock_timeout = '5s'"))
        connection.execute(text("SET LOCAL statement_timeout = '10min'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        context.run_migrations()


async def main() -> None:
    """Connect as the caller or the environment says, and migrate."""
    url = context.config.attributes.get("database_url") or os.environ["DATABASE_URL"]
    engine = create_async_engine(sqlalchemy_url(url))
    async with engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


asyncio.run(main())
