"""An account's opt-outs: looked up by sends, listed, noted and taken back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.domain.authors import Author
from services.api.domain.opt_outs import SuppressionSource
from services.api.storage.reports import fetch

# Looked up at once; more are looked up one part after the other, so that no statement is long.
LOOKED_UP_AT_ONCE = 50_000
ADDED_AT_ONCE = 20_000
_COLUMNS = "msisdn, source, note, author_kind, author_name, created_at"
# Walks suppression_pkey once along the sorted numbers.
FIND_SUPPRESSED = text("""
    SELECT msisdn FROM suppression
    WHERE account_id = :account_id AND msisdn = ANY(CAST(:msisdns AS bigint[]))
""")
# By suppression_pkey; the columns are a constant of this module.
FIND_SUPPRESSION = text(
    f"SELECT {_COLUMNS} FROM suppression "  # noqa: S608
    "WHERE account_id = :account_id AND msisdn = CAST(:msisdn AS bigint)"
)
# Walks suppression_pkey.
LIST_SUPPRESSIONS = text(
    f"SELECT {_COLUMNS} FROM suppression "  # noqa: S608
    "WHERE account_id = :account_id AND msisdn > :after_msisdn ORDER BY msisdn LIMIT :row_limit"
)
# One that is there stays as it is: when it was first noted is what counts.
ADD_SUPPRESSIONS = text("""
    INSERT INTO suppression (account_id, msisdn, source, note, author_kind, author_name)
    SELECT :account_id, msisdn, :suppression_source, :note, :author_kind, :author_name
    FROM unnest(CAST(:msisdns AS bigint[])) AS msisdn
    ON CONFLICT DO NOTHING
""")
# The update changes nothing: it makes the row that is there come back, and nobody delete it
# meanwhile. Such a row has an xmax.
ADD_SUPPRESSION = text(
    """
    INSERT INTO suppression (account_id, msisdn, source, note, author_kind, author_name)
    VALUES (
        :account_id, CAST(:msisdn AS bigint), :suppression_source, :note, :author_kind,
        :author_name
    )
    ON CONFLICT (account_id, msisdn) DO UPDATE SET note = suppression.note
    RETURNING """  # noqa: S608 - nothing but constants
    + _COLUMNS
    + ", xmax = 0 AS is_new"
)
REMOVE_SUPPRESSION = text(
    "DELETE FROM suppression "  # noqa: S608
    "WHERE account_id = :account_id AND msisdn = CAST(:msisdn AS bigint) "
    f"RETURNING {_COLUMNS}"
)


@dataclass(frozen=True, slots=True)
class Suppression:
    """A number that opted out, how that became known, and who noted it when."""

    msisdn: int = field(repr=False)
    source: str
    note: str = field(repr=False)
    author_kind: str
    author_name: str
    created_at: datetime


async def find_suppressed(
    connection: AsyncConnection, account_id: int, msisdns: Sequence[int]
) -> set[int]:
    """Return those of some numbers that opted out of what the account sends."""
    found: set[int] = set()
    # In their order, so that each part is a stretch of the index.
    wanted = sorted(msisdns)
    for first in range(0, len(wanted), LOOKED_UP_AT_ONCE):
        part = wanted[first : first + LOOKED_UP_AT_ONCE]
        values = {"account_id": account_id, "msisdns": part}
        found.update((await connection.execute(FIND_SUPPRESSED, values)).scalars())
    return found


async def find_suppression(
    connection: AsyncConnection, account_id: int, msisdn: int
) -> Suppression | None:
    """Return the opt-out of a number; None if it has not opted out."""
    rows = await fetch(connection, FIND_SUPPRESSION, account_id=account_id, msisdn=msisdn)
    return Suppression(**rows[0]) if rows else None


async def list_suppressions(
    connection: AsyncConnection, account_id: int, *, after_msisdn: int, row_limit: int
) -> list[Suppression]:
    """Return the opt-outs of the account behind a number, in the order of numbers."""
    rows = await fetch(
        connection,
        LIST_SUPPRESSIONS,
        account_id=account_id,
        after_msisdn=after_msisdn,
        row_limit=row_limit,
    )
    return [Suppression(**row) for row in rows]


async def add_suppressions(
    connection: AsyncConnection,
    account_id: int,
    msisdns: Sequence[int],
    *,
    source: SuppressionSource,
    note: str,
    author: Author,
) -> int:
    """Note opt-outs, and return how many of them are new.

    Args:
        connection: In a transaction.
        account_id: Whose they are.
        msisdns: In rising order, so that no two that add wait for each other.
        source: How they became known.
        note: What is said of them.
        author: By whom.
    """
    added = 0
    for first in range(0, len(msisdns), ADDED_AT_ONCE):
        result = await connection.execute(
            ADD_SUPPRESSIONS,
            {
                "account_id": account_id,
                "msisdns": list(msisdns[first : first + ADDED_AT_ONCE]),
                "suppression_source": source.value,
                "note": note,
                "author_kind": author.kind.value,
                "author_name": author.name,
            },
        )
        added += result.rowcount
    return added


async def add_suppression(
    connection: AsyncConnection,
    account_id: int,
    msisdn: int,
    *,
    source: SuppressionSource,
    note: str,
    author: Author,
) -> tuple[Suppression, bool]:
    """Note one opt-out; return it as it stands, and whether it is new."""
    (row,) = await fetch(
        connection,
        ADD_SUPPRESSION,
        account_id=account_id,
        msisdn=msisdn,
        suppression_source=source.value,
        note=note,
        author_kind=author.kind.value,
        author_name=author.name,
    )
    values = dict(row)
    is_new = values.pop("is_new")
    return Suppression(**values), is_new


async def remove_suppression(
    connection: AsyncConnection, account_id: int, msisdn: int
) -> Suppression | None:
    """Delete an opt-out and return what it was; None if there is none."""
    rows = await fetch(connection, REMOVE_SUPPRESSION, account_id=account_id, msisdn=msisdn)
    return Suppression(**rows[0]) if rows else None
