"""Secrets in the database: sealed as they are written, opened as they are read.

Every column that holds any is in ``SEALED_COLUMNS``: that is what is checked when a process
starts, and what `txlink secrets rotate` seals anew.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.sealing import MARK, SETTING, Sealer, SealError, key_id_of
from shared.domain.token_keys import TokenKeys
from shared.settings import SettingsError
from shared.storage.outages import DRIVER_OUTAGES

SEALER_OPTION: Final = "txlink_sealer"
TOKEN_KEYS_OPTION: Final = "txlink_token_keys"  # noqa: S105 - a name
BATCH_ROWS = 200
CHECK_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of secrets.

    Attributes:
        table: Its table.
        column: Its name, of type ``bytea``.
        named_by: The column whose value names a row: a secret's context is ``TABLE:VALUE``.
    """

    table: str
    column: str
    named_by: str

    def context(self, name: object) -> str:
        """Return what a row's secret is bound to."""
        return f"{self.table}:{name}"


WEBHOOK_SECRET = SealedColumn("webhook", "secret", "uuid")
# It was the secret before, and is bound as such.
PREVIOUS_WEBHOOK_SECRET = SealedColumn("webhook", "previous_secret", "uuid")
TOKEN_KEY = SealedColumn("token_domain", "key", "length")
SEALED_COLUMNS = (TOKEN_KEY, WEBHOOK_SECRET, PREVIOUS_WEBHOOK_SECRET)


class NoKeysError(SealError):
    """An engine that was made without keys is to seal or open secrets."""

    def __init__(self) -> None:
        super().__init__(f"Secrets are not to be had without {SETTING}.")


def sealing_options(sealer: Sealer) -> dict[str, object]:
    """Return what an engine's connections seal and open with, as its execution options."""
    return {SEALER_OPTION: sealer, TOKEN_KEYS_OPTION: TokenKeys(sealer)}


def sealer_of(connection: AsyncConnection) -> Sealer:
    """Return what this connection's engine seals with.

    Raises:
        NoKeysError: It was made without keys.
    """
    sealer = _options(connection).get(SEALER_OPTION)
    if not isinstance(sealer, Sealer):
        raise NoKeysError
    return sealer


def open_token_key(connection: AsyncConnection, token_length: int, kept: bytes) -> bytes:
    """Return the key that is kept of a token length.

    Raises:
        NoKeysError: The connection's engine was made without keys.
        SealError: It cannot be opened with them.
    """
    keys = _options(connection).get(TOKEN_KEYS_OPTION)
    if not isinstance(keys, TokenKeys):
        raise NoKeysError
    return keys.open(token_length, kept)


def _options(connection: AsyncConnection) -> Mapping[str, object]:
    inner = connection.sync_connection
    return {} if inner is None else inner.get_execution_options()


async def require_keys(database_url: str, sealer: Sealer, columns: Sequence[SealedColumn]) -> None:
    """Make sure that what some columns have can be opened; while Postgres is away, nothing is.

    Raises:
        SettingsError: Something is sealed under a key that the environment does not name.
    """
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            connection = await asyncpg.connect(
                database_url.replace("postgresql+asyncpg://", "postgresql://", 1)
            )
            try:
                found = [await _prefixes(connection, column) for column in columns]
            finally:
                await connection.close()
    # Without the table there is nothing to open, and the process tells of that by itself.
    except (*DRIVER_OUTAGES, TimeoutError, asyncpg.PostgresError):
        return
    unknown = {key_id for keys in found for key_id in keys} - {None, *sealer.key_ids}
    if unknown:
        complaint = (
            f"{SETTING} has keys {', '.join(sealer.key_ids)}; what the database has is sealed "
            f"under {', '.join(sorted(map(str, unknown)))}: add that key behind the first"
        )
        raise SettingsError([complaint])


async def _prefixes(connection: asyncpg.Connection, column: SealedColumn) -> set[str | None]:
    return {key_id_of(row[0]) for row in await connection.fetch(_distinct(column))}


def _distinct(column: SealedColumn) -> str:
    # Identifiers are constants of this module.
    return (
        f"SELECT substring({column.column} FROM 1 FOR {len(MARK) + 8}), count(*) "  # noqa: S608
        f"FROM {column.table} WHERE {column.column} IS NOT NULL GROUP BY 1"
    )


async def count_by_key(
    connection: AsyncConnection, column: SealedColumn
) -> Mapping[str | None, int]:
    """Count a column's secrets by the id of the key that they are sealed under; None is plain."""
    counted: Counter[str | None] = Counter()
    for prefix, count in await connection.execute(text(_distinct(column))):
        counted[key_id_of(bytes(prefix))] += count
    return counted


async def seal_anew(connection: AsyncConnection, column: SealedColumn, sealer: Sealer) -> int:
    """Seal some of a column's secrets that are plain or under an older key; return how many.

    Raises:
        SealError: One cannot be opened.
    """
    current = MARK + sealer.key_ids[0].encode()
    # Identifiers are constants of this module.
    rows = await connection.execute(
        text(
            f"SELECT {column.named_by}, {column.column} FROM {column.table} "  # noqa: S608
            f"WHERE {column.column} IS NOT NULL "
            f"AND substring({column.column} FROM 1 FOR {len(current)}) <> :current "
            f"LIMIT {BATCH_ROWS} FOR NO KEY UPDATE"
        ),
        {"current": current},
    )
    anew = [
        {"name": name, "anew": sealer.rotate(bytes(kept), column.context(name))}
        for name, kept in rows
    ]
    if anew:
        await connection.execute(
            text(
                f"UPDATE {column.table} SET {column.column} = :anew "  # noqa: S608
                f"WHERE {column.named_by} = :name"
            ),
            anew,
        )
    return len(anew)
