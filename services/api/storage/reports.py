"""What reports read. Every statement about rows of an account names it: none sees another's."""

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.domain.campaign_states import CampaignState
from shared.domain.consent import Category
from shared.domain.messages import FAILURES, MessageStatus
from shared.storage.sealed import open_token_key

_CAMPAIGN_COLUMNS = """
    c.id, c.uuid, c.transaction_id, c.title, c.sender_id, c.created_at, c.message_count,
    c.body_before, c.body_after, c.destination, c.link_prefix, c.token_length, c.first_link,
    c.encoding, c.segment_count, c.is_personal, c.segment_price, c.currency,
    c.scheduled_at, c.control, c.category, c.text_let_go_at,
    coalesce(c.segment_total, CAST(c.message_count AS bigint) * c.segment_count) AS segment_total,
    d.queued, d.submitting, d.submitted, d.delivered, d.undelivered, d.expired, d.rejected,
    d.failed, d.cancelled, d.external, d.cancelled_segments,
    k.hit_count, k.click_count, k.clicker_count, k.hits_kept_from
"""
_CAMPAIGN_TABLES = """
    FROM campaign c
    JOIN campaign_delivery d ON d.campaign_id = c.id
    JOIN campaign_clicks k ON k.campaign_id = c.id
"""
# The column lists above are constants of this module: nothing of a request is in the text.
FIND_CAMPAIGN = text(
    f"SELECT {_CAMPAIGN_COLUMNS} {_CAMPAIGN_TABLES} "
    "WHERE c.account_id = :account_id AND c.uuid = :uuid"
)
# Walks campaign_account_id_id_idx backwards. The state is that of CampaignProgress, to which a
# test holds it.
LIST_CAMPAIGNS = text(
    f"SELECT {_CAMPAIGN_COLUMNS} {_CAMPAIGN_TABLES} "  # noqa: S608
    """
    WHERE c.account_id = :account_id
      AND c.id < coalesce(
          (SELECT id FROM campaign WHERE account_id = :account_id AND uuid = :before),
          9223372036854775807
      )
      AND (CAST(:begin AS timestamptz) IS NULL OR c.created_at >= :begin)
      AND (CAST(:end AS timestamptz) IS NULL OR c.created_at < :end)
      AND (CAST(:sender_id AS text) IS NULL OR lower(c.sender_id) = lower(:sender_id))
      AND (CAST(:state AS text) IS NULL OR :state = CASE
          WHEN c.control IN ('cancelled', 'external') THEN c.control
          WHEN d.queued = 0 AND d.submitting = 0 THEN 'done'
          WHEN c.control <> 'running' THEN c.control
          WHEN d.queued = c.message_count THEN 'queued'
          ELSE 'sending'
      END)
      AND (CAST(:category AS text) IS NULL OR c.category = :category)
      AND (NOT :is_linked OR c.link_prefix IS NOT NULL)
      AND (CAST(:title AS text) IS NULL OR strpos(lower(c.title), lower(:title)) > 0)
    ORDER BY c.id DESC LIMIT :row_limit
    """
)
# By campaign_account_id_id_idx, and one descent of quarter_clicks_pkey for each campaign.
LIST_ACCOUNT_QUARTERS = text("""
    SELECT q.quarter, sum(q.hit_count)::bigint AS hit_count,
           sum(q.click_count)::bigint AS click_count
    FROM campaign c
    CROSS JOIN LATERAL (
        SELECT quarter, hit_count, click_count FROM quarter_clicks
        WHERE campaign_id = c.id AND quarter >= :begin AND quarter < :end
        OFFSET 0
    ) q
    WHERE c.account_id = :account_id AND c.created_at < :end
    GROUP BY q.quarter ORDER BY q.quarter
""")
# What is held back before anything went out was not sent, and what was cancelled never will be.
LIST_SENT = text("""
    SELECT greatest(c.created_at, c.scheduled_at) AS sent_at,
           c.message_count - d.cancelled AS message_count, d.delivered,
           d.undelivered + d.expired + d.rejected + d.failed AS failed
    FROM campaign c
    JOIN campaign_delivery d ON d.campaign_id = c.id
    WHERE c.account_id = :account_id
      AND c.control <> 'external'
      AND NOT (c.control IN ('scheduled', 'paused') AND d.queued = c.message_count)
      AND d.cancelled < c.message_count
      AND greatest(c.created_at, c.scheduled_at) >= :begin
      AND greatest(c.created_at, c.scheduled_at) < :end
""")
# First the page, then what belongs to its rows, each by its key: joined otherwise, the planner
# may read all of a campaign for a page of it.
_RECIPIENTS = """
    WITH page AS MATERIALIZED ({page})
    SELECT m.position, m.msisdn, m.status, m.submitted_at, m.settled_at, m.failure_cause,
           coalesce(r.hit_count, 0) AS hit_count, coalesce(r.click_count, 0) AS click_count,
           r.first_click_at, r.last_click_at,
           coalesce(c.destination, p.destination) AS destination,
           coalesce(p.segment_count, c.segment_count) AS segment_count
    FROM page
    JOIN campaign c ON c.id = :campaign_id AND c.account_id = :account_id
    CROSS JOIN LATERAL (
        SELECT * FROM message
        WHERE campaign_id = :campaign_id AND position = page.position OFFSET 0
    ) m
    LEFT JOIN LATERAL (
        SELECT * FROM recipient_clicks
        WHERE campaign_id = :campaign_id AND position = page.position OFFSET 0
    ) r ON true
    LEFT JOIN LATERAL (
        SELECT destination, segment_count FROM personal_text
        WHERE c.is_personal AND campaign_id = :campaign_id AND position = page.position OFFSET 0
    ) p ON true
    ORDER BY m.position
"""
_PAGE_OF_MESSAGES = """
    SELECT message.position FROM message
    WHERE campaign_id = :campaign_id AND position > :after AND {condition}
    ORDER BY position LIMIT :row_limit
"""
_PAGE_OF_CLICKERS = """
    SELECT position FROM recipient_clicks
    WHERE campaign_id = :campaign_id AND position > :after AND click_count > 0
    ORDER BY position LIMIT :row_limit
"""
# Looked up for each message, along the page.
_HAS_CLICKED = """
    coalesce(
        (
            SELECT click_count > 0 FROM recipient_clicks
            WHERE campaign_id = :campaign_id AND position = message.position
        ),
        false
    )
"""


