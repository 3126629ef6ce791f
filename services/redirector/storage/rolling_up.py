"""Count the rollups of campaigns anew from the hits that are stored."""

from services.redirector.storage.connections import Connection
from services.redirector.storage.rollups import (
    AGENT_TRAITS,
    PLACE_TRAITS,
    REQUEST_TRAITS,
    VALUE,
)

# What the rollups are to hold, by {hits}.
_RAW_QUARTERS = """
SELECT campaign_id, date_bin('15 minutes', occurred_at, 'epoch') AS quarter,
       count(*) AS hit_count, count(*) FILTER (WHERE click_class = 'person') AS click_count
FROM {hits}
GROUP BY 1, 2
"""
# By kinds first, of which there are far fewer than hits.
_RAW_TRAITS = """
SELECT campaign_id, trait COLLATE "C" AS trait, {value} AS value,
       sum(hits)::bigint AS hit_count,
       coalesce(sum(hits) FILTER (WHERE click_class = 'person'), 0)::bigint AS click_count
FROM (
    SELECT campaign_id, click_class, country, region, city, browser, os, device_type, device,
           referrer, count(*) AS hits
    FROM {hits}
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
) AS kind
CROSS JOIN LATERAL (VALUES {traits}) AS had (trait, value)
GROUP BY 1, 2, 3
"""
_TRAITS = f"{PLACE_TRAITS},{AGENT_TRAITS},{REQUEST_TRAITS}"


def raw_quarters(hits: str) -> str:
    """Return the query that counts by time.

    Args:
        hits: Where from, as SQL that stands behind FROM.
    """
    return _RAW_QUARTERS.format(hits=hits)


def raw_traits(hits: str) -> str:
    """Return the query that counts by trait.

    Args:
        hits: Where from, as SQL that stands behind FROM.
    """
    return _RAW_TRAITS.format(hits=hits, traits=_TRAITS, value=VALUE)


# Recorders count for the campaign before they touch its rollups, so they wait here, and what they
# have counted can be seen. An update of nothing, since there may be no row to lock yet.
LOCK_CAMPAIGN = """
INSERT INTO campaign_clicks AS kept (campaign_id) VALUES ($1)
ON CONFLICT (campaign_id) DO UPDATE SET hit_count = kept.hit_count
"""
KEEP_MONTHS = "LOCK TABLE hit IN ACCESS SHARE MODE"
# Hits of a campaign are no older than it is, so those of older ones may have been dropped.
HAS_ALL_ITS_HITS = """
SELECT $1 >= first_campaign_id(min(to_date(right(child.relname, 6), 'YYYYMM')))
FROM pg_inherits
JOIN pg_class AS child ON child.oid = pg_inherits.inhrelid
WHERE pg_inherits.inhparent = 'hit'::regclass
"""
# Rows that are right are not written.
_CORRECT = """
WITH raw AS MATERIALIZED ({raw}),
removed AS (
    DELETE FROM {table} AS kept
    WHERE kept.campaign_id = $1 AND NOT EXISTS (SELECT FROM raw WHERE {is_same})
    RETURNING 1
),
stored AS (
    INSERT INTO {table} AS kept (campaign_id, {key}, hit_count, click_count)
    SELECT campaign_id, {key}, hit_count, click_count FROM raw ORDER BY campaign_id, {key}
    ON CONFLICT (campaign_id, {key}) DO UPDATE SET
        hit_count = excluded.hit_count, click_count = excluded.click_count
    WHERE (kept.hit_count, kept.click_count) <> (excluded.hit_count, excluded.click_count)
    RETURNING 1
)
SELECT (SELECT count(*) FROM removed) + (SELECT count(*) FROM stored)
"""
# By hit_pkey of each month.
_HITS_OF_CAMPAIGN = "hit WHERE campaign_id = $1"
CORRECT_QUARTERS = _CORRECT.format(
    raw=raw_quarters(_HITS_OF_CAMPAIGN),
    table="quarter_clicks",
    key="quarter",
    is_same="raw.quarter = kept.quarter",
)
CORRECT_TRAITS = _CORRECT.format(
    raw=raw_traits(_HITS_OF_CAMPAIGN),
    table="trait_clicks",
    key="trait, value",
    is_same="(raw.trait, raw.value) = (kept.trait, kept.value)",
)


async def has_all_its_hits(connection: Connection, campaign_id: int) -> bool:
    """Return whether no month of hits can have been dropped since the campaign was made.

    Until the transaction ends, none can be dropped.
    """
    await connection.execute(KEEP_MONTHS)
    return bool(await connection.fetchval(HAS_ALL_ITS_HITS, campaign_id))


async def lock_out_recorders(connection: Connection, campaign_id: int) -> None:
    """Let no recorder count hits of a campaign until the transaction ends, and none be let go of.

    All that they have counted can be seen from then on.
    """
    await connection.execute(LOCK_CAMPAIGN, campaign_id)


async def correct_rollups(connection: Connection, campaign_id: int) -> int:
    """Make a campaign's rollups what its hits come to; return how many rows were not."""
    quarters: int = await connection.fetchval(CORRECT_QUARTERS, campaign_id)
    traits: int = await connection.fetchval(CORRECT_TRAITS, campaign_id)
    return quarters + traits
