"""All that an account keeps of one number, a page at a time."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.storage.reports import Row, fetch

NEWEST = ((1 << 63) - 1, 0)
# Ahead of all hits.
FIRST_HIT = (datetime(1970, 1, 1, tzinfo=UTC), -1, -1)

# Walks message_msisdn_campaign_id_idx backwards, and the keys of the others beside it.
LIST_MESSAGES = text("""
    SELECT c.id AS campaign_id, c.uuid, c.transaction_id, c.title, c.sender_id, c.carrier,
           c.created_at, c.scheduled_at, c.text_let_go_at, c.dlt_entity_id, c.dlt_template_id,
           c.link_prefix, c.token_length, c.first_link, k.hits_kept_from,
           m.position, m.status, m.attempt_count, m.submitted_at, m.settled_at, m.failure_cause,
           m.carrier_message_id,
           CASE WHEN c.is_personal THEN p.body_before ELSE c.body_before END AS body_before,
           CASE WHEN c.is_personal THEN p.body_after ELSE c.body_after END AS body_after,
           coalesce(p.encoding, c.encoding) AS encoding,
           coalesce(p.segment_count, c.segment_count) AS segment_count,
           coalesce(c.destination, p.destination) AS destination,
           coalesce(r.hit_count, 0) AS hit_count, coalesce(r.click_count, 0) AS click_count,
           r.first_click_at, r.last_click_at
    FROM message m
    JOIN campaign c ON c.id = m.campaign_id AND c.account_id = :account_id
    JOIN campaign_clicks k ON k.campaign_id = m.campaign_id
    LEFT JOIN recipient_clicks r
        ON r.campaign_id = m.campaign_id AND r.position = m.position
    LEFT JOIN personal_text p
        ON p.campaign_id = m.campaign_id AND p.position = m.position
    WHERE m.msisdn = :msisdn AND (m.campaign_id, m.position) < (:before_id, :before_position)
    ORDER BY m.campaign_id DESC, m.position DESC LIMIT :row_limit
""")
# Walks hit_campaign_id_position_occurred_at_idx.
LIST_VISITS = text("""
    SELECT occurred_at, journal_id, journal_offset, click_class, reasons, score,
           host(address) AS ip, country, region, city, asn, as_organisation, browser,
           browser_version, os, os_version, device_type, device, user_agent, referrer,
           request_head
    FROM hit
    WHERE campaign_id = :campaign_id AND position = :position
      AND EXISTS (
          SELECT FROM campaign c WHERE c.id = :campaign_id AND c.account_id = :account_id
      )
      AND occurred_at >= :first_at
      AND (occurred_at, journal_id, journal_offset)
          > (CAST(:first_at AS timestamptz), :after_journal, :after_offset)
    ORDER BY occurred_at, journal_id, journal_offset LIMIT :row_limit
""")
# Walks contact_group_account_id_id_idx, and looks each up by contact_pkey.
LIST_CONTACTS = text("""
    SELECT id, uuid, name, (
        SELECT columns FROM contact WHERE group_id = page.id AND msisdn = CAST(:msisdn AS bigint)
    ) AS columns
    FROM (
        SELECT id, uuid, name FROM contact_group
        WHERE account_id = :account_id AND id > :after ORDER BY id LIMIT :row_limit
    ) AS page
    ORDER BY id
""")
# Walks upload_account_id_id_idx.
LIST_UPLOADS = text("""
    SELECT id, uuid, name, columns, created_at FROM upload
    WHERE account_id = :account_id AND id > :after ORDER BY id LIMIT :row_limit
""")
# Walks upload_row_pkey: all of an upload, since files are kept for a few days only.
LIST_UPLOAD_ROWS = text("""
    SELECT position, row_number, mobile, cells FROM upload_row
    WHERE upload_id = (SELECT id FROM upload WHERE id = :upload_id AND account_id = :account_id)
      AND position > :after AND msisdn = :msisdn
    ORDER BY position LIMIT :row_limit
""")
# By sandbox_message_account_id_msisdn_idx.
LIST_SANDBOX_MESSAGES = text("""
    SELECT id, carrier_message_id, sender_id, body, encoding, segment_count, received_at,
           receipt_state, receipt_sent_at
    FROM sandbox_message
    WHERE account_id = :account_id AND msisdn = :msisdn AND id > :after
    ORDER BY id LIMIT :row_limit
