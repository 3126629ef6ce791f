"""Let go of visits: first they are counted as let go of, then their rows are deleted.

Order of locks, as in reclassing and counting anew: whoever changes stored hits takes the lock of
``txlink clicks reclassify`` first, then the campaign's counts, for which recorders wait. From the
moment that a hit is counted as let go of, its row is nobody's any more, and deleting takes no lock
but its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

LIST_LIMITS = text("""
    SELECT id, clicks_kept_months,
           CASE WHEN address_policy = 'full' THEN addresses_kept_days ELSE 0 END,
           texts_kept_days, address_policy = 'none'
    FROM account
    WHERE num_nonnulls(clicks_kept_months, addresses_kept_days, texts_kept_days) > 0
       OR address_policy <> 'full'
    ORDER BY id
""")
LOCK_HITS = text("SELECT pg_advisory_xact_lock(hashtext('txlink clicks reclassify'))")
# Walks campaign_account_id_id_idx, and campaign_clicks_pkey beside it. A hit is no older than
# its campaign.
LIST_CAMPAIGNS_TO_MARK = text("""
    SELECT campaign.id FROM campaign
    JOIN campaign_clicks ON campaign_clicks.campaign_id = campaign.id
    WHERE campaign.account_id = :account_id AND campaign.id > :after
      AND campaign.id < first_campaign_id(
          CAST(CAST(:until AS timestamptz) AT TIME ZONE 'UTC' AS date)
      )
      AND (hits_kept_from IS NULL OR hits_kept_from < :until)
    ORDER BY campaign.id LIMIT :row_limit
""")
LOCK_CAMPAIGN = text("""
    SELECT hits_kept_from FROM campaign_clicks WHERE campaign_id = :campaign_id FOR UPDATE
""")
# By hit_pkey of each month up to then, from the index alone where vacuum has been.
COUNT_LET_GO = text("""
    INSERT INTO let_go_hits AS known (campaign_id, journal_id, hit_count)
    SELECT campaign_id, journal_id, count(*) FROM hit
    WHERE campaign_id = :campaign_id AND occurred_at < :until
      AND occurred_at >= coalesce(CAST(:begin AS timestamptz), '-infinity')
    GROUP BY 1, 2
    ON CONFLICT (campaign_id, journal_id) DO UPDATE SET
        hit_count = known.hit_count + excluded.hit_count
""")
MARK_CAMPAIGN = text("""
    UPDATE campaign_clicks SET hits_kept_from = :until, is_letting_go = is_letting_go OR :has_hits
    WHERE campaign_id = :campaign_id
""")
SHORT_WAIT = text("SET LOCAL lock_timeout = '500ms'")
DROP_MONTH = text("SELECT drop_month_let_go(:until)")
# By campaign_clicks_letting_go_idx.
NEXT_TO_DELETE = text("""
    SELECT campaign_id, hits_kept_from FROM campaign_clicks WHERE is_letting_go
    ORDER BY campaign_id LIMIT 1
""")
# By hit_pkey of each month up to then. No statement that deletes can be told how many.
DELETE_HITS = text("""
    DELETE FROM hit USING (
        SELECT occurred_at, journal_id, journal_offset FROM hit
        WHERE campaign_id = :campaign_id AND occurred_at < :until
        ORDER BY occurred_at, journal_id, journal_offset LIMIT :row_limit
    ) AS old
    WHERE hit.campaign_id = :campaign_id AND hit.occurred_at < :until
      AND hit.occurred_at = old.occurred_at AND hit.journal_id = old.journal_id
      AND hit.journal_offset = old.journal_offset
""")
END_DELETING = text("""
    UPDATE campaign_clicks SET is_letting_go = false
    WHERE campaign_id = :campaign_id AND hits_kept_from = :until
""")


@dataclass(frozen=True, slots=True)
class Limits:
    """How long an account keeps what it has of visitors and texts; None is for ever.

    Attributes:
        keeps_no_addresses: Whether addresses are removed, not truncated.
    """

    account_id: int
    clicks_kept_months: int | None
    addresses_kept_days: int | None
    texts_kept_days: int | None = None
    keeps_no_addresses: bool = False


async def list_limits(connection: AsyncConnection) -> list[Limits]:
    """Return the limits of accounts that have any."""
    return [Limits(*row) for row in await connection.execute(LIST_LIMITS)]


async def list_campaigns_to_mark(
    connection: AsyncConnection, account_id: int, *, until: datetime, after: int, row_limit: int
) -> Sequence[int]:
    """Return the next campaigns of an account of which hits before a month are yet kept."""
    values = {"account_id": account_id, "until": until, "after": after, "row_limit": row_limit}
    return (await connection.execute(LIST_CAMPAIGNS_TO_MARK, values)).scalars().all()


async def let_go_of_hits(
    connection: AsyncConnection, campaign_id: int, *, until: datetime
) -> None:
    """Count the hits of a campaign before a time as let go of; they are deleted later."""
    await connection.execute(LOCK_HITS)
    key: dict[str, object] = {"campaign_id": campaign_id, "until": until}
    begin: datetime | None = (
        await connection.execute(LOCK_CAMPAIGN, {"campaign_id": campaign_id})
    ).scalar_one()
    if begin is not None and begin >= until:
        return
    counted = await connection.execute(COUNT_LET_GO, key | {"begin": begin})
    await connection.execute(MARK_CAMPAIGN, key | {"has_hits": counted.rowcount > 0})


async def drop_month(connection: AsyncConnection, *, until: datetime) -> str | None:
    """Drop the oldest month of hits if all of it is let go of and it ends by a time.

    Returns:
        Its name; None if there is none to drop.

    Raises:
        DBAPIError: Others read hits and did not end soon, for one; then to be tried again later.
    """
    await connection.execute(SHORT_WAIT)
    name: str | None = (await connection.execute(DROP_MONTH, {"until": until})).scalar_one()
    return name


async def delete_let_go(connection: AsyncConnection, *, row_limit: int) -> bool:
    """Delete some hits that are let go of, of one campaign; return False if there are none."""
    found = (await connection.execute(NEXT_TO_DELETE)).one_or_none()
    if found is None:
        return False
    key = {"campaign_id": found.campaign_id, "until": found.hits_kept_from}
    deleted = await connection.execute(DELETE_HITS, key | {"row_limit": row_limit})
    if deleted.rowcount < row_limit:
        await connection.execute(END_DELETING, key)
    return True
