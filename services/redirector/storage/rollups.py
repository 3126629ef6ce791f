"""Keep what campaigns' hits come to by time and by trait, and count it anew from the hits."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeAlias

from services.redirector.storage.connections import Connection
from shared.domain.traits import MAX_VALUE_CHARACTERS

# A quarter of an hour is the greatest span of which days and hours are made in every zone.
QUARTER_SQL = "date_bin('15 minutes', occurred_at, 'epoch')"
# Who wrote the referrer is the visitor, so anything may stand there. Only ASCII is lowered, lest
# a host should depend on the database's locale.
HOST_OF = r"""lower(substring(
    {} from '^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#]*@)?(\[[^/?#]*\]|[^/?#:]*)'
) COLLATE "C")"""

# In key order, recorders of several hosts never wait for each other in a circle.
COUNT_QUARTERS = """
INSERT INTO quarter_clicks AS kept (campaign_id, quarter, hit_count, click_count)
SELECT * FROM unnest($1::bigint[], $2::timestamptz[], $3::bigint[], $4::bigint[]) ORDER BY 1, 2
ON CONFLICT (campaign_id, quarter) DO UPDATE SET
    hit_count = kept.hit_count + excluded.hit_count,
    click_count = kept.click_count + excluded.click_count
"""
COUNT_TRAITS = f"""
INSERT INTO trait_clicks AS kept (campaign_id, trait, value, hit_count, click_count)
SELECT campaign_id, trait, left(coalesce(value, ''), {MAX_VALUE_CHARACTERS}) COLLATE "C",
       sum(hit_count), sum(click_count)
FROM (
    SELECT campaign_id, trait COLLATE "C" AS trait, hit_count, click_count,
           CASE trait WHEN 'referrer' THEN {HOST_OF.format("value")} ELSE value END AS value
    FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])
        AS counted (campaign_id, trait, value, hit_count, click_count)
) AS valued
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
ON CONFLICT (campaign_id, trait, value) DO UPDATE SET
    hit_count = kept.hit_count + excluded.hit_count,
    click_count = kept.click_count + excluded.click_count
"""  # noqa: S608 - constants of this module
# Only a class can lose its hits again: those that are classed anew.
REMOVE_EMPTY_CLASSES = """
DELETE FROM trait_clicks
WHERE campaign_id = ANY($1::bigint[]) AND trait = 'click_class' AND hit_count = 0
"""

# What the two tables are to hold, by the hits; {hits} are those to count.
RAW_QUARTERS = """
SELECT campaign_id, {quarter} AS quarter, count(*) AS hit_count,
       count(*) FILTER (WHERE click_class = 'person') AS click_count
FROM {hits} GROUP BY 1, 2
"""
# Hits that are alike are counted together first: there are far fewer kinds of hits than hits.
RAW_TRAITS = """
SELECT campaign_id, trait COLLATE "C" AS trait, left(coalesce(value, ''), {most}) COLLATE "C"
       AS value, sum(hits)::bigint AS hit_count, sum(clicks)::bigint AS click_count
FROM (
    SELECT campaign_id, click_class, country, region, city, browser, os, device_type, device,
           {host} AS host, count(*) AS hits,
           count(*) FILTER (WHERE click_class = 'person') AS clicks
    FROM {hits} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
) AS kind
CROSS JOIN LATERAL (VALUES
    ('click_class', click_class),
    ('country', country),
    ('region', CASE WHEN region <> '' THEN concat(country, E'\\t', region) END),
    ('city', CASE WHEN city <> '' THEN concat(country, E'\\t', region, E'\\t', city) END),
    ('browser', browser),
    ('os', os),
    ('device_type', device_type),
    ('device', device),
    ('referrer', host)
) AS had (trait, value)
GROUP BY 1, 2, 3
"""

QuarterKey: TypeAlias = tuple[int, datetime]
TraitKey: TypeAlias = tuple[int, str, str | None]


class Rollups(NamedTuple):
    """What hits add, or take away if a count is below 0; each as a pair of hits and clicks.

    Attributes:
        quarters: By campaign and the start of a quarter of an hour.
        traits: By campaign, trait and value; of a referrer all of it.
    """

    quarters: dict[QuarterKey, list[int]]
    traits: dict[TraitKey, list[int]]


async def add_rollups(connection: Connection, rollups: Rollups) -> None:
    """Add to what is kept of campaigns by time and by trait."""
    if rollups.quarters:
        await connection.execute(COUNT_QUARTERS, *_columns(rollups.quarters))
    if rollups.traits:
        await connection.execute(COUNT_TRAITS, *_columns(rollups.traits))


async def change_rollups(connection: Connection, rollups: Rollups) -> None:
    """Add to what is kept, and remove the classes that have no hits any more."""
    await add_rollups(connection, rollups)
    campaigns = sorted({campaign_id for campaign_id, *_ in rollups.traits})
    await connection.execute(REMOVE_EMPTY_CLASSES, campaigns)


def raw_quarters(hits: str) -> str:
    """Return the query that counts hits by time.

    Args:
        hits: A table of hits, or a part of it, as SQL.
    """
    return RAW_QUARTERS.format(hits=hits, quarter=QUARTER_SQL)


def raw_traits(hits: str) -> str:
    """Return the query that counts hits by trait.

    Args:
        hits: A table of hits, or a part of it, as SQL.
    """
    return RAW_TRAITS.format(hits=hits, host=HOST_OF.format("referrer"), most=MAX_VALUE_CHARACTERS)


def _columns(
    counted: Mapping[QuarterKey, list[int]] | Mapping[TraitKey, list[int]],
) -> Iterable[Sequence[object]]:
    return (*zip(*counted, strict=True), *zip(*counted.values(), strict=True))
