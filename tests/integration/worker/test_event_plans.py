"""What is looked for again and again is found by an index, however much there is."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.storage.webhooks import LIST_DELIVERIES, LIST_TOLD
from services.worker.storage.webhooks import LIST_DUE_BATCHES, LIST_DUE_DELIVERIES
from shared.clock import SystemClock
from shared.storage.events import GET_BATCHES, LIST_BATCHES, LIST_CLICKS, LIST_MESSAGES
from tests.support.generated_hits import make_room
from tests.support.links import seed_campaign

BIG_TABLES = ("event_batch", "webhook_delivery", "hit_", "message_")
ADD_BATCHES = text("""
    INSERT INTO event_batch (campaign_id, source, number, kind, account_id, places, is_due,
        created_at)
    SELECT campaign.id + n % 20, 'deliveries', n, 'message.failed', account_id + n % 20, '{1}',
        n % 1000 = 0, now() - n * interval '1 second'
    FROM campaign CROSS JOIN generate_series(1, 20000) AS n
""")
ADD_WEBHOOKS = text("""
    INSERT INTO webhook (uuid, account_id, url, kinds, secret)
    SELECT gen_random_uuid(), account_id, 'https://a.example/', '{message.failed}',
        sha256(CAST('x' AS bytea))
    FROM campaign CROSS JOIN generate_series(1, 20)
""")
ADD_DELIVERIES = text("""
    INSERT INTO webhook_delivery (uuid, webhook_id, kind, batches, event_count, status, due_at)
    SELECT gen_random_uuid(), webhook.id, 'message.failed', '[]', 1,
        CASE WHEN n % 100 = 0 THEN 'pending' ELSE 'delivered' END,
        CASE WHEN n % 100 = 0 THEN now() END
    FROM webhook CROSS JOIN generate_series(1, 1000) AS n
""")
ADD_HITS = text("""
    INSERT INTO hit (campaign_id, position, occurred_at, journal_id, journal_offset, click_class,
        reasons, score, device_type, request_head)
    SELECT id, n % 3000, now() - n * interval '1 second', 1, n, 'person', '{}', 0, 'mobile', ''
    FROM campaign CROSS JOIN generate_series(1, 20000) AS n
""")
ANALYZE = [text(f"ANALYZE {table}") for table in ("event_batch", "webhook_delivery", "hit")]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


async def test_no_look_reads_a_whole_big_table(engine: AsyncEngine, database_url: str) -> None:
    campaign = await seed_campaign(database_url, recipient_count=3_000)
    now = SystemClock().now()
    await make_room(database_url, now - timedelta(days=1))
    values: dict[TextClause, dict[str, Any]] = {
        LIST_DUE_BATCHES: {"row_limit": 100},
        LIST_BATCHES: {
            "campaign_id": campaign.id,
            "account_id": 1,
            "source": "deliveries",
            "first_number": 5_000,
            "row_limit": 10,
        },
        GET_BATCHES: {
            "account_id": 1,
            "campaign_ids": [campaign.id],
            "sources": ["deliveries"],
            "numbers": [20],
        },
        LIST_TOLD: {
            "account_id": 1,
            "kinds": ["message.failed"],
            "since": now.replace(minute=0),
            "until": now,
            "row_limit": 100,
        },
        LIST_DUE_DELIVERIES: {"webhook_id": 1, "row_limit": 4},
        LIST_DELIVERIES: {"account_id": 1, "webhook_id": 1, "before": 10_000, "row_limit": 50},
        LIST_CLICKS: {
            "account_id": 1,
            "campaign_id": campaign.id,
            "journal_id": 1,
            "first_at": now.replace(second=0),
            "last_at": now,
            "places": [1, 2, 3],
        },
        LIST_MESSAGES: {"account_id": 1, "campaign_id": campaign.id, "places": [1, 2, 3]},
    }
    async with engine.begin() as connection:
        for statement in (ADD_BATCHES, ADD_WEBHOOKS, ADD_DELIVERIES, ADD_HITS, *ANALYZE):
            await connection.execute(statement)

    scans = []
    async with engine.connect() as connection:
        for statement, bound in values.items():
            explain = text(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.text}")
            found = (await connection.execute(explain, bound)).scalar_one()
            plan = json.loads(found) if isinstance(found, str) else found
            scans += [
                (node["Relation Name"], node["Node Type"])
                for node in nodes(plan[0]["Plan"])
                if node.get("Relation Name", "").startswith(BIG_TABLES)
                # Partitions that turned out not to be needed are in the plan, and not read.
                and node["Actual Loops"] > 0
            ]

    assert {name.partition("_2")[0] for name, _ in scans} == {
        "event_batch",
        "webhook_delivery",
        "hit",
        "message",
    }
    assert [scan for scan in scans if scan[1] == "Seq Scan"] == []
