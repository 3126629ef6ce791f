"""A database in which every table that grows is large, made within a second or two.

200 accounts have 100 campaigns each; 20 of these, of one account, have messages and clicks.
"""

from datetime import timedelta

import asyncpg

from shared.clock import SystemClock
from tests.support.hit_months import add_month

ACCOUNTS, CAMPAIGNS, WITH_MESSAGES, MESSAGES = 200, 20_000, 20, 1_000
# A table is large from so many rows on; of those that are filled, each has twice as many.
LARGE_ROWS = 5_000
FILL = f"""
    INSERT INTO account (name) SELECT 'account ' || n FROM generate_series(1, {ACCOUNTS}) n;
    CREATE TEMPORARY TABLE made AS
        SELECT n, next_campaign_id() AS id, gen_random_uuid() AS uuid,
            (SELECT min(id) FROM account) + n % {ACCOUNTS} AS account_id,
            now() - n * interval '1 minute' AS at
        FROM generate_series(1, {CAMPAIGNS}) n;
    INSERT INTO campaign (id, uuid, transaction_id, account_id, title, sender_id, carrier,
            body_before, body_after, destination, link_prefix, token_length, first_link,
            message_count, encoding, segment_count, created_at, scheduled_at, control)
        SELECT id, uuid, n, account_id, 'Sale ' || n, 'ACMEIN', 'sandbox', 'See ', '',
            'https://shop.example.com/', 'https://tx1.in/', 6, n * {MESSAGES}, {MESSAGES}, 'GSM-7',
            1, at, at, CASE WHEN n % 50 = 0 THEN 'scheduled' ELSE 'running' END
        FROM made;
    INSERT INTO campaign_delivery (campaign_id, delivered) SELECT id, {MESSAGES} FROM made;
    INSERT INTO campaign_clicks (campaign_id, hit_count, click_count, clicker_count)
        SELECT id, {MESSAGES}, {MESSAGES}, {MESSAGES} / 2 FROM made;
    INSERT INTO campaign_failure SELECT id, 4, '001', 1 FROM made;
    INSERT INTO quarter_clicks
        SELECT id, date_trunc('hour', at) - q * interval '15 minutes', 1, 1
        FROM made, generate_series(0, 1) q;
    INSERT INTO trait_clicks SELECT id, 'browser', 'Chrome', 1, 1 FROM made;
    CREATE TEMPORARY TABLE sent AS
        SELECT made.*, p AS position
        FROM made, generate_series(0, {MESSAGES} - 1) p
        WHERE made.n % {ACCOUNTS} = 0 AND made.n <= {WITH_MESSAGES * ACCOUNTS};
    INSERT INTO message (campaign_id, position, msisdn, status, submitted_at, settled_at)
        SELECT id, position, 919800000000 + position, 3, now(), now() FROM sent;
    INSERT INTO personal_text (campaign_id, position, body_before, encoding, segment_count)
        SELECT id, position, 'Hello', 'GSM-7', 1 FROM sent;
    INSERT INTO recipient_clicks (campaign_id, position, hit_count, click_count, first_click_at,
            last_click_at)
        SELECT id, position, 1, position % 2,
            CASE WHEN position % 2 = 1 THEN now() - position * interval '1 second' END,
            CASE WHEN position % 2 = 1 THEN now() - position * interval '1 second' END
        FROM sent;
    INSERT INTO hit (campaign_id, position, occurred_at, journal_id, journal_offset, click_class,
            reasons, score, device_type, request_head)
        SELECT id, position, now() - position * interval '1 second', 1, position, 'person', '{{}}',
            0, 'mobile', ''
        FROM sent;
    INSERT INTO event_batch (campaign_id, source, number, kind, account_id, places, is_due)
        SELECT made.id, 'deliveries', b, 'message.failed', account_id, '{{1}}', false
        FROM made, generate_series(1, 2) b WHERE n % 2 = 0;
    INSERT INTO webhook (uuid, account_id, url, kinds, secret)
        SELECT gen_random_uuid(), id, 'https://a.example/', '{{message.failed}}',
            sha256(CAST('x' AS bytea))
        FROM account;
    INSERT INTO webhook_delivery (uuid, webhook_id, kind, batches, event_count, status, due_at)
        SELECT gen_random_uuid(), webhook.id, 'message.failed', '[]', 1, 'delivered', NULL
        FROM webhook, generate_series(1, 50);
    INSERT INTO sandbox_message (carrier_message_id, account_id, sender_id, msisdn, body, encoding,
            segment_count, receipt_state, receipt_due_at)
        SELECT n, account_id, 'ACMEIN', 919800000000, 'Hello', 'GSM-7', 1, 'DELIVRD', now()
        FROM made WHERE n % 2 = 0;
    INSERT INTO suppression (account_id, msisdn, source, author_kind)
        SELECT account_id, 919800000000 + n, 'api', 'cli' FROM made;
    INSERT INTO contact_group (uuid, account_id, name, folded_name)
        SELECT uuid, account_id, 'Group ' || n, 'group ' || n FROM made WHERE n % 2 = 0;
    INSERT INTO contact (group_id, msisdn)
        SELECT id, 919800000000 + n FROM contact_group, generate_series(1, 2) n;
    INSERT INTO audit_entry (account_id, author_kind, author_name, action, subject)
        SELECT account_id, 'cli', 'ops', 'campaign.pause', uuid FROM made;
    INSERT INTO account_credit (account_id, balance, daily_cap) SELECT id, 10, 5000 FROM account;
    INSERT INTO campaign_credit (campaign_id, account_id, charged_segments, refundable_segments)
        SELECT id, account_id, {MESSAGES}, 2 FROM made;
    INSERT INTO credit_entry (account_id, kind, amount, balance, campaign_id)
        SELECT account_id, 'charge', -{MESSAGES}, 10, id FROM made;
    ANALYZE;
"""  # noqa: S608
# Whose campaigns have the messages, and one of these.
FIND = f"""
    SELECT campaign.account_id, campaign.id AS campaign_id, campaign.uuid, transaction_id,
        webhook.id AS webhook_id
    FROM campaign JOIN webhook ON webhook.account_id = campaign.account_id
    WHERE transaction_id = {ACCOUNTS}
"""  # noqa: S608
LARGE = "SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples >= $1"


async def fill(database: asyncpg.Connection) -> tuple[dict[str, object], set[str]]:
    """Fill a database.

    Returns:
        The ids of one campaign that has messages, and the tables, or partitions, that are large.
    """
    await add_month(database, SystemClock().now() - timedelta(days=1))
    await database.execute(FILL)
    campaign = await database.fetchrow(FIND)
    large = await database.fetch(LARGE, LARGE_ROWS)
    return dict(campaign or {}), {row["relname"] for row in large}