# The same of whoever may not be sent to again.
_HAS_OPTED_OUT = """
    coalesce(
        (
            SELECT true FROM suppression
            WHERE account_id = :account_id AND msisdn = message.msisdn
        ),
        false
    )
"""


class RecipientFilter(StrEnum):
    """Which recipients of a campaign are asked for."""

    ALL = "all"
    CLICKED = "clicked"
    # Those who have the message, or may have it, did not follow its link and have not opted out.
    NOT_CLICKED = "not_clicked"
    FAILED = "failed"


def _recipients(page: str) -> TextClause:
    # Walks message_pkey or recipient_clicks_pkey of one partition, and looks up by both.
    return text(_RECIPIENTS.format(page=page))


def _messages(condition: str) -> TextClause:
    return _recipients(_PAGE_OF_MESSAGES.format(condition=condition))


# Of what another vendor delivers, all that did not click are listed.
_MAY_BE_THERE = f"{int(MessageStatus.DELIVERED)}, {int(MessageStatus.EXTERNAL)}"
_FAILED = ", ".join(str(int(status)) for status in FAILURES)
# Of statements whose messages are called so.
NOT_CLICKED = (
    f"message.status IN ({_MAY_BE_THERE}) AND NOT {_HAS_CLICKED} AND NOT {_HAS_OPTED_OUT}"
)
_HAS_FAILURES = """
    (
        SELECT undelivered + expired + rejected + failed FROM campaign_delivery
        WHERE campaign_id = :campaign_id
    ) > 0
"""
LIST_RECIPIENTS = {
    RecipientFilter.ALL: _messages("true"),
    RecipientFilter.CLICKED: _recipients(_PAGE_OF_CLICKERS),
    RecipientFilter.NOT_CLICKED: _messages(NOT_CLICKED),
    # An index by status would make each step of a message dearer. So those that did not arrive
    # are looked for along the campaign, and not at all where none is counted.
    RecipientFilter.FAILED: _messages(f"status IN ({_FAILED}) AND {_HAS_FAILURES}"),
}
_HITS = """
    WITH page AS MATERIALIZED (
        SELECT * FROM hit
        WHERE campaign_id = :campaign_id AND {condition}
          AND EXISTS (
              SELECT FROM campaign c WHERE c.id = :campaign_id AND c.account_id = :account_id
          )
          AND occurred_at >= :kept_from
          AND (:with_machines OR click_class = 'person')
          AND (occurred_at, journal_id, journal_offset)
              < (CAST(:before_at AS timestamptz), :before_journal, :before_offset)
        ORDER BY occurred_at DESC, journal_id DESC, journal_offset DESC LIMIT :row_limit
    )
    SELECT h.occurred_at, h.journal_id, h.journal_offset, h.position, m.msisdn, h.click_class,
           h.reasons, h.score, h.address, h.country, h.region, h.city, h.asn, h.as_organisation,
           h.browser, h.browser_version, h.os, h.os_version, h.device_type, h.device,
           h.user_agent, h.referrer
    FROM page h
    CROSS JOIN LATERAL (
        SELECT msisdn FROM message
        WHERE campaign_id = :campaign_id AND position = h.position OFFSET 0
    ) m
    ORDER BY h.occurred_at DESC, h.journal_id DESC, h.journal_offset DESC
"""
# Walks hit_pkey backwards, month by month.
LIST_HITS = text(_HITS.format(condition="true"))
# By hit_campaign_id_position_occurred_at_idx; the positions by message_msisdn_campaign_id_idx.
LIST_HITS_OF_NUMBER = text(
    _HITS.format(
        condition="""position = ANY(ARRAY(
            SELECT position FROM message
            WHERE campaign_id = :campaign_id AND msisdn = CAST(:msisdn AS bigint)
        ))"""
    )
)
# Finds by message_msisdn_campaign_id_idx.
LIST_MESSAGES_OF_NUMBER = text("""
    SELECT c.uuid, c.title, c.created_at, m.position, m.status, m.submitted_at, m.settled_at,
           m.failure_cause, c.link_prefix, c.token_length, c.first_link,
           coalesce(r.hit_count, 0) AS hit_count, coalesce(r.click_count, 0) AS click_count,
           r.first_click_at, r.last_click_at,
           coalesce(c.destination, p.destination) AS destination,
           coalesce(p.segment_count, c.segment_count) AS segment_count
    FROM message m
    JOIN campaign c ON c.id = m.campaign_id AND c.account_id = :account_id
    LEFT JOIN recipient_clicks r
        ON r.campaign_id = m.campaign_id AND r.position = m.position
    LEFT JOIN personal_text p
        ON p.campaign_id = m.campaign_id AND p.position = m.position
    WHERE m.msisdn = :msisdn AND (m.campaign_id, m.position) < (:before_id, :before_position)
    ORDER BY m.campaign_id DESC, m.position DESC LIMIT :row_limit
""")
TOKEN_KEYS = text("SELECT length, key FROM token_domain")
LIST_SANDBOX_MESSAGES = text("""
    SELECT id, carrier_message_id, sender_id, msisdn, body, encoding, segment_count, received_at,
           receipt_state, receipt_sent_at
    FROM sandbox_message
    WHERE account_id = :account_id AND id < :before
    ORDER BY id DESC LIMIT :row_limit
""")

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CampaignSearch:
    """Which campaigns of an account are asked for; what is None does not matter.

    Attributes:
        title: A part of it, in letters of any case.
        sender_id: In letters of any case.
        begin: From when on they were sent.
        end: Before when.
        state: Where they stand.
        category: What they are for.
        is_linked: Whether those without tracked links are left out.
    """

    title: str | None = None
    sender_id: str | None = None
    begin: datetime | None = None
    end: datetime | None = None
    state: CampaignState | None = None
    category: Category | None = None
    is_linked: bool = False


