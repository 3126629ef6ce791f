"""All that is in a database, whatever table it is in, as one searches for a leak."""

from collections.abc import Sequence

import asyncpg

# Partitions are read as parts of their tables.
TABLES = """
SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
ORDER BY 1
"""
COLUMNS = """
SELECT c.relname AS table_name, a.attname AS name, format_type(a.atttypid, NULL) AS kind
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY 1, a.attnum
"""


async def rows_of_all_tables(connection: asyncpg.Connection) -> list[tuple[str, str]]:
    """Return every row of every table, as text in which octets are hexadecimal digits."""
    found: list[tuple[str, str]] = []
    for (table,) in await connection.fetch(TABLES):
        rows = await connection.fetch(f"SELECT t::text FROM {table} AS t ORDER BY 1")  # noqa: S608
        found += [(table, row[0]) for row in rows]
    return found


def places_of(rows: Sequence[tuple[str, str]], marks: Sequence[str]) -> list[str]:
    """Return where any of the marks is found, as it is or as the digits of its octets."""
    wanted = [*marks, *(mark.encode().hex() for mark in marks)]
    return [
        f"{table}: {mark} in {row[:200]}" for table, row in rows for mark in wanted if mark in row
    ]


async def columns(connection: asyncpg.Connection) -> list[tuple[str, str, str]]:
    """Return table, name and type of every column."""
    return [tuple(row) for row in await connection.fetch(COLUMNS)]
