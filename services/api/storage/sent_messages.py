"""Messages as their recipients read them, by where they stand in their campaigns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.storage.reports import Row, fetch

# Walks message_pkey, and looks up by personal_text_pkey, of one partition a span.
LIST_MESSAGES = text("""
    SELECT c.id AS campaign_id, c.uuid, c.transaction_id, c.sender_id, c.is_flash, c.control,
           c.segment_price, c.text_let_go_at, c.link_prefix, c.token_length, c.first_link,
           m.position, m.msisdn, m.status, m.submitted_at, m.settled_at, m.failure_cause,
           CASE WHEN p.position IS NULL THEN c.body_before ELSE p.body_before END AS body_before,
           CASE WHEN p.position IS NULL THEN c.body_after ELSE p.body_after END AS body_after,
           coalesce(p.encoding, c.encoding) AS encoding,
           coalesce(p.segment_count, c.segment_count) AS segment_count
    FROM ROWS FROM (
        unnest(CAST(:campaign_ids AS bigint[])),
        unnest(CAST(:begins AS integer[])),
        unnest(CAST(:ends AS integer[]))
    ) WITH ORDINALITY AS span (campaign_id, begin_position, end_position, number)
    JOIN campaign c ON c.id = span.campaign_id AND c.account_id = :account_id
    CROSS JOIN LATERAL (
        SELECT * FROM message
        WHERE campaign_id = span.campaign_id
          AND position >= span.begin_position AND position < span.end_position
        OFFSET 0
    ) m
    LEFT JOIN LATERAL (
        SELECT * FROM personal_text
        WHERE c.is_personal AND campaign_id = span.campaign_id AND position = m.position OFFSET 0
    ) p ON true
    ORDER BY span.number, m.position
""")
# By campaign's unique uuid, or its unique transaction id.
FIND_CAMPAIGN = text("""
    SELECT id, message_count FROM campaign WHERE account_id = :account_id AND uuid = :uuid
""")
FIND_TRANSACTION = text("""
    SELECT id, message_count FROM campaign
    WHERE account_id = :account_id AND transaction_id = :transaction_id
""")
# Walks campaign_account_id_id_idx backwards.
LIST_CAMPAIGNS = text("""
    SELECT id, message_count FROM campaign
    WHERE account_id = :account_id AND id <= :newest_id
      AND (CAST(:begin AS timestamptz) IS NULL OR created_at >= :begin)
      AND (CAST(:end AS timestamptz) IS NULL OR created_at < :end)
    ORDER BY id DESC LIMIT :row_limit
""")
# Finds by message_msisdn_campaign_id_idx.
LIST_PLACES_OF_NUMBER = text("""
    SELECT m.campaign_id, m.position FROM message m
    JOIN campaign c ON c.id = m.campaign_id AND c.account_id = :account_id
    WHERE m.msisdn = :msisdn
      AND (m.campaign_id, m.position) < (:before_id, :before_position)
      AND (CAST(:uuid AS uuid) IS NULL OR c.uuid = :uuid)
      AND (CAST(:begin AS timestamptz) IS NULL OR c.created_at >= :begin)
      AND (CAST(:end AS timestamptz) IS NULL OR c.created_at < :end)
    ORDER BY m.campaign_id DESC, m.position DESC LIMIT :row_limit
""")


class CampaignSize(NamedTuple):
    """A campaign, and how many messages it has."""

    id: int
    message_count: int


class MessageSpan(NamedTuple):
    """Messages of a campaign from one position on, up to another."""

    campaign_id: int
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class SentWhen:
    """Campaigns by when they were taken; what is None does not matter."""

    begin: datetime | None = None
    end: datetime | None = None


async def list_messages(
    connection: AsyncConnection, account_id: int, spans: Sequence[MessageSpan]
) -> list[Row]:
    """Return the messages of spans, in their order; of others' campaigns none."""
    return await fetch(
        connection,
        LIST_MESSAGES,
        account_id=account_id,
        campaign_ids=[span.campaign_id for span in spans],
        begins=[span.begin for span in spans],
        ends=[span.end for span in spans],
    )


async def find_size(
    connection: AsyncConnection, account_id: int, campaign_uuid: UUID
) -> CampaignSize | None:
    """Return the campaign of a uuid; None if the account has none."""
    rows = await fetch(connection, FIND_CAMPAIGN, account_id=account_id, uuid=campaign_uuid)
    return CampaignSize(**rows[0]) if rows else None


async def find_size_of_transaction(
    connection: AsyncConnection, account_id: int, transaction_id: int
) -> CampaignSize | None:
    """Return the campaign of a transaction id; None if the account has none."""
    rows = await fetch(
        connection, FIND_TRANSACTION, account_id=account_id, transaction_id=transaction_id
    )
    return CampaignSize(**rows[0]) if rows else None


async def list_sizes(
    connection: AsyncConnection,
    account_id: int,
    *,
    newest_id: int,
    sent: SentWhen,
    row_limit: int,
) -> list[CampaignSize]:
    """Return an account's campaigns from one on, newest first."""
    rows = await fetch(
        connection,
        LIST_CAMPAIGNS,
        account_id=account_id,
        newest_id=newest_id,
        begin=sent.begin,
        end=sent.end,
        row_limit=row_limit,
    )
    return [CampaignSize(**row) for row in rows]


async def list_places_of_number(
    connection: AsyncConnection,
    account_id: int,
    msisdn: int,
    *,
    campaign_uuid: UUID | None,
    sent: SentWhen,
    before: tuple[int, int],
    row_limit: int,
) -> list[MessageSpan]:
    """Return where messages to a number stand, newest first, each a span of its own.

    Args:
        connection: Any.
        account_id: Whose messages.
        msisdn: The number.
        campaign_uuid: Only of this campaign.
        sent: Only of campaigns taken then.
        before: Campaign id and position that they are older than.
        row_limit: Most of them.
    """
    rows = await fetch(
        connection,
        LIST_PLACES_OF_NUMBER,
        account_id=account_id,
        msisdn=msisdn,
        uuid=campaign_uuid,
        begin=sent.begin,
        end=sent.end,
        before_id=before[0],
        before_position=before[1],
        row_limit=row_limit,
    )
    return [MessageSpan(row["campaign_id"], row["position"], row["position"] + 1) for row in rows]
