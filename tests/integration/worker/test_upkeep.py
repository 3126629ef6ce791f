"""Upkeep: partitions ahead, nothing kept past its day, and a word on jobs that are held."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.worker.storage.upkeep import (
    PURGE_DELIVERY_REPORTS,
    PURGE_IDEMPOTENCY_KEYS,
    PURGE_JOB_LOG,
    PURGE_JOB_STATISTICS,
    PURGE_SANDBOX_MESSAGES,
    is_our_turn,
    purge_batch,
)
from services.worker.upkeep import BATCH_ROW_COUNT, keep_up
from shared.schema.grants import Service
from tests.support.roles import engine_as
from tests.support.stored_campaigns import FIRST_MSISDN, are_all_final, store_campaign
from tests.support.waiting import until
from tests.support.worker_task import running_worker

DROP_LAST = text("""
    DO $$ BEGIN
        EXECUTE 'DROP TABLE ' || (
            SELECT max(inhrelid::regclass::text) FROM pg_inherits
            WHERE inhparent = 'message'::regclass
        );
    END $$
""")
PARTITION_COUNT = text("SELECT count(*) FROM pg_inherits WHERE inhparent = 'message'::regclass")
FILL = (
    text("""
        INSERT INTO idempotency_key (account_id, key, payload_sha256, answer, created_at)
        SELECT 1, 'k' || hours, '', '', now() - hours * interval '1 hour'
        FROM generate_series(23, 25, 2) AS hours
    """),
    text("""
        INSERT INTO pgqueuer_log (job_id, status, entrypoint, priority, aggregated, created)
        SELECT 1, 'successful', 'e', hours, is_aggregated, now() - hours * interval '1 hour'
        FROM generate_series(23, 25, 2) AS hours, unnest(ARRAY[true, false]) AS is_aggregated
    """),
    text("""
        INSERT INTO pgqueuer_statistics (count, status, entrypoint, priority, created)
        SELECT 1, 'successful', 'e', days, now() - days * interval '1 day'
        FROM generate_series(29, 31, 2) AS days
    """),
)
# Settled, and sent, a day before and after what is kept; and never.
FILL_REPORTS = text("""
    INSERT INTO delivery_report (carrier, raw, received_at, settled_at)
    SELECT
        'c', coalesce(days::text, 'unsettled'), now() - interval '90 days',
        now() - days * interval '1 day'
    FROM unnest(ARRAY[29, 31, NULL]) AS days
""")
FILL_SANDBOX = text("""
    INSERT INTO sandbox_message (
        carrier_message_id, account_id, sender_id, msisdn, body, encoding, segment_count,
        received_at, receipt_state, receipt_due_at, receipt_sent_at
    )
    SELECT
        coalesce(days::text, 'unsent'), 1, '', 1, '', '', 1, now() - interval '90 days', '',
        now() + interval '1 day', now() - days * interval '1 day'
    FROM unnest(ARRAY[6, 8, NULL]) AS days
""")
# An account with a user, who is signed in and is not, and was seen lately and long ago.
FILL_SIGN_INS = (
    text("INSERT INTO account (name) VALUES ('acme')"),
    text("""
        INSERT INTO account_user (account_id, login, password_hash)
        SELECT id, 'asha', '' FROM account
    """),
    text("""
        INSERT INTO user_session (
            account_id, user_id, token_sha256, csrf_token, agent, created_at, rotated_at, seen_at,
            ends_at, expires_at
        )
        SELECT account_id, id, sha256(ends::bytea), '', ends, now(), now(), now(),
            CAST(ends AS timestamptz), now()
        FROM account_user, unnest(ARRAY['infinity', '-infinity', '2026-01-01']) AS ends
    """),
    text("""
        INSERT INTO user_network (account_id, user_id, network, seen_at)
        SELECT account_id, id, CAST('192.0.2.' || days AS cidr), now() - days * interval '1 day'
        FROM account_user, unnest(ARRAY[179, 181]) AS days
    """),
    text("""
        INSERT INTO sign_in_failure (subject, failure_count, failed_at)
        SELECT sha256(hours::text::bytea), hours, now() - hours * interval '1 hour'
        FROM unnest(ARRAY[1, 3]) AS hours
    """),
)
SIGN_INS_LEFT = text("""
    SELECT agent FROM user_session UNION ALL SELECT host(network) FROM user_network
    UNION ALL SELECT failure_count::text FROM sign_in_failure
""")
REPORTS_LEFT = text("SELECT raw FROM delivery_report ORDER BY id")
SANDBOX_LEFT = text("SELECT carrier_message_id FROM sandbox_message ORDER BY id")
MANY_REPORTS = text("""
    INSERT INTO delivery_report (carrier, raw, settled_at)
    SELECT 'c', '', now() - interval '31 days' FROM generate_series(1, :count)
""")
REPORT_COUNT = text("SELECT count(*) FROM delivery_report")
# Enough of everything, of which nothing is due, that to look at all of it would show.
MANY_OF_EVERYTHING = (
    text("""
        INSERT INTO idempotency_key (account_id, key, payload_sha256, answer)
        SELECT 1, n, '', '' FROM generate_series(1, 20000) AS n
    """),
    text("""
        INSERT INTO delivery_report (carrier, raw, settled_at)
        SELECT 'c', '', now() FROM generate_series(1, 20000)
    """),
    text("""
        INSERT INTO sandbox_message (
            carrier_message_id, account_id, sender_id, msisdn, body, encoding, segment_count,
            receipt_state, receipt_due_at, receipt_sent_at
        )
        SELECT n, 1, '', 1, '', '', 1, '', now(), now() FROM generate_series(1, 20000) AS n
    """),
    text("""
        INSERT INTO pgqueuer_log (job_id, status, entrypoint, priority, aggregated)
        SELECT n, 'successful', 'e', 0, true FROM generate_series(1, 20000) AS n
    """),
    text("""
        INSERT INTO pgqueuer_statistics (count, status, entrypoint, priority)
        SELECT 1, 'successful', 'e', n FROM generate_series(1, 20000) AS n
    """),
    text("ANALYZE"),
)
HOLD_JOBS = text("""
    INSERT INTO pgqueuer (priority, status, entrypoint)
    SELECT 0, CAST(status AS pgqueuer_status), 'submit_messages'
    FROM unnest(ARRAY['failed', 'failed', 'queued']) AS status
