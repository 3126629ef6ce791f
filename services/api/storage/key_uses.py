"""When keys were last used."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# By the primary key. A key that somebody changes just now is passed over: waiting for it would
# hold up the others, and two processes must not wait for one another.
NOTE_USES = text("""
    WITH used AS (
        SELECT key_id, address
        FROM unnest(CAST(:key_ids AS bigint[]), CAST(:addresses AS text[])) AS t (key_id, address)
    ), free AS (
        SELECT id FROM api_key
        WHERE id = ANY(CAST(:key_ids AS bigint[]))
          AND (last_used_at IS NULL OR last_used_at <= now() - CAST(:age AS interval))
        FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE api_key SET last_used_at = now(), last_used_address = CAST(used.address AS inet)
    FROM used JOIN free ON free.id = used.key_id
    WHERE api_key.id = free.id
""")


async def note_uses(
    connection: AsyncConnection, uses: Mapping[int, str | None], *, age: timedelta
) -> None:
    """Note that keys are used now, and from where, unless that was noted within an age."""
    values = {"key_ids": list(uses), "addresses": list(uses.values()), "age": age}
    await connection.execute(NOTE_USES, values)