@dataclass(frozen=True, slots=True)
class HitPlace:
    """Where a page of hits ends, newest first."""

    occurred_at: datetime
    journal_id: int
    journal_offset: int


async def fetch(connection: AsyncConnection, statement: TextClause, **values: object) -> list[Row]:
    """Return the rows of a statement."""
    return [dict(row) for row in (await connection.execute(statement, values)).mappings()]


async def find_campaign(
    connection: AsyncConnection, account_id: int, campaign_uuid: uuid.UUID
) -> Row | None:
    """Return a campaign of the account with its totals; None if it is not the account's."""
    rows = await fetch(connection, FIND_CAMPAIGN, account_id=account_id, uuid=campaign_uuid)
    return rows[0] if rows else None


async def list_campaigns(
    connection: AsyncConnection,
    account_id: int,
    *,
    before: uuid.UUID | None,
    search: CampaignSearch,
    row_limit: int,
) -> list[Row]:
    """Return the account's campaigns with their totals, newest first."""
    return await fetch(
        connection,
        LIST_CAMPAIGNS,
        account_id=account_id,
        before=before,
        row_limit=row_limit,
        **asdict(search),
    )


async def list_account_quarters(
    connection: AsyncConnection, account_id: int, *, begin: datetime, end: datetime
) -> list[Row]:
    """Return what came in each quarter of an hour on links of all of an account's campaigns."""
    return await fetch(
        connection, LIST_ACCOUNT_QUARTERS, account_id=account_id, begin=begin, end=end
    )