""")
BREAK_UPKEEP = text("ALTER FUNCTION ensure_partitions(integer) RENAME TO mislaid")
KEYS_LEFT = text("SELECT key FROM idempotency_key")
LOG_LEFT = text("SELECT priority, aggregated FROM pgqueuer_log ORDER BY 1, 2")
STATISTICS_LEFT = text("SELECT priority FROM pgqueuer_statistics")


async def test_missing_partition_is_made(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        before = (await connection.execute(PARTITION_COUNT)).scalar_one()
        await connection.execute(DROP_LAST)

    assert await keep_up(engine_as(Service.WORKER, engine))

    async with engine.connect() as connection:
        assert (await connection.execute(PARTITION_COUNT)).scalar_one() == before


async def test_what_is_past_keeping_is_deleted(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        for statement in FILL:
            await connection.execute(statement)

    assert await keep_up(engine_as(Service.WORKER, engine))

    async with engine.connect() as connection:
        assert (await connection.execute(KEYS_LEFT)).scalars().all() == ["k23"]
        log = (await connection.execute(LOG_LEFT)).all()
        assert [tuple(row) for row in log] == [(23, False), (23, True), (25, False)]
        assert (await connection.execute(STATISTICS_LEFT)).scalars().all() == [29]


async def test_reports_and_sandbox_messages_go_some_time_after_they_are_done_with(
    engine: AsyncEngine,
) -> None:
    async with engine.begin() as connection:
        await connection.execute(FILL_REPORTS)
        await connection.execute(FILL_SANDBOX)

    assert await keep_up(engine_as(Service.WORKER, engine))

    async with engine.connect() as connection:
        assert (await connection.execute(REPORTS_LEFT)).scalars().all() == ["29", "unsettled"]
        assert (await connection.execute(SANDBOX_LEFT)).scalars().all() == ["6", "unsent"]


async def test_ended_sessions_and_old_failures_are_let_go_of(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        for statement in FILL_SIGN_INS:
            await connection.execute(statement)

    assert await keep_up(engine_as(Service.WORKER, engine))

    async with engine.connect() as connection:
        left = (await connection.execute(SIGN_INS_LEFT)).scalars().all()
        assert sorted(left) == ["1", "192.0.2.179", "infinity"]


async def test_more_than_a_batch_is_deleted_batch_by_batch(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(MANY_REPORTS, {"count": 2 * BATCH_ROW_COUNT + 1})
    async with engine.begin() as connection:
        assert await purge_batch(connection, row_count=BATCH_ROW_COUNT)
        assert (await connection.execute(REPORT_COUNT)).scalar_one() == BATCH_ROW_COUNT + 1

    assert await keep_up(engine_as(Service.WORKER, engine))

    async with engine.connect() as connection:
        assert (await connection.execute(REPORT_COUNT)).scalar_one() == 0


async def test_purging_reads_no_table_from_end_to_end(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        for statement in MANY_OF_EVERYTHING:
            await connection.execute(statement)
        for purge in (
            PURGE_IDEMPOTENCY_KEYS,
            PURGE_DELIVERY_REPORTS,
            PURGE_SANDBOX_MESSAGES,
            PURGE_JOB_LOG,
            PURGE_JOB_STATISTICS,
        ):
            explain = text(f"EXPLAIN (FORMAT JSON) {purge.text}")
            plan = (await connection.execute(explain, {"row_count": 100})).scalar_one()
            assert "Seq Scan" not in node_types(plan[0]["Plan"]), purge.text


def node_types(node: dict[str, Any]) -> Iterator[str]:
    yield node["Node Type"]
    for child in node.get("Plans", []):
        yield from node_types(child)


async def test_held_jobs_are_told_of(
    engine: AsyncEngine, caplog: pytest.LogCaptureFixture
) -> None:
    async with engine.begin() as connection:
        await connection.execute(HOLD_JOBS)

    assert await keep_up(engine_as(Service.WORKER, engine))

    errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert len(errors) == 1
    assert errors[0].startswith("2 jobs are held")


async def test_no_word_where_no_job_is_held(
    engine: AsyncEngine, caplog: pytest.LogCaptureFixture
) -> None:
    assert await keep_up(engine_as(Service.WORKER, engine))

    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_upkeep_that_fails_is_logged_and_stops_no_job(
    engine: AsyncEngine, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with engine.begin() as connection:
        await connection.execute(BREAK_UPKEEP)

    async with running_worker(database_url):
        await until(lambda: is_logged(caplog, "a round failed"))
        campaign_id = await store_campaign(engine, msisdns=[FIRST_MSISDN + 10], is_queued=True)
        await until(lambda: are_all_final(engine, campaign_id))


async def is_logged(caplog: pytest.LogCaptureFixture, words: str) -> bool:
    return any(words in record.getMessage() for record in caplog.records)


async def test_two_workers_do_not_keep_up_at_once(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        assert await is_our_turn(connection)

        assert not await keep_up(engine_as(Service.WORKER, engine))

    assert await keep_up(engine_as(Service.WORKER, engine))
