"""Secrets in the database: sealed as they are written, opened as they are read.

An engine's connections have what opens and seals among their execution options, so that only who
runs SQL knows of it.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.sealing import MARK, SETTING, Sealer, SealError, key_id_of
from shared.domain.token_keys import TokenKeys
from shared.storage.sealed_columns import SealedColumn, count_statement

SEALER_OPTION: Final = "txlink_sealer"
TOKEN_KEYS_OPTION: Final = "txlink_token_keys"  # noqa: S105 - a name
BATCH_ROWS = 200


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


async def count_by_key(
    connection: AsyncConnection, column: SealedColumn
) -> Mapping[str | None, int]:
    """Count a column's secrets by the id of the key that they are sealed under; None is plain."""
    counted: Counter[str | None] = Counter()
    for prefix, count in await connection.execute(text(count_statement(column))):
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
