"""Let go of what campaigns, personal texts and uploads say; what was counted of them stays."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# Walks campaign_text_kept_idx, and campaign_delivery_pkey beside it. A campaign is no younger than
# one with a higher id, but for those that were made in the same moment.
LIST_CAMPAIGNS = text("""
    SELECT c.id, CASE WHEN c.is_personal THEN c.message_count ELSE 0 END AS personal_count,
           c.control <> 'scheduled' AND d.queued = 0 AND d.submitting = 0
               AND greatest(c.created_at, c.scheduled_at) < :until AS is_done
    FROM campaign c JOIN campaign_delivery d ON d.campaign_id = c.id
    WHERE c.account_id = :account_id AND c.text_let_go_at IS NULL AND c.id > :after
      AND c.id < first_campaign_id(CAST(
          CAST(:until AS timestamptz) AT TIME ZONE 'UTC' + interval '1 month' AS date
      ))
      AND c.created_at < :until
    ORDER BY c.id LIMIT :row_limit
""")
# By personal_text_pkey. Where links lead stays, since they go on.
LET_GO_OF_PERSONAL = text("""
    UPDATE personal_text SET body_before = '', body_after = left(body_after, 0)
    WHERE campaign_id = :campaign_id AND position >= :begin AND position < :end
""")
LET_GO_OF_CAMPAIGN = text("""
    UPDATE campaign SET
        body_before = '', body_after = left(body_after, 0), text_let_go_at = now()
    WHERE id = :campaign_id AND account_id = :account_id AND text_let_go_at IS NULL
""")
# By sandbox_message_account_id_id_idx. Its receipt is made of the text, so that is sent first.
LET_GO_OF_SANDBOX = text("""
    UPDATE sandbox_message SET body = ''
    WHERE account_id = :account_id AND received_at < :until AND body <> ''
    AND receipt_sent_at IS NOT NULL
""")
# Walks upload_account_id_id_idx.
NEXT_UPLOAD = text("""
    SELECT id FROM upload
    WHERE account_id = :account_id AND created_at < :until AND (
        status = 'ready' OR error_code = 'text_let_go'
        AND EXISTS (SELECT FROM upload_row WHERE upload_id = upload.id)
    )
    ORDER BY id LIMIT 1
""")
# By upload_row_pkey. No statement that deletes can be told how many.
DELETE_ROWS = text("""
    DELETE FROM upload_row WHERE upload_id = :upload_id AND position IN (
        SELECT position FROM upload_row WHERE upload_id = :upload_id
        ORDER BY position LIMIT :row_limit
    )
""")
END_UPLOAD = text("""
    UPDATE upload SET
        status = 'failed', error_code = 'text_let_go',
        error = 'Its rows are no longer kept, by the limit of the account on texts'
    WHERE id = :upload_id AND account_id = :account_id AND status = 'ready'
""")


@dataclass(frozen=True, slots=True)
class OldCampaign:
    """A campaign whose texts are past keeping, or are once it is done.

    Attributes:
        personal_count: How many personal texts it has.
        is_done: Whether nobody sends its texts any more, and they are old enough.
    """

    id: int
    personal_count: int
    is_done: bool


async def list_campaigns(
    connection: AsyncConnection, account_id: int, *, until: datetime, after: int, row_limit: int
) -> list[OldCampaign]:
    """Return the next campaigns of an account that it took before a time, and whose texts are."""
    values = {"account_id": account_id, "until": until, "after": after, "row_limit": row_limit}
    return [OldCampaign(*row) for row in await connection.execute(LIST_CAMPAIGNS, values)]


async def let_go_of_personal(
    connection: AsyncConnection, campaign_id: int, *, begin: int, end: int
) -> None:
    """Let go of some personal texts of a campaign."""
    values = {"campaign_id": campaign_id, "begin": begin, "end": end}
    await connection.execute(LET_GO_OF_PERSONAL, values)


async def let_go_of_campaign(
    connection: AsyncConnection, account_id: int, campaign_id: int
) -> None:
    """Let go of what a campaign says, and note when."""
    values = {"account_id": account_id, "campaign_id": campaign_id}
    await connection.execute(LET_GO_OF_CAMPAIGN, values)


async def let_go_of_uploads(
    connection: AsyncConnection, account_id: int, *, until: datetime, row_limit: int
) -> bool:
    """Let go of some rows of old uploads, and of the sandbox's texts; tell whether to go on.

    An upload without its rows cannot be sent any more, and says why.
    """
    of_account: dict[str, object] = {"account_id": account_id, "until": until}
    await connection.execute(LET_GO_OF_SANDBOX, of_account)
    upload_id = (await connection.execute(NEXT_UPLOAD, of_account)).scalar_one_or_none()
    if upload_id is None:
        return False
    key = {"upload_id": upload_id}
    # First, so that nobody sends a part of it.
    await connection.execute(END_UPLOAD, key | {"account_id": account_id})
    await connection.execute(DELETE_ROWS, key | {"row_limit": row_limit})
    return True
