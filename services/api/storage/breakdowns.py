"""What reports read of a campaign's rollups, which grow with what there is, not with the hits."""

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.storage.reports import Row, fetch

# By quarter_clicks_pkey.
LIST_QUARTERS = text("""
    SELECT q.quarter, q.hit_count, q.click_count
    FROM quarter_clicks q
    WHERE q.campaign_id = :campaign_id
      AND EXISTS (
          SELECT FROM campaign c WHERE c.id = :campaign_id AND c.account_id = :account_id
      )
    ORDER BY q.quarter
""")
# By trait_clicks_pkey. What stands behind the first of each trait is added up to one row.
LIST_TRAITS = text("""
    WITH ranked AS (
        SELECT t.trait, t.value, t.hit_count, t.click_count,
               row_number() OVER (
                   PARTITION BY t.trait ORDER BY t.click_count DESC, t.hit_count DESC, t.value
               ) AS place
        FROM trait_clicks t
        WHERE t.campaign_id = :campaign_id AND t.hit_count > 0
          AND EXISTS (
              SELECT FROM campaign c WHERE c.id = :campaign_id AND c.account_id = :account_id
          )
    )
    SELECT trait, value, hit_count, click_count, 1 AS value_count, place
    FROM ranked WHERE place <= :top
    UNION ALL
    SELECT trait, NULL, sum(hit_count), sum(click_count), count(*), :top + 1
    FROM ranked WHERE place > :top GROUP BY trait
    ORDER BY trait, place
""")
# By campaign_failure_pkey.
LIST_FAILURES = text("""
    SELECT f.status, f.cause, f.message_count
    FROM campaign_failure f
    WHERE f.campaign_id = :campaign_id
      AND EXISTS (
          SELECT FROM campaign c WHERE c.id = :campaign_id AND c.account_id = :account_id
      )
    ORDER BY f.message_count DESC, f.status, f.cause
""")
# Along recipient_clicks' index by first_click_at, half of the clickers far.
MEDIAN_FIRST_CLICK = text("""
    SELECT r.first_click_at - greatest(c.created_at, c.scheduled_at) AS delay
    FROM (
        SELECT first_click_at
        FROM recipient_clicks
        WHERE campaign_id = :campaign_id AND first_click_at IS NOT NULL
        ORDER BY first_click_at
        OFFSET greatest(
            0,
            (SELECT (clicker_count - 1) / 2 FROM campaign_clicks WHERE campaign_id = :campaign_id)
        )
        LIMIT 1
    ) r
    JOIN campaign c ON c.id = :campaign_id AND c.account_id = :account_id
""")


async def list_quarters(
    connection: AsyncConnection, account_id: int, campaign_id: int
) -> list[Row]:
    """Return the quarters of an hour in which a campaign's links were followed."""
    return await fetch(connection, LIST_QUARTERS, account_id=account_id, campaign_id=campaign_id)


async def list_traits(
    connection: AsyncConnection, account_id: int, campaign_id: int, *, top: int
) -> list[Row]:
    """Return the values of each trait with the most clicks, and what the others come to.

    Args:
        connection: Where to look.
        account_id: Whose campaign it is.
        campaign_id: The campaign.
        top: Most values of each trait; the row behind them, without a value, has the others.
    """
    return await fetch(
        connection, LIST_TRAITS, account_id=account_id, campaign_id=campaign_id, top=top
    )


async def list_failures(
    connection: AsyncConnection, account_id: int, campaign_id: int
) -> list[Row]:
    """Return why messages of a campaign did not arrive, and how many of them."""
    return await fetch(connection, LIST_FAILURES, account_id=account_id, campaign_id=campaign_id)


async def median_first_click(
    connection: AsyncConnection, account_id: int, campaign_id: int
) -> timedelta | None:
    """Return how long after the send half of those who clicked had clicked first.

    Of an even number the earlier of the two in the middle; None if nobody clicked.
    """
    rows = await fetch(
        connection, MEDIAN_FIRST_CLICK, account_id=account_id, campaign_id=campaign_id
    )
    return rows[0]["delay"] if rows else None
