"""Keeping tables from running out or over."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# Two workers that made the same partition at once would fail one of them.
UPKEEP_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtext('txlink upkeep'))")
ENSURE_PARTITIONS = text("SELECT ensure_partitions(:months_ahead)")
PURGE_IDEMPOTENCY_KEYS = text("""
    DELETE FROM idempotency_key WHERE created_at < now() - interval '24 hours'
""")
# Only what PgQueuer has folded into its statistics; the rest is still to be counted.
PRUNE_JOB_LOG = text("""
    DELETE FROM pgqueuer_log WHERE aggregated AND created < now() - interval '1 day'
""")
PRUNE_JOB_STATISTICS = text("""
    DELETE FROM pgqueuer_statistics WHERE created < now() - interval '30 days'
""")


async def is_our_turn(connection: AsyncConnection) -> bool:
    """Tell whether no other worker is at upkeep, and keep it so until the transaction ends."""
    is_ours: bool = (await connection.execute(UPKEEP_LOCK)).scalar_one()
    return is_ours


async def add_partitions(connection: AsyncConnection, *, months_ahead: int) -> None:
    """Make the partitions of this month and the next ones, where they are missing."""
    await connection.execute(ENSURE_PARTITIONS, {"months_ahead": months_ahead})


async def purge(connection: AsyncConnection) -> None:
    """Delete replayable answers, job log and job statistics that are past keeping."""
    for statement in (PURGE_IDEMPOTENCY_KEYS, PRUNE_JOB_LOG, PRUNE_JOB_STATISTICS):
        await connection.execute(statement)
