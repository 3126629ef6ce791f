"""Which columns hold secrets, and whether a process has the keys that they are sealed under."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from shared.domain.sealing import MARK, SETTING, Sealer, key_id_of
from shared.settings import SealingSettings, SettingsError, exit_refused
from shared.storage.outages import DRIVER_OUTAGES

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
FACTOR_SEED = SealedColumn("account_user", "factor_seed", "id")
# All that there are: what `txlink secrets rotate` seals anew.
SEALED_COLUMNS = (TOKEN_KEY, WEBHOOK_SECRET, PREVIOUS_WEBHOOK_SECRET, FACTOR_SEED)


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


def keys_or_exit(settings: SealingSettings, columns: Sequence[SealedColumn]) -> None:
    """End a process at its start, with status 2, if its keys are not those of the database.

    Not to be called where an event loop runs.

    Raises:
        SystemExit: Standard error says which key is missing, by its id.
    """
    try:
        asyncio.run(
            require_keys(settings.database_url.get_secret_value(), settings.to_sealer(), columns)
        )
    except SettingsError as error:
        exit_refused(error)


async def _prefixes(connection: asyncpg.Connection, column: SealedColumn) -> set[str | None]:
    return {key_id_of(row[0]) for row in await connection.fetch(count_statement(column))}


def count_statement(column: SealedColumn) -> str:
    """Return the statement that counts a column's secrets by what tells the key of each."""
    # Identifiers are constants of this module.
    return (
        f"SELECT substring({column.column} FROM 1 FOR {len(MARK) + 8}), count(*) "  # noqa: S608
        f"FROM {column.table} WHERE {column.column} IS NOT NULL GROUP BY 1"
    )
