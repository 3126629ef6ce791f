"""Lists of hosts that are read from files and servers, as rules of the platform's."""

from collections.abc import AsyncIterable, Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.destination_rules import Rule
from shared.storage.engine import raw_connection

DROP_OTHERS = text("""
    DELETE FROM destination_list
    WHERE account_id IS NULL AND source <> '' AND source <> ALL(CAST(:sources AS text[]))
    RETURNING source
""")
# Only who moves checked_at has the list; others find it looked at.
CLAIM = text("""
    INSERT INTO destination_list AS list (account_id, kind, source, checked_at)
    VALUES (NULL, 'block', :source, now())
    ON CONFLICT (account_id, kind, source) DO UPDATE SET checked_at = now()
    WHERE list.checked_at <= now() - CASE
        WHEN list.failure IS NULL THEN CAST(:interval AS interval)
        ELSE least(CAST(:interval AS interval), CAST(:retry_after AS interval))
    END
    RETURNING id, source, etag, last_modified
""")
NOTE_UNCHANGED = text("""
    UPDATE destination_list SET failure = NULL, failure_count = 0 WHERE id = :list_id
""")
NOTE_FAILURE = text("""
    UPDATE destination_list SET failure = :cause, failure_count = failure_count + 1
    WHERE id = :list_id RETURNING failure_count
""")
MAKE_INCOMING = text("""
    CREATE TEMPORARY TABLE incoming_rule (
        key text COLLATE "C" NOT NULL, path text COLLATE "C" NOT NULL
    ) ON COMMIT DROP
""")
ANALYZE_INCOMING = text("ANALYZE incoming_rule")
# Nobody who reads waits: until the commit all is as it was.
REMOVE_OLD = text("""
    DELETE FROM destination_rule r
    WHERE r.list_id = :list_id AND NOT EXISTS (
        SELECT FROM incoming_rule i WHERE i.key = r.key AND i.path = r.path
    )
""")
# Some at a time: a statement for a million would take longer than one may.
ADD_NEW = text("""
    INSERT INTO destination_rule (list_id, key, path)
    SELECT :list_id, key, path
    FROM unnest(CAST(:keys AS text[]), CAST(:paths AS text[])) AS incoming (key, path)
    ON CONFLICT DO NOTHING
""")
NOTE_REPLACED = text("""
    UPDATE destination_list
    SET etag = :etag, last_modified = :last_modified, replaced_at = now(), failure = NULL,
        failure_count = 0,
        rule_count = (SELECT count(*) FROM destination_rule WHERE list_id = :list_id)
    WHERE id = :list_id RETURNING rule_count
""")


@dataclass(frozen=True, slots=True)
class ListToRead:
    """A list that is due.

    Attributes:
        etag: Of what was read last; of a file, when it was changed and how long it was.
        last_modified: What a server told of that.
    """

    id: int
    source: str
    etag: str | None
    last_modified: str | None


async def drop_other_lists(connection: AsyncConnection, sources: Collection[str]) -> list[str]:
    """Drop the lists of all other sources and return these; redirectors are told."""
    return list((await connection.execute(DROP_OTHERS, {"sources": list(sources)})).scalars())


async def claim_list(
    connection: AsyncConnection, source: str, *, interval: timedelta, retry_after: timedelta
) -> ListToRead | None:
    """Return a list to be read, if it is due and nobody else is at it."""
    values = {"source": source, "interval": interval, "retry_after": retry_after}
    row = (await connection.execute(CLAIM, values)).one_or_none()
    return None if row is None else ListToRead(*row)


async def note_unchanged(connection: AsyncConnection, list_id: int) -> None:
    """Note that a list is as it was when it was read last."""
    await connection.execute(NOTE_UNCHANGED, {"list_id": list_id})


async def note_failure(connection: AsyncConnection, list_id: int, cause: str) -> int:
    """Note why a list was not read; return for the how manieth time in a row."""
    values = {"list_id": list_id, "cause": cause}
    return int((await connection.execute(NOTE_FAILURE, values)).scalar_one_or_none() or 0)


async def replace_rules(
    connection: AsyncConnection,
    list_id: int,
    rules: AsyncIterable[Collection[Rule]],
    *,
    etag: str | None,
    last_modified: str | None,
) -> int:
    """Put rules in the place of a list's, to be committed; redirectors are told then.

    Args:
        connection: Whose transaction begins here.
        list_id: The list.
        rules: All of them, some at a time; one may come twice.
        etag: What to ask with the next time.
        last_modified: The same.

    Returns:
        How many the list has now.
    """
    await connection.execute(MAKE_INCOMING)
    raw = await raw_connection(connection)
    async for some in rules:
        await raw.copy_records_to_table("incoming_rule", columns=["key", "path"], records=some)
        columns = {"keys": [rule.key for rule in some], "paths": [rule.path for rule in some]}
        await connection.execute(ADD_NEW, {"list_id": list_id, **columns})
    await connection.execute(ANALYZE_INCOMING)
    await connection.execute(REMOVE_OLD, {"list_id": list_id})
    values = {"list_id": list_id, "etag": etag, "last_modified": last_modified}
    return int((await connection.execute(NOTE_REPLACED, values)).scalar_one_or_none() or 0)
