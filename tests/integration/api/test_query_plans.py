"""No statement of the API reads a whole large table, whatever it is asked for.

All statements that the modules of storage hold are looked at, those of tomorrow, too: one with a
parameter of a new name fails until PARAMETERS say what it may be.
"""

from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import text

import services.api.storage
import shared.storage
from shared.clock import SystemClock
from tests.support.large_database import fill
from tests.support.query_plans import PlanReader, statements

NOW = SystemClock().now()
ANY_UUID = str(uuid4())
PARAMETERS: dict[str, object] = {
    "action": "campaign.pause",
    "address": "192.0.2.7",
    "addresses": ["192.0.2.7"],
    "address_policy": "none",
    "addresses_kept_days": None,
    "after": 500,
    "after_msisdn": 919_800_000_007,
    "after_journal": 1,
    "after_offset": 100,
    "age": timedelta(days=7),
    "amount": 5,
    "author": "ops",
    "author_kind": "cli",
    "author_name": "ops",
    "balance": 5,
    "batches": ["[]"],
    "before": 10_000,
    "before_at": NOW - timedelta(seconds=100),
    "before_id": 1 << 40,
    "before_journal": 1,
    "before_offset": 900,
    "before_position": 1 << 30,
    "buckets": ["account/1/calls"],
    "begin": NOW - timedelta(days=2),
    "begins": [0, 500],
    "cancelled": 8,
    "category": None,
    "clicks_kept_months": 12,
    "csrf_token": "x" * 43,
    "current": b"x" * 32,
    "code": "unreadable",
    "columns": ["mobile"],
    "contact_columns": ["{}"],
    "contact_count": 1,
    "control": "paused",
    "daily_cap": 1_000,
    "day": NOW.date(),
    "earlier_ids": [2, 3],
    "end": NOW,
    "ends": [100, 600],
    "error": "No table",
    "error_row": None,
    "event_counts": [1],
    "first_at": NOW - timedelta(seconds=20),
    "first_number": 1,
    "folded_name": "customers",
    "group_id": 1,
    "grace": timedelta(seconds=60),
    "idle": timedelta(hours=12),
    "is_enabled": True,
    "is_open": False,
    "is_linked": False,
    "journal_id": 1,
    "kept_count": 20,
    "kept_from": None,
    "keys": ["=a.example.com", "a.example.com", "example.com", "com"],
    "keeps_opt_out": True,
    "key_ids": [1],
    "key_prefix": None,
    "kind": "block",
    "kinds": ["message.failed"],
    "last_at": NOW - timedelta(seconds=10),
    "leads_s": [0.5],
    "link_count": 100,
    "list_id": 1,
    "masked": "9198******07",
    "message_column": None,
    "mobile_column": 0,
    "msisdn": 919_800_000_007,
    "msisdns": list(range(919_800_000_000, 919_800_000_100)),
    "name": "list.csv",
    "names": ["customers"],
    "network": "192.0.2.7/32",
    "newest_id": 1 << 62,
    "note": "",
    "numbers": [1],
    "octet_count": 100,
    "octets_read": 100,
    "overlap_s": 60,
    "paths": ["", "", "", ""],
    "places": [1, 2, 3],
    "position": 7,
    "positions": [1, 2, 3],
    "queued": 0,
    "rejected_count": 0,
    "row_count": 1,
    "row_limit": 50,
    "scheduled_at": NOW,
    "secret": b"x" * 32,
    "sender_id": None,
    "segments": 1_000,
    "session_id": 1,
    "shown": b"y" * 32,
    "silence": timedelta(seconds=60),
    "since": NOW - timedelta(hours=1),
    "slice_message_count": 500,
    "source": "deliveries",
    "sources": ["deliveries"],
    "state": None,
    "subject": ANY_UUID,
    "suppression_source": "api",
    "subjects": [b"x" * 32],
    "submitting": 1,
    "texts_kept_days": 30,
    "title": None,
    "token": b"z" * 32,
    "token_length": 6,
    "top": 50,
    "until": NOW,
    "upload_id": 1,
    "upload_ids": [1],
    "url": "https://a.example/",
    "user_id": 1,
    "uuids": [ANY_UUID],
    "valid_count": 1,
    "warnings": [],
    "with_machines": False,
    "with_sends": True,
    "zone_name": "Asia/Kolkata",
}
# What else a statement may be asked for, where one name means another thing or much less is found.
OTHERWISE: dict[str, list[dict[str, object]]] = {
    "contact_groups.ADD_GROUP": [{"uuid": ANY_UUID, "folded_name": "a new one"}],
    # A new one, since each is unique.
    "erasures.ADD_ERASURE": [{"uuid": ANY_UUID}],
    "audit.ADD_ENTRY": [{"before": "{}", "after": "{}"}],
    "credit.ADD_CREDIT_ENTRY": [{"kind": "top-up"}],
    # There is no list to which they could be added.
    "destinations.ADD_RULES": [{"keys": [], "paths": []}],
    "reports.LIST_CAMPAIGNS": [
        {"before": ANY_UUID},
        {"before": None, "title": "sale 4", "begin": None, "end": None},
        {"before": None, "sender_id": "nobody", "state": "paused"},
        {"before": None, "is_linked": True},
    ],
    "reports.LIST_HITS": [
        {},
        {"kept_from": NOW - timedelta(days=1)},
        {"with_machines": True, "before_at": NOW + timedelta(days=9_999)},
    ],
    # All of an account's are gone through, a page at a time.
    "number_exports.LIST_DELIVERIES": [{"after": 0}, {"after": 9_000}],
    "uploads.LIST_UPLOADS": [{"before": ANY_UUID}],
    "sign_ins.FORGET_FAILURES": [{"subject": b"x" * 32}],
    # A new one, since each is unique.
    "webhooks.ADD_WEBHOOK": [{"uuid": ANY_UUID}],
}
STATEMENTS = statements(services.api.storage) | statements(shared.storage)
LARGE = (
    "audit_entry",
    "campaign",
    "campaign_clicks",
    "campaign_credit",
    "campaign_delivery",
    "campaign_failure",
    "credit_entry",
    "contact",
    "contact_group",
    "event_batch",
    "hit",
    "message",
    "personal_text",
    "quarter_clicks",
    "recipient_clicks",
    "sandbox_message",
    "suppression",
    "trait_clicks",
    "webhook_delivery",
)