""")
# Walks webhook_delivery_webhook_id_id_idx for each webhook; batches by event_batch_pkey, messages
# by message_pkey, clicks by hit_campaign_id_position_occurred_at_idx.
LIST_DELIVERIES = text("""
    WITH page AS MATERIALIZED (
        SELECT d.id, d.uuid, w.uuid AS webhook_uuid, d.kind, d.batches, d.created_at, d.status,
               d.attempted_at, d.attempt_count, d.response_status
        FROM webhook w CROSS JOIN LATERAL (
            SELECT * FROM webhook_delivery
            WHERE webhook_id = w.id AND id > :after ORDER BY id LIMIT :row_limit
        ) d
        WHERE w.account_id = :account_id
        ORDER BY d.id LIMIT :row_limit
    )
    SELECT page.*, EXISTS (
        SELECT FROM jsonb_array_elements(page.batches) AS named
        JOIN event_batch b
            ON b.campaign_id = CAST(named->>0 AS bigint) AND b.source = named->>1
            AND b.number = CAST(named->>2 AS bigint) AND b.account_id = :account_id
        JOIN message m ON m.campaign_id = b.campaign_id AND m.msisdn = CAST(:msisdn AS bigint)
        WHERE CASE b.source
            WHEN 'deliveries' THEN m.position = ANY(b.places)
            ELSE EXISTS (
                SELECT FROM hit
                WHERE hit.campaign_id = m.campaign_id AND hit.position = m.position
                  AND hit.occurred_at BETWEEN b.first_at AND b.last_at
                  AND hit.journal_id = b.journal_id AND hit.journal_offset = ANY(b.places)
            )
        END
    ) AS is_about
    FROM page ORDER BY page.id
""")


async def list_messages(
    connection: AsyncConnection,
    account_id: int,
    msisdn: int,
    *,
    before: tuple[int, int],
    row_limit: int,
) -> list[Row]:
    """Return messages to a number that are older than one, newest first."""
    return await fetch(
        connection,
        LIST_MESSAGES,
        account_id=account_id,
        msisdn=msisdn,
        before_id=before[0],
        before_position=before[1],
        row_limit=row_limit,
    )


async def list_visits(
    connection: AsyncConnection,
    account_id: int,
    message: tuple[int, int],
    *,
    after: tuple[datetime, int, int],
    row_limit: int,
) -> list[Row]:
    """Return hits on the link of a message, by campaign and position, behind one of them."""
    return await fetch(
        connection,
        LIST_VISITS,
        account_id=account_id,
        campaign_id=message[0],
        position=message[1],
        first_at=after[0],
        after_journal=after[1],
        after_offset=after[2],
        row_limit=row_limit,
    )


async def list_contacts(
    connection: AsyncConnection, account_id: int, msisdn: int, *, after: int, row_limit: int
) -> list[Row]:
    """Return the next contact groups with what they say of a number; None if they have it not."""
    return await fetch(
        connection,
        LIST_CONTACTS,
        account_id=account_id,
        msisdn=msisdn,
        after=after,
        row_limit=row_limit,
    )


async def list_uploads(
    connection: AsyncConnection, account_id: int, *, after: int, row_limit: int
) -> list[Row]:
    """Return the next uploads of an account."""
    return await fetch(
        connection, LIST_UPLOADS, account_id=account_id, after=after, row_limit=row_limit
    )


async def list_upload_rows(
    connection: AsyncConnection,
    account_id: int,
    upload_id: int,
    msisdn: int,
    *,
    after: int,
    row_limit: int,
) -> list[Row]:
    """Return the next rows of an upload that are a number's."""
    return await fetch(
        connection,
        LIST_UPLOAD_ROWS,
        account_id=account_id,
        upload_id=upload_id,
        msisdn=msisdn,
        after=after,
        row_limit=row_limit,
    )


async def list_sandbox_messages(
    connection: AsyncConnection, account_id: int, msisdn: int, *, after: int, row_limit: int
) -> list[Row]:
    """Return the next messages that the sandbox's phone has of a number."""
    return await fetch(
        connection,
        LIST_SANDBOX_MESSAGES,
        account_id=account_id,
        msisdn=msisdn,
        after=after,
        row_limit=row_limit,
    )


async def list_deliveries(
    connection: AsyncConnection, account_id: int, msisdn: int, *, after: int, row_limit: int
) -> Sequence[Row]:
    """Return the next deliveries to webhooks; ``is_about`` tells whether they are about it."""
    return await fetch(
        connection,
        LIST_DELIVERIES,
        account_id=account_id,
        msisdn=msisdn,
        after=after,
        row_limit=row_limit,
    )
