"""Compare what is kept of clicks with the hits that it was counted from."""

from dataclasses import dataclass

import asyncpg

from services.redirector.storage.rollup_differences import list_rollup_differences

# Each side is walked once, in the order of its key, and the two are merged: no side of a
# campaign with millions of hits has to fit in memory.
RECIPIENTS_APART = """
SELECT campaign_id, position, coalesce(raw.hits, 0), coalesce(kept.hit_count, 0),
       coalesce(raw.clicks, 0), coalesce(kept.click_count, 0)
FROM (
    SELECT campaign_id, position, count(*) AS hits,
           count(*) FILTER (WHERE click_class = 'person') AS clicks,
           min(occurred_at) FILTER (WHERE click_class = 'person') AS first_at,
           max(occurred_at) FILTER (WHERE click_class = 'person') AS last_at
    FROM hit GROUP BY campaign_id, position
) AS raw
FULL JOIN recipient_clicks AS kept USING (campaign_id, position)
WHERE (raw.hits, raw.clicks, raw.first_at, raw.last_at) IS DISTINCT FROM
      (kept.hit_count, kept.click_count, kept.first_click_at, kept.last_click_at)
ORDER BY campaign_id, position
LIMIT $1
"""
CAMPAIGNS_APART = """
SELECT campaign_id, coalesce(raw.hits, 0), coalesce(kept.hit_count, 0),
       coalesce(raw.clicks, 0), coalesce(kept.click_count, 0),
       coalesce(raw.clickers, 0), coalesce(kept.clicker_count, 0)
FROM (
    SELECT campaign_id, sum(hit_count) AS hits, sum(click_count) AS clicks,
           count(*) FILTER (WHERE click_count > 0) AS clickers
    FROM recipient_clicks GROUP BY campaign_id
) AS raw
FULL JOIN campaign_clicks AS kept USING (campaign_id)
WHERE (coalesce(raw.hits, 0), coalesce(raw.clicks, 0), coalesce(raw.clickers, 0)) IS DISTINCT FROM
      (coalesce(kept.hit_count, 0), coalesce(kept.click_count, 0), coalesce(kept.clicker_count, 0))
ORDER BY campaign_id
LIMIT $1
"""
TOTALS = """
SELECT (SELECT count(*) FROM hit),
       (SELECT coalesce(sum(hit_count), 0) FROM recipient_clicks),
       (SELECT coalesce(sum(hit_count), 0) FROM campaign_clicks)
"""
RECORDED = "SELECT name, id, recorded_octets FROM journal WHERE name = ANY($1)"
HITS_OF_JOURNAL = "SELECT count(*) FROM hit WHERE journal_id = $1"


@dataclass(frozen=True, slots=True)
class RecordedJournal:
    """How far a journal is recorded, and how many hits are stored of it."""

    name: str
    recorded_octets: int
    stored_hits: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is kept, beside what it was counted from.

    Attributes:
        hits: In the table of hits.
        by_recipient: Counted in ``recipient_clicks``.
        by_campaign: Counted in ``campaign_clicks``.
        differences: Sentences, each about one place where they are apart.
        journals: Of those asked for, those that are known to Postgres.
    """

    hits: int
    by_recipient: int
    by_campaign: int
    differences: list[str]
    journals: list[RecordedJournal]


async def compare(
    connection: asyncpg.Connection, journal_names: list[str], *, limit: int
) -> Comparison:
    """Compare hits, counts by recipient and by campaign, and rollups, in one snapshot.

    Args:
        connection: Not in a transaction.
        journal_names: Journals that are still on disk.
        limit: Most differences to tell of each kind.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        [totals] = await connection.fetch(TOTALS)
        recipients = await connection.fetch(RECIPIENTS_APART, limit)
        campaigns = await connection.fetch(CAMPAIGNS_APART, limit)
        rollups = await list_rollup_differences(connection, limit=limit)
        journals = [
            RecordedJournal(
                name, recorded_octets, await connection.fetchval(HITS_OF_JOURNAL, journal_id)
            )
            for name, journal_id, recorded_octets in await connection.fetch(
                RECORDED, journal_names
            )
        ]
    differences = [
        f"campaign {campaign_id}, recipient {position}: {hits} hits and {clicks} clicks are"
        f" stored, {kept_hits} and {kept_clicks} are counted (or their times differ)"
        for campaign_id, position, hits, kept_hits, clicks, kept_clicks in recipients
    ]
    differences += [
        f"campaign {row[0]}: its recipients have {row[1]} hits, {row[3]} clicks and {row[5]}"
        f" clickers, {row[2]}, {row[4]} and {row[6]} are counted for it"
        for row in campaigns
    ]
    differences += rollups
    hits, by_recipient, by_campaign = map(int, totals)
    return Comparison(hits, by_recipient, by_campaign, differences, journals)
