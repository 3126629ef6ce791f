"""What campaigns' hits come to by time and by trait: added to with each batch."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from services.redirector.storage.connections import Connection
from shared.domain.referrers import HOST_PATTERN
from shared.domain.traits import MAX_VALUE_CHARACTERS

# What stands in a referrer is the visitor's word, so it may be anything. Only ASCII is lowered,
# lest a host should depend on the locale of the database.
HOST = f"""lower(substring(referrer from '{HOST_PATTERN}') COLLATE "C")"""
# Traits and their values, by the columns of a hit that they are made of.
PLACE_TRAITS = """
    ('country', country),
    ('region', CASE WHEN region <> '' THEN concat(country, E'\\t', region) END),
    ('city', CASE WHEN city <> '' THEN concat(country, E'\\t', region, E'\\t', city) END)"""
AGENT_TRAITS = """
    ('browser', browser),
    ('os', os),
    ('device_type', device_type),
    ('device', device)"""
REQUEST_TRAITS = f"""
    ('click_class', click_class),
    ('referrer', {HOST})"""
VALUE = f"""left(coalesce(value, ''), {MAX_VALUE_CHARACTERS}) COLLATE "C" """

# In key order, recorders of several hosts never wait for each other in a circle.
COUNT_QUARTERS = """
INSERT INTO quarter_clicks AS kept (campaign_id, quarter, hit_count, click_count)
SELECT campaign_id, to_timestamp(number * 900), sum(hits),
       coalesce(sum(hits) FILTER (WHERE click_class = 'person'), 0)
FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[])
    AS counted (campaign_id, click_class, number, hits)
GROUP BY 1, 2
HAVING sum(hits) <> 0 OR sum(hits) FILTER (WHERE click_class = 'person') <> 0
ORDER BY 1, 2
ON CONFLICT (campaign_id, quarter) DO UPDATE SET
    hit_count = kept.hit_count + excluded.hit_count,
    click_count = kept.click_count + excluded.click_count
"""
# Kinds of hits come once each, and campaigns name them by number: that is little to send.
_COUNT_KINDS = """
INSERT INTO trait_clicks AS kept (campaign_id, trait, value, hit_count, click_count)
SELECT campaign_id, trait COLLATE "C", {value}, sum(hits),
       coalesce(sum(hits) FILTER (WHERE click_class = 'person'), 0)
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS counted (campaign_id, number, hits)
JOIN ROWS FROM (unnest({arrays})) WITH ORDINALITY AS kind ({columns}, number) USING (number)
CROSS JOIN LATERAL (VALUES {traits}) AS had (trait, value)
GROUP BY 1, 2, 3
HAVING sum(hits) <> 0 OR sum(hits) FILTER (WHERE click_class = 'person') <> 0
ORDER BY 1, 2, 3
ON CONFLICT (campaign_id, trait, value) DO UPDATE SET
    hit_count = kept.hit_count + excluded.hit_count,
    click_count = kept.click_count + excluded.click_count
"""
# Only a class can lose its hits again: those that are classed anew.
REMOVE_EMPTY_CLASSES = """
DELETE FROM trait_clicks
WHERE campaign_id = ANY($1::bigint[]) AND trait = 'click_class' AND hit_count = 0
"""

# A campaign, a class, and quarters of an hour since 1970.
QuarterKey: TypeAlias = tuple[int, str, int]
# A campaign, and what tells a kind of hits, its class first.
KindKey: TypeAlias = tuple[int, tuple[str | None, ...]]


class KindOfHits(NamedTuple):
    """A kind that hits are counted by first, of which several traits are made."""

    columns: tuple[str, ...]
    statement: str


def _kind(traits: str, *columns: str) -> KindOfHits:
    arrays = ", ".join(f"${number}::text[]" for number in range(4, 4 + len(columns)))
    return KindOfHits(
        columns,
        _COUNT_KINDS.format(arrays=arrays, columns=", ".join(columns), traits=traits, value=VALUE),
    )


KINDS = (
    _kind(PLACE_TRAITS, "click_class", "country", "region", "city"),
    _kind(AGENT_TRAITS, "click_class", "browser", "os", "device_type", "device"),
    _kind(REQUEST_TRAITS, "click_class", "referrer"),
)


class Rollups(NamedTuple):
    """Numbers of hits to add, or to take away where they are below 0.

    Attributes:
        quarters: By campaign, class and time.
        kinds: By campaign and the columns of each of ``KINDS``.
    """

    quarters: Mapping[QuarterKey, int]
    kinds: Sequence[Mapping[KindKey, int]]


async def add_rollups(connection: Connection, rollups: Rollups) -> None:
    """Add to what is kept of campaigns by time and by trait; there has to be something."""
    quarters = zip(*rollups.quarters, strict=True)
    await connection.execute(COUNT_QUARTERS, *quarters, rollups.quarters.values())
    for kind, counted in zip(KINDS, rollups.kinds, strict=True):
        await connection.execute(kind.statement, *_numbered(counted))


async def change_rollups(connection: Connection, rollups: Rollups) -> None:
    """Add to what is kept, and remove the classes that have no hits any more."""
    await add_rollups(connection, rollups)
    campaigns = sorted({campaign_id for campaign_id, *_ in rollups.quarters})
    await connection.execute(REMOVE_EMPTY_CLASSES, campaigns)


def _numbered(counted: Mapping[KindKey, int]) -> Iterable[Sequence[object]]:
    """Return campaigns, numbers of kinds from 1 on, and hits; then the columns of the kinds."""
    campaigns, kinds = zip(*counted, strict=True)
    numbers = {kind: number for number, kind in enumerate(dict.fromkeys(kinds), 1)}
    return (
        campaigns,
        list(map(numbers.__getitem__, kinds)),
        list(counted.values()),
        *zip(*numbers, strict=True),
    )
