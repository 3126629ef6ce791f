"""Giving back the segments of messages that never went out, in the transaction that settles them.

A message that failed, was rejected or cancelled costs no credit. Whatever statement lets messages
end so notes their segments with ``OWED`` or ``OWED_OF_ONE``, a part that goes behind its parts
``settled`` (campaign_id, position, status) and ``counted`` (campaign_id). Whoever runs it calls
``refund`` behind it, which gives back what is noted and not given back yet: to call it twice does
no harm.

Messages are locked before counts, counts before what is owed, and the account's balance last of
all: for it alone sends of an account wait for each other.
"""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_OWED = """
    , unsent AS (
        SELECT
            settled.campaign_id, sum(coalesce(p.segment_count, c.segment_count)) AS segments
        FROM settled
        JOIN campaign_credit ON campaign_credit.campaign_id = {campaign_id}
        JOIN campaign c ON c.id = {campaign_id}
        LEFT JOIN LATERAL (
            SELECT segment_count FROM personal_text
            WHERE c.is_personal AND campaign_id = {campaign_id} AND position = settled.position
            OFFSET 0
        ) p ON true
        -- rejected, failed, cancelled
        WHERE settled.status IN (6, 7, 8)
        GROUP BY settled.campaign_id
    ), owed AS (
        UPDATE campaign_credit SET refundable_segments = refundable_segments + unsent.segments
        FROM unsent JOIN counted USING (campaign_id)
        WHERE campaign_credit.campaign_id = unsent.campaign_id
    )
"""
# Of a statement about one campaign, which alone then is looked up in tables by month.
OWED_OF_ONE = _OWED.format(campaign_id=":campaign_id")
OWED = _OWED.format(campaign_id="settled.campaign_id")

# By campaign_credit_pkey and account_credit_pkey. An account that has become post-paid meanwhile
# has no balance to give back to. Accounts are locked in the order of their ids.
REFUND = text("""
    WITH due AS MATERIALIZED (
        SELECT campaign_id, account_id, refundable_segments - refunded_segments AS segments
        FROM campaign_credit
        WHERE campaign_id = ANY(CAST(:campaign_ids AS bigint[]))
        AND refundable_segments > refunded_segments
    ), marked AS (
        UPDATE campaign_credit SET refunded_segments = refundable_segments
        FROM due WHERE campaign_credit.campaign_id = due.campaign_id
    ), locked AS MATERIALIZED (
        SELECT account_id FROM account_credit
        WHERE account_id IN (SELECT account_id FROM due) AND balance IS NOT NULL
        ORDER BY account_id
        FOR NO KEY UPDATE
    ), refunded AS (
        UPDATE account_credit SET balance = balance + owed.segments
        FROM (SELECT account_id, sum(segments) AS segments FROM due GROUP BY account_id) AS owed
        JOIN locked USING (account_id)
        WHERE account_credit.account_id = owed.account_id
        RETURNING account_credit.account_id, account_credit.balance
    )
    INSERT INTO credit_entry (account_id, kind, amount, balance, campaign_id)
    SELECT
        account_id, 'refund', due.segments,
        refunded.balance - coalesce(sum(due.segments) OVER (
            PARTITION BY account_id ORDER BY due.campaign_id
            ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
        ), 0),
        due.campaign_id
    FROM due JOIN refunded USING (account_id)
    ORDER BY account_id, due.campaign_id
""")


async def refund(connection: AsyncConnection, campaign_ids: Sequence[int]) -> None:
    """Give back what is owed for campaigns; nothing for those that were not charged.

    Args:
        connection: In the transaction that let their messages end, about to be committed.
        campaign_ids: Those of the messages.
    """
    await connection.execute(REFUND, {"campaign_ids": list(campaign_ids)})