async def test_no_statement_reads_a_whole_large_table(database_url: str) -> None:
    database = await asyncpg.connect(database_url)
    try:
        ids, large = await fill(database)
        reader = PlanReader(database, large)
        known = PARAMETERS | ids | {"campaign_ids": [ids["campaign_id"]]}

        scanned = {
            name: found
            for name, statement in STATEMENTS.items()
            for otherwise in OTHERWISE.get(name, [{}])
            if (found := await reader.whole_scans(statement, known | otherwise))
        }
        # All of the campaign's messages have arrived.
        of_none = await reader.rows_read(
            STATEMENTS["reports.LIST_RECIPIENTS[failed]"], known | {"after": -1}
        )
        # What reads tables whole is noticed, or all of this would prove nothing.
        proven = {
            table: await reader.whole_scans(
                text(f"SELECT FROM {table} t WHERE CAST(t AS text) = :url"),
                known,
            )
            for table in LARGE
        }
    finally:
        await database.close()

    assert scanned == {}
    # The counts alone, by each of the ways in which it is planned.
    assert of_none == 2
    assert all(len(found) == 2 for found in proven.values()), proven
    assert all(any(name.startswith(table) for name in large) for table in LARGE)


@pytest.mark.parametrize(
    "name",
    [
        "reports.LIST_CAMPAIGNS",
        "reports.LIST_RECIPIENTS[not_clicked]",
        "breakdowns.MEDIAN_FIRST_CLICK",
        "live.GET_COUNTS",
        "events.LIST_CLICKS",
    ],
)
def test_statements_are_found_wherever_they_stand(name: str) -> None:
    assert name in STATEMENTS
