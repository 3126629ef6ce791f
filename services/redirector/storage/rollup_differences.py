"""Compare rollups with the hits that they were counted from, and with campaigns' totals."""

import asyncpg

from services.redirector.storage.connections import Connection
from services.redirector.storage.letting_go import KEPT_HITS
from services.redirector.storage.rolling_up import raw_quarters, raw_traits
from shared.domain.traits import Trait

# Rollups stay when hits are let go of, or months of them dropped by hand. What is older than a
# campaign's mark, or than the first month that is there, can be held to the totals alone: quarters
# by their time, traits by that of their campaign, and none of a campaign that has a mark.
FIRST_STORED = """
SELECT first.month::timestamp AT TIME ZONE 'UTC' AS at, first_campaign_id(first.month) AS id
FROM (
    SELECT min(to_date(right(child.relname, 6), 'YYYYMM')) AS month
    FROM pg_inherits
    JOIN pg_class AS child ON child.oid = pg_inherits.inhrelid
    WHERE pg_inherits.inhparent = 'hit'::regclass
) AS first
"""
_APART = """
SELECT campaign_id, {key}, coalesce(raw.hit_count, 0), coalesce(raw.click_count, 0),
       coalesce(kept.hit_count, 0), coalesce(kept.click_count, 0)
FROM ({raw}) AS raw
FULL JOIN (SELECT * FROM {table} WHERE {comparable}) AS kept USING (campaign_id, {key})
WHERE (coalesce(raw.hit_count, 0), coalesce(raw.click_count, 0))
   <> (coalesce(kept.hit_count, 0), coalesce(kept.click_count, 0))
ORDER BY campaign_id, {key}
LIMIT $2
"""
# A mark is the start of a month, and so of a quarter of an hour.
QUARTERS_APART = _APART.format(
    raw=raw_quarters(KEPT_HITS),
    table="quarter_clicks",
    key="quarter",
    comparable="""quarter >= $1 AND NOT EXISTS (
        SELECT FROM campaign_clicks AS mark
        WHERE mark.campaign_id = quarter_clicks.campaign_id AND mark.hits_kept_from > quarter
    )""",
)
_HAS_ALL = """campaign_id >= $1 AND campaign_id NOT IN (
    SELECT campaign_id FROM campaign_clicks WHERE hits_kept_from IS NOT NULL
)"""
TRAITS_APART = _APART.format(
    raw=raw_traits(f"hit WHERE {_HAS_ALL}"),
    table="trait_clicks",
    key="trait, value",
    comparable=_HAS_ALL,
)
# Each hit has one time and one value of each trait, so each of them comes to all hits.
TOTALS_APART = """
SELECT campaign_id, rollup, coalesce(summed.hits, 0)::bigint,
       coalesce(summed.clicks, 0)::bigint,
       coalesce(kept.hit_count, 0), coalesce(kept.click_count, 0)
FROM (
    SELECT campaign_id, 'quarter' AS rollup, sum(hit_count) AS hits, sum(click_count) AS clicks
    FROM quarter_clicks GROUP BY 1
    UNION ALL
    SELECT campaign_id, trait, sum(hit_count), sum(click_count) FROM trait_clicks GROUP BY 1, 2
) AS summed
FULL JOIN (
    SELECT * FROM campaign_clicks CROSS JOIN unnest($1::text[]) AS rollup
) AS kept USING (campaign_id, rollup)
WHERE (coalesce(summed.hits, 0), coalesce(summed.clicks, 0))
   <> (coalesce(kept.hit_count, 0), coalesce(kept.click_count, 0))
ORDER BY campaign_id, rollup
LIMIT $2
"""
ROLLUPS = ["quarter", *(trait.value for trait in Trait)]


async def list_rollup_differences(
    connection: asyncpg.Connection | Connection, *, limit: int
) -> list[str]:
    """Return sentences, each about one place where rollups are apart from what they are of.

    Args:
        connection: In a transaction that sees one snapshot.
        limit: Most differences to tell of each kind.
    """
    [(first_at, first_id)] = await connection.fetch(FIRST_STORED)
    quarters = await connection.fetch(QUARTERS_APART, first_at, limit)
    traits = await connection.fetch(TRAITS_APART, first_id, limit)
    totals = await connection.fetch(TOTALS_APART, ROLLUPS, limit)
    return [
        *(
            f"campaign {campaign_id}, quarter of {quarter:%Y-%m-%d %H:%M}: {_apart(*counts)}"
            for campaign_id, quarter, *counts in quarters
        ),
        *(
            f"campaign {campaign_id}, {trait} {value!r}: {_apart(*counts)}"
            for campaign_id, trait, value, *counts in traits
        ),
        *(
            f"campaign {campaign_id}: by {rollup}, {hits} hits and {clicks} clicks are counted,"
            f" {total_hits} and {total_clicks} in all"
            for campaign_id, rollup, hits, clicks, total_hits, total_clicks in totals
        ),
    ]


def _apart(hits: int, clicks: int, kept_hits: int, kept_clicks: int) -> str:
    return f"{hits} hits and {clicks} clicks are stored, {kept_hits} and {kept_clicks} counted"
