"""Alerts of an account, as it reads them."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.storage.reports import Row, fetch

# Walks alert_account_id_id_idx backwards; an account has a few.
LIST_ALERTS = text("""
    SELECT id, signal, began_at, ended_at, signal_count, out_of, usual_rate, limit_rate, peak_rate
    FROM alert
    WHERE account_id = :account_id AND id < :before_id AND (NOT :is_open OR ended_at IS NULL)
    ORDER BY id DESC LIMIT :row_limit
""")


async def list_alerts(
    connection: AsyncConnection, account_id: int, *, is_open: bool, before_id: int, row_limit: int
) -> list[Row]:
    """Return alerts of an account that are older than one, newest first.

    Args:
        connection: Where they are stored.
        account_id: Whose they are.
        is_open: Only those that go on.
        before_id: The id of that one.
        row_limit: Most of them.
    """
    return await fetch(
        connection,
        LIST_ALERTS,
        account_id=account_id,
        is_open=is_open,
        before_id=before_id,
        row_limit=row_limit,
    )
