"""Why messages did not arrive, counted by campaign in the statement that settles them."""

from shared.domain.consent import OPTED_OUT
from shared.domain.messages import MessageStatus

# A number that a carrier names is no cause, and would make a row of each.
# Goes behind the parts ``settled`` (campaign_id, status, failure_cause) and ``counted``
# (campaign_id) of a statement; that it reads the latter makes it lock campaigns' counts first.
COUNT_FAILURES = f"""
    INSERT INTO campaign_failure AS kept (campaign_id, status, cause, message_count)
    SELECT
        settled.campaign_id, settled.status, left(regexp_replace(
            coalesce(settled.failure_cause, ''), '[+]?[0-9]{{8,}}', '#', 'g'
        ), 100),
        count(*)
    FROM settled JOIN counted USING (campaign_id)
    WHERE settled.status = ANY(CAST(:failures AS smallint[]))
    OR settled.status = {int(MessageStatus.CANCELLED)} AND settled.failure_cause = '{OPTED_OUT}'
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (campaign_id, status, cause) DO UPDATE SET
        message_count = kept.message_count + excluded.message_count
"""  # noqa: S608 - nothing but constants
