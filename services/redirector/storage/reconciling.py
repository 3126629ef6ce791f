"""Compare what is kept of clicks with the hits that it was counted from."""

from dataclasses import dataclass

import asyncpg

from services.redirector.storage.letting_go import KEPT_HITS
from services.redirector.storage.rollup_differences import list_rollup_differences

# Each side is walked once, in the order of its key, and the two are merged: no side of a
# campaign with millions of hits has to fit in memory. Of a campaign of which hits are let go of,
# those that are left can be no more, nor earlier or later, than what is counted.
RECIPIENTS_APART = f"""
SELECT campaign_id, position, coalesce(raw.hits, 0), coalesce(kept.hit_count, 0),
       coalesce(raw.clicks, 0), coalesce(kept.click_count, 0)
FROM (
    SELECT campaign_id, position, count(*) AS hits,
           count(*) FILTER (WHERE click_class = 'person') AS clicks,
           min(occurred_at) FILTER (WHERE click_class = 'person') AS first_at,
           max(occurred_at) FILTER (WHERE click_class = 'person') AS last_at
    FROM {KEPT_HITS} GROUP BY campaign_id, position
) AS raw
FULL JOIN recipient_clicks AS kept USING (campaign_id, position)
LEFT JOIN (
    SELECT campaign_id FROM campaign_clicks WHERE hits_kept_from IS NOT NULL
) AS mark USING (campaign_id)
WHERE CASE
    WHEN mark.campaign_id IS NULL THEN
        -- Recipients that are erased are kept from then on, whether they followed a link or not.
        (coalesce(raw.hits, 0), coalesce(raw.clicks, 0), raw.first_at, raw.last_at)
        IS DISTINCT FROM (
            coalesce(kept.hit_count, 0), coalesce(kept.click_count, 0),
            kept.first_click_at, kept.last_click_at
        )
    ELSE
        raw.hits > coalesce(kept.hit_count, 0) OR raw.clicks > coalesce(kept.click_count, 0)
        OR raw.first_at < kept.first_click_at OR raw.last_at > kept.last_click_at
END
ORDER BY campaign_id, position
LIMIT $1
"""  # noqa: S608 - a constant
# By campaign_clicks_pkey, and by hit_pkey for each campaign with a mark.
LET_GO_APART = """
SELECT mark.campaign_id, raw.hits, coalesce(let_go.hits, 0), mark.hit_count
FROM campaign_clicks AS mark
LEFT JOIN (
    SELECT campaign_id, sum(hit_count)::bigint AS hits FROM let_go_hits GROUP BY 1
) AS let_go USING (campaign_id)
CROSS JOIN LATERAL (
    SELECT count(*) AS hits FROM hit
    WHERE hit.campaign_id = mark.campaign_id AND hit.occurred_at >= mark.hits_kept_from
    OFFSET 0
) AS raw
WHERE mark.hits_kept_from IS NOT NULL
  AND raw.hits + coalesce(let_go.hits, 0) <> mark.hit_count
ORDER BY 1
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
TOTALS = f"""
SELECT (SELECT count(*) FROM {KEPT_HITS}),
       (SELECT coalesce(sum(hit_count), 0) FROM recipient_clicks),
       (SELECT coalesce(sum(hit_count), 0) FROM campaign_clicks),
       (SELECT coalesce(sum(hit_count), 0) FROM let_go_hits),
       (SELECT count(*) FROM campaign_clicks WHERE hits_kept_from IS NOT NULL)
"""  # noqa: S608 - a constant
RECORDED = "SELECT name, id, recorded_octets FROM journal WHERE name = ANY($1)"
HITS_OF_JOURNAL = f"""
SELECT (SELECT count(*) FROM {KEPT_HITS} AND journal_id = $1),
       (SELECT coalesce(sum(hit_count), 0)::bigint FROM let_go_hits WHERE journal_id = $1)
"""  # noqa: S608 - a constant


@dataclass(frozen=True, slots=True)
class RecordedJournal:
    """How far a journal is recorded, and how many hits are stored of it, and let go of."""

    name: str
    recorded_octets: int
    stored_hits: int
    let_go_hits: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is kept, beside what it was counted from.

    Attributes:
        hits: In the table of hits, and not let go of.
        by_recipient: Counted in ``recipient_clicks``.
        by_campaign: Counted in ``campaign_clicks``.
        let_go: Hits that are counted and no longer kept.
        marked_campaigns: Campaigns of which all hits before some time are let go of.
        differences: Sentences, each about one place where they are apart.
        journals: Of those asked for, those that are known to Postgres.
    """

    hits: int
    by_recipient: int
    by_campaign: int
    let_go: int
    marked_campaigns: int
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
        let_go_apart = await connection.fetch(LET_GO_APART, limit)
        rollups = await list_rollup_differences(connection, limit=limit)
        journals = [
            RecordedJournal(
                name, recorded_octets, *(await connection.fetch(HITS_OF_JOURNAL, journal_id))[0]
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
    differences += [
        f"campaign {campaign_id}: {hits} hits are stored and {let_go} were let go of, {counted}"
        " are counted"
        for campaign_id, hits, let_go, counted in let_go_apart
    ]
    differences += rollups
    hits, by_recipient, by_campaign, let_go, marked_campaigns = map(int, totals)
    return Comparison(
        hits, by_recipient, by_campaign, let_go, marked_campaigns, differences, journals
    )
