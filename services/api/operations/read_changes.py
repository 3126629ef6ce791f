"""Read who changed a campaign, and how."""

import uuid

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.errors import NotFoundError
from services.api.storage.accounts import Account
from services.api.storage.audit import list_entries
from services.api.storage.live import find_campaign_id
from services.api.storage.reports import Row

NEWEST_ID = (1 << 63) - 1


async def read_changes(
    engine: AsyncEngine,
    account: Account,
    campaign_uuid: uuid.UUID,
    *,
    before: int | None,
    row_limit: int,
) -> list[Row]:
    """Return the changes of a campaign, newest first.

    Args:
        engine: Where it is stored.
        account: Whose it is.
        campaign_uuid: The campaign.
        before: The entry that those wanted are older than; None begins with the newest.
        row_limit: Most of them.

    Raises:
        NotFoundError: The account has no such campaign.
    """
    async with engine.connect() as connection:
        if await find_campaign_id(connection, account.id, campaign_uuid) is None:
            raise NotFoundError("campaign")
        return await list_entries(
            connection,
            account.id,
            str(campaign_uuid),
            before_id=NEWEST_ID if before is None else before,
            row_limit=row_limit,
        )
