"""Rewrite what stored hits were, and what is counted of them."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, Self

import asyncpg

from services.redirector.storage.connections import Connection, Pool, outages_named
from services.redirector.storage.hits import HitRow

# By campaign_clicks_pkey.
LIST_CAMPAIGNS = """
SELECT campaign.id, campaign.uuid
FROM campaign_clicks
JOIN campaign ON campaign.id = campaign_clicks.campaign_id
WHERE campaign_clicks.campaign_id > $1
ORDER BY campaign_clicks.campaign_id
LIMIT $2
"""
FIND_CAMPAIGN = "SELECT id FROM campaign WHERE uuid = $1"
# Two that did the same batch at once would count its changes twice.
LOCK_OUT_OTHERS = "SELECT pg_advisory_xact_lock(hashtext('txlink clicks reclassify'))"
TRY_TO_LOCK_OUT_OTHERS = "SELECT pg_try_advisory_xact_lock(hashtext('txlink clicks reclassify'))"
# By hit_pkey of each month from then on, one after the other.
LIST_HITS = f"""
SELECT {", ".join(HitRow._fields)}
FROM hit
WHERE campaign_id = $1 AND occurred_at >= $2
  AND (occurred_at, journal_id, journal_offset) > ($2, $3, $4)
ORDER BY occurred_at, journal_id, journal_offset
LIMIT $5
"""  # noqa: S608 - the names of its own columns
# By hit_campaign_id_position_occurred_at_idx of each month from $6 on, recipient by recipient;
# without OFFSET 0 it would be a join. Only months are left out inside: of hits that came after the
# last ANALYZE, Postgres expects none, and by hit_pkey it would read them all for each recipient.
LIST_HITS_OF_RECIPIENTS = f"""
SELECT found.*
FROM unnest($5::integer[]) AS wanted (position)
CROSS JOIN LATERAL (
    SELECT {", ".join(HitRow._fields)}
    FROM hit
    WHERE campaign_id = $1 AND hit.position = wanted.position AND occurred_at >= $6
    OFFSET 0
) AS found
WHERE (occurred_at, journal_id, journal_offset) > ($2, $3, $4)
ORDER BY occurred_at, journal_id, journal_offset
LIMIT $7
"""  # noqa: S608 - the names of its own columns
# In key order, as the recorder locks them.
LOCK_RECIPIENTS = """
SELECT position, click_count, first_click_at, last_click_at
FROM recipient_clicks
WHERE campaign_id = $1 AND position = ANY($2::integer[])
ORDER BY position
FOR UPDATE
"""
# By hit_pkey.
CHANGE_HITS = """
UPDATE hit SET
    click_class = changed.click_class,
    reasons = string_to_array(changed.reasons, ' '),
    score = changed.score
