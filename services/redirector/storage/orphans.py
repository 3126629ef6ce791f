"""Counting requests for links that lead nowhere, by account where one can be named."""

from collections.abc import Mapping

from services.redirector.storage.connections import Pool, outages_named

# Campaigns by their primary key, sender IDs by sender_id_header_idx. A sender ID that several
# accounts have names none of them. Rows are taken in the order of their key, as by everyone.
COUNT_ORPHANS = """
INSERT INTO signal_count AS kept (account_id, signal, quarter, signal_count)
SELECT account_id, 'unknown_token', date_bin('15 minutes', now(), '2000-01-01Z'), sum(orphans)
FROM (
    SELECT coalesce(campaign.account_id, 0) AS account_id, gone.orphans
    FROM unnest($1::bigint[], $2::integer[]) AS gone (campaign_id, orphans)
    LEFT JOIN campaign ON campaign.id = gone.campaign_id
    UNION ALL
    SELECT coalesce(owner.account_id, 0), unknown.orphans
    FROM unnest($3::text[], $4::integer[]) AS unknown (header, orphans)
    LEFT JOIN LATERAL (
        SELECT min(sender_id.account_id) AS account_id
        FROM sender_id WHERE sender_id.header = unknown.header
        HAVING count(*) = 1
    ) AS owner ON true
    UNION ALL
    SELECT 0, $5
) AS counted
WHERE orphans > 0
GROUP BY account_id ORDER BY account_id
ON CONFLICT (account_id, signal, quarter) DO UPDATE SET
    signal_count = kept.signal_count + excluded.signal_count
"""


async def count_orphans(
    pool: Pool,
    by_campaign: Mapping[int, int],
    by_header: Mapping[str, int],
    *,
    of_nobody: int,
) -> None:
    """Add to the counts of this quarter of an hour.

    Args:
        pool: Where they are kept.
        by_campaign: Of links that are paused or have ended, by the id of their campaign.
        by_header: Of unknown tokens, by the sender ID that stood before them.
        of_nobody: Of all others.

    Raises:
        StoreUnavailableError: Postgres is away.
    """
    with outages_named():
        await pool.execute(
            COUNT_ORPHANS,
            list(by_campaign),
            list(by_campaign.values()),
            list(by_header),
            list(by_header.values()),
            of_nobody,
        )
