"""Read what an account was warned of."""

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.storage.accounts import Account
from services.api.storage.alerts import list_alerts
from services.api.storage.reports import Row

NEWEST_ID = (1 << 63) - 1


async def read_alerts(
    engine: AsyncEngine, account: Account, *, is_open: bool, before: int | None, row_limit: int
) -> list[Row]:
    """Return an account's alerts, newest first.

    Args:
        engine: Where they are stored.
        account: Whose they are.
        is_open: Only those that go on.
        before: The alert that those wanted are older than; None begins with the newest.
        row_limit: Most of them.
    """
    async with engine.connect() as connection:
        return await list_alerts(
            connection,
            account.id,
            is_open=is_open,
            before_id=NEWEST_ID if before is None else before,
            row_limit=row_limit,
        )