async def list_sent(
    connection: AsyncConnection, account_id: int, *, begin: datetime, end: datetime
) -> list[Row]:
    """Return when an account's campaigns were sent, and what became of their messages.

    Messages that were cancelled do not count, nor do campaigns of which nothing may go out yet.
    """
    return await fetch(connection, LIST_SENT, account_id=account_id, begin=begin, end=end)


async def list_recipients(
    connection: AsyncConnection,
    account_id: int,
    campaign_id: int,
    *,
    after: int,
    which: RecipientFilter,
    row_limit: int,
) -> list[Row]:
    """Return recipients of a campaign behind a position, in order."""
    return await fetch(
        connection,
        LIST_RECIPIENTS[which],
        account_id=account_id,
        campaign_id=campaign_id,
        after=after,
        row_limit=row_limit,
    )


async def list_hits(
    connection: AsyncConnection,
    account_id: int,
    campaign_id: int,
    *,
    msisdn: int | None,
    with_machines: bool,
    kept_from: datetime,
    before: HitPlace,
    row_limit: int,
) -> list[Row]:
    """Return the hits of a campaign older than a place, newest first.

    Older ones than ``kept_from`` are let go of, whether they are deleted yet or not.
    """
    of_number = {} if msisdn is None else {"msisdn": msisdn}
    return await fetch(
        connection,
        LIST_HITS if msisdn is None else LIST_HITS_OF_NUMBER,
        **of_number,
        account_id=account_id,
        campaign_id=campaign_id,
        with_machines=with_machines,
        kept_from=kept_from,
        before_at=before.occurred_at,
        before_journal=before.journal_id,
        before_offset=before.journal_offset,
        row_limit=row_limit,
    )


async def list_messages_of_number(
    connection: AsyncConnection,
    account_id: int,
    msisdn: int,
    *,
    before: tuple[int, int],
    row_limit: int,
) -> list[Row]:
    """Return what the account sent to a number, newest first.

    Args:
        connection: Where to look.
        account_id: Whose messages.
        msisdn: The number.
        before: Campaign id and position that they are older than.
        row_limit: Most of them.
    """
    return await fetch(
        connection,
        LIST_MESSAGES_OF_NUMBER,
        account_id=account_id,
        msisdn=msisdn,
        before_id=before[0],
        before_position=before[1],
        row_limit=row_limit,
    )


async def token_keys(connection: AsyncConnection) -> dict[int, bytes]:
    """Return the key of each token length."""
    return {
        row["length"]: open_token_key(connection, row["length"], row["key"])
        for row in await fetch(connection, TOKEN_KEYS)
    }


async def list_sandbox_messages(
    connection: AsyncConnection, account_id: int, *, before: int, row_limit: int
) -> list[Row]:
    """Return what the sandbox was given for the account, newest first."""
    return await fetch(
        connection,
        LIST_SANDBOX_MESSAGES,
        account_id=account_id,
        before=before,
        row_limit=row_limit,
    )