FROM unnest(
    $2::timestamptz[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::smallint[]
) AS changed (occurred_at, journal_id, journal_offset, click_class, reasons, score)
WHERE hit.campaign_id = $1 AND hit.occurred_at = changed.occurred_at
  AND hit.journal_id = changed.journal_id AND hit.journal_offset = changed.journal_offset
"""
# By hit_campaign_id_position_occurred_at_idx.
LIST_CLICK_SPANS = """
SELECT position, min(occurred_at) AS first_at, max(occurred_at) AS last_at
FROM hit
WHERE campaign_id = $1 AND position = ANY($2::integer[]) AND click_class = 'person'
GROUP BY position
"""
CHANGE_RECIPIENTS = """
UPDATE recipient_clicks SET
    click_count = changed.click_count,
    first_click_at = changed.first_click_at,
    last_click_at = changed.last_click_at
FROM unnest($2::integer[], $3::integer[], $4::timestamptz[], $5::timestamptz[])
    AS changed (position, click_count, first_click_at, last_click_at)
WHERE recipient_clicks.campaign_id = $1 AND recipient_clicks.position = changed.position
"""
CHANGE_CAMPAIGN = """
UPDATE campaign_clicks SET
    click_count = click_count + $2, clicker_count = clicker_count + $3
WHERE campaign_id = $1
"""


class HitKey(NamedTuple):
    """Where a hit stands among those of its campaign."""

    occurred_at: datetime
    journal_id: int
    journal_offset: int

    @classmethod
    def of(cls, row: HitRow) -> Self:
        """Return the key of a hit."""
        return cls(row.occurred_at, row.journal_id, row.journal_offset)

    def not_before(self, moment: datetime | None) -> Self:
        """Return this place, or the one ahead of all hits of a later time."""
        return self if moment is None else max(self, type(self)(moment, -1, -1))


class RecipientClicks(NamedTuple):
    """What is kept of a recipient's clicks."""

    position: int
    click_count: int
    first_click_at: datetime | None
    last_click_at: datetime | None


async def find_campaign(pool: Pool, campaign: uuid.UUID) -> int | None:
    """Return the id of a campaign; None if there is no such one.

    Raises:
        StoreUnavailableError: Postgres is away.
    """
    with outages_named():
        found: int | None = await pool.fetchval(FIND_CAMPAIGN, campaign)
    return found


async def list_campaigns_with_hits(
    pool: Pool, *, after_id: int, limit: int
) -> list[tuple[int, uuid.UUID]]:
    """Return the next campaigns that have hits, oldest first, as pairs of id and UUID.

    Raises:
        StoreUnavailableError: Postgres is away.
    """
    with outages_named():
        rows = await pool.fetch(LIST_CAMPAIGNS, after_id, limit)
    return [(row["id"], row["uuid"]) for row in rows]


async def lock_out_others(connection: Connection) -> None:
    """Wait until no one else reclassifies; until the end of the transaction, no one else will."""
    await connection.execute(LOCK_OUT_OTHERS)


async def try_to_lock_out_others(connection: Connection) -> bool:
    """Lock out others as above, but without waiting; return whether that was possible."""
    is_locked: bool = await connection.fetchval(TRY_TO_LOCK_OUT_OTHERS)
    return is_locked


async def list_hits(
    connection: Connection, campaign_id: int, *, after: HitKey, limit: int
) -> list[HitRow]:
    """Return the next hits of a campaign by time."""
    return _hits(await connection.fetch(LIST_HITS, campaign_id, *after, limit))


async def list_hits_of_recipients(
    connection: Connection,
    campaign_id: int,
    positions: Sequence[int],
    *,
    after: HitKey,
    limit: int,
) -> list[HitRow]:
    """Return the next hits of some recipients of a campaign by time."""
    month = after.occurred_at.astimezone(UTC).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )
    return _hits(
        await connection.fetch(
            LIST_HITS_OF_RECIPIENTS, campaign_id, *after, positions, month, limit
        )
    )


def _hits(rows: Iterable[asyncpg.Record]) -> list[HitRow]:
    return [HitRow(*row)._replace(reasons=tuple(row["reasons"])) for row in rows]


async def lock_recipients(
    connection: Connection, campaign_id: int, positions: Sequence[int]
) -> list[RecipientClicks]:
    """Return what is kept of recipients' clicks, which changes no more until the transaction ends.

    All hits that it counts can be seen from then on: recorders count first, and commit both.
    """
    rows = await connection.fetch(LOCK_RECIPIENTS, campaign_id, positions)
    return [RecipientClicks(*row) for row in rows]


async def change_hits(connection: Connection, campaign_id: int, rows: Sequence[HitRow]) -> None:
    """Store classes, reasons and scores of hits of one campaign."""
    await connection.execute(
        CHANGE_HITS,
        campaign_id,
        [row.occurred_at for row in rows],
        [row.journal_id for row in rows],
        [row.journal_offset for row in rows],
        [row.click_class for row in rows],
        [" ".join(row.reasons) for row in rows],
        [row.score for row in rows],
    )


async def list_click_spans(
    connection: Connection, campaign_id: int, positions: Sequence[int]
) -> dict[int, tuple[datetime, datetime]]:
    """Return the times of the first and the last stored click of recipients that have any."""
    rows = await connection.fetch(LIST_CLICK_SPANS, campaign_id, positions)
    return {row["position"]: (row["first_at"], row["last_at"]) for row in rows}


async def change_counts(
    connection: Connection,
    campaign_id: int,
    recipients: Sequence[RecipientClicks],
    *,
    more_clicks: int,
    more_clickers: int,
) -> None:
    """Store what is kept of recipients' clicks, and add to the campaign's totals."""
    await connection.execute(
        CHANGE_RECIPIENTS,
        campaign_id,
        [kept.position for kept in recipients],
        [kept.click_count for kept in recipients],
        [kept.first_click_at for kept in recipients],
        [kept.last_click_at for kept in recipients],
    )
    await connection.execute(CHANGE_CAMPAIGN, campaign_id, more_clicks, more_clickers)
