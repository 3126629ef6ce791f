"""Keeping tables from running out or over."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

UPKEEP_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtext('txlink upkeep'))")
ENSURE_PARTITIONS = text("SELECT ensure_partitions(:months_ahead)")
# Each finds its rows by an index on the time that it names.
PURGE_IDEMPOTENCY_KEYS = text("""
    DELETE FROM idempotency_key WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM idempotency_key WHERE created_at < now() - interval '24 hours'
        ORDER BY created_at LIMIT :row_count FOR UPDATE SKIP LOCKED
    ))
""")
PURGE_DELIVERY_REPORTS = text("""
    DELETE FROM delivery_report WHERE id = ANY(ARRAY(
        SELECT id FROM delivery_report WHERE settled_at < now() - interval '30 days'
        ORDER BY settled_at LIMIT :row_count
    ))
""")
PURGE_SANDBOX_MESSAGES = text("""
    DELETE FROM sandbox_message WHERE id = ANY(ARRAY(
        SELECT id FROM sandbox_message WHERE receipt_sent_at < now() - interval '7 days'
        ORDER BY receipt_sent_at LIMIT :row_count
    ))
""")
PURGE_WEBHOOK_DELIVERIES = text("""
    DELETE FROM webhook_delivery WHERE id = ANY(ARRAY(
        SELECT id FROM webhook_delivery WHERE created_at < now() - interval '30 days'
        ORDER BY created_at LIMIT :row_count
    ))
""")
# By event_batch_account_id_created_at_idx, account by account.
PURGE_EVENT_BATCHES = text("""
    DELETE FROM event_batch WHERE ctid = ANY(ARRAY(
        SELECT old.ctid FROM account CROSS JOIN LATERAL (
            SELECT ctid FROM event_batch
            WHERE account_id = account.id AND created_at < now() - interval '30 days'
            ORDER BY created_at LIMIT :row_count
        ) AS old
        LIMIT :row_count
    ))
""")
# By signal_count_quarter_idx; alerts look a week back.
PURGE_SIGNAL_COUNTS = text("""
    DELETE FROM signal_count WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM signal_count WHERE quarter < now() - interval '9 days'
        ORDER BY quarter LIMIT :row_count
    ))
""")
# They have no index on their time, but their ids rise with it.
PURGE_ALERTS = text("""
    DELETE FROM alert WHERE id = ANY(ARRAY(
        SELECT id FROM (SELECT * FROM alert ORDER BY id LIMIT :row_count) AS oldest
        WHERE ended_at < now() - interval '400 days'
    ))
""")
# Only what PgQueuer has folded into its statistics; the rest is still to be counted.
PURGE_JOB_LOG = text("""
    DELETE FROM pgqueuer_log WHERE id = ANY(ARRAY(
        SELECT id FROM pgqueuer_log WHERE aggregated AND created < now() - interval '1 day'
        ORDER BY created LIMIT :row_count
    ))
""")
# They have no index on their time, but their ids rise with it.
PURGE_JOB_STATISTICS = text("""
    DELETE FROM pgqueuer_statistics WHERE id = ANY(ARRAY(
        SELECT id FROM (SELECT * FROM pgqueuer_statistics ORDER BY id LIMIT :row_count) AS oldest
        WHERE created < now() - interval '30 days'
    ))
""")
# By user_session_ends_at_idx; in one order with those who end them.
PURGE_SESSIONS = text("""
    DELETE FROM user_session WHERE id = ANY(ARRAY(
        SELECT id FROM user_session WHERE ends_at < now()
        ORDER BY ends_at LIMIT :row_count FOR UPDATE SKIP LOCKED
    ))
""")
# A place where a user was not seen for half a year is a stranger's again.
PURGE_USER_NETWORKS = text("""
    DELETE FROM user_network WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM user_network WHERE seen_at < now() - interval '180 days'
        ORDER BY seen_at LIMIT :row_count FOR UPDATE SKIP LOCKED
    ))
""")
# They are forgotten after an hour as it is (services/api/domain/sign_in_waits.py).
PURGE_SIGN_IN_FAILURES = text("""
    DELETE FROM sign_in_failure WHERE subject = ANY(ARRAY(
        SELECT subject FROM sign_in_failure WHERE failed_at < now() - interval '2 hours'
        ORDER BY failed_at LIMIT :row_count FOR UPDATE SKIP LOCKED
    ))
""")
PURGES = (
    PURGE_IDEMPOTENCY_KEYS,
    PURGE_DELIVERY_REPORTS,
    PURGE_SANDBOX_MESSAGES,
    PURGE_WEBHOOK_DELIVERIES,
    PURGE_EVENT_BATCHES,
    PURGE_SIGNAL_COUNTS,
    PURGE_ALERTS,
    PURGE_JOB_LOG,
    PURGE_JOB_STATISTICS,
    PURGE_SESSIONS,
    PURGE_USER_NETWORKS,
    PURGE_SIGN_IN_FAILURES,
)
HELD_JOBS = text("SELECT count(*) FROM pgqueuer WHERE status = 'failed'")


async def is_our_turn(connection: AsyncConnection) -> bool:
    """Tell whether no other worker is at upkeep, and keep it so until the transaction ends."""
    is_ours: bool = (await connection.execute(UPKEEP_LOCK)).scalar_one()
    return is_ours


async def add_partitions(connection: AsyncConnection, *, months_ahead: int) -> None:
    """Make the partitions of this month and the next ones, where they are missing."""
    await connection.execute(ENSURE_PARTITIONS, {"months_ahead": months_ahead})


async def purge_batch(connection: AsyncConnection, *, row_count: int) -> bool:
    """Delete what is past keeping, at most so many rows of each table; tell whether to go on.

    Journals stay: a recorder whose host was away for months would read from the start, and count
    again, a file of which nothing is known.
    """
    deleted = [
        (await connection.execute(purge, {"row_count": row_count})).rowcount for purge in PURGES
    ]
    return row_count in deleted


async def count_held_jobs(connection: AsyncConnection) -> int:
    """Count the jobs that are held after too many faults of ours."""
    count: int = (await connection.execute(HELD_JOBS)).scalar_one()
    return count
