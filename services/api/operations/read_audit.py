"""Read an account's whole audit trail: who did what, from where, and what it was before."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.storage.audit import TrailPlace, TrailSearch, list_trail
from services.api.storage.reports import Row

BATCH_ROWS = 5_000
START_OF_TIME = datetime(1970, 1, 1, tzinfo=UTC)
END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)


async def read_trail(
    engine: AsyncEngine,
    account_id: int,
    search: TrailSearch,
    *,
    before: TrailPlace | None,
    row_limit: int,
) -> Sequence[Row]:
    """Return entries of an account, newest first.

    Args:
        engine: Where they are stored.
        account_id: Whose they are.
        search: Which of them.
        before: The place that those wanted are older than; None begins with the newest.
        row_limit: Most of them.
    """
    ends_at = TrailPlace(search.end or END_OF_TIME, 0)
    if before is not None and before.occurred_at < ends_at.occurred_at:
        ends_at = before
    async with engine.connect() as connection:
        return await list_trail(
            connection,
            account_id,
            replace(search, begin=search.begin or START_OF_TIME),
            before=ends_at,
            row_limit=row_limit,
        )


async def export_trail(
    engine: AsyncEngine, account_id: int, search: TrailSearch
) -> AsyncIterator[Sequence[Row]]:
    """Yield entries of an account, newest first; no connection is held between batches.

    Yields:
        At most ``BATCH_ROWS`` of them.
    """
    before: TrailPlace | None = None
    while True:
        batch = await read_trail(engine, account_id, search, before=before, row_limit=BATCH_ROWS)
        yield batch
        if len(batch) < BATCH_ROWS:
            return
        before = TrailPlace(batch[-1]["occurred_at"], batch[-1]["id"])
