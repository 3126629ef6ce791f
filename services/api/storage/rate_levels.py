"""The counts of calls that all processes of the API share. They belong to no account alone."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# In the order of buckets, so that two processes never wait for each other; by the primary key.
# What a bucket held before is empty by the time that it says, so no clock but this one counts.
TELL: Final = text("""
    INSERT INTO rate_level AS kept (bucket, empty_at)
    SELECT told.bucket, now() + told.lead_s * interval '1 second'
    FROM unnest(CAST(:buckets AS text[]), CAST(:leads_s AS float8[])) AS told (bucket, lead_s)
    ORDER BY told.bucket COLLATE "C"
    ON CONFLICT (bucket) DO UPDATE
    SET empty_at = greatest(kept.empty_at, now()) + (excluded.empty_at - now())
    RETURNING bucket, extract(epoch FROM empty_at - now())::float8
""")
# Those first that are empty, or will be soonest; the table never holds many more than is kept.
PURGE: Final = text("""
    DELETE FROM rate_level WHERE bucket IN (
        SELECT bucket FROM rate_level ORDER BY empty_at
        LIMIT greatest(
            (SELECT count(*) FROM rate_level WHERE empty_at <= now()),
            (SELECT count(*) FROM rate_level) - :row_limit
        )
        FOR UPDATE SKIP LOCKED
    )
""")


async def tell(
    connection: AsyncConnection, buckets: Sequence[str], leads_s: Sequence[float]
) -> dict[str, float]:
    """Add to the counts of buckets; return how many seconds each then takes to be empty."""
    rows = await connection.execute(TELL, {"buckets": list(buckets), "leads_s": list(leads_s)})
    return {bucket: float(lead_s) for bucket, lead_s in rows}


async def purge(connection: AsyncConnection, *, row_limit: int) -> None:
    """Forget buckets that are empty, and of others all but so many, the emptiest first."""
    await connection.execute(PURGE, {"row_limit": row_limit})
