"""Commands about secrets in the database: seal them anew, tell under which keys they are."""

import argparse
from collections.abc import Callable, Mapping

from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli.on_database import Add, on_database, url_of
from services.cli.secret_keys import secret_keys
from services.cli.settings import CliSettings
from shared.domain.sealing import Sealer
from shared.storage.sealed import count_by_key, seal_anew
from shared.storage.sealed_columns import SEALED_COLUMNS, SealedColumn

ROTATE = "Seal all secrets under the first of TXLINK_SECRET_KEYS"
CHECK = "Tell under which keys secrets are sealed"
Counts = Mapping[SealedColumn, Mapping[str | None, int]]


def add_secret_commands(add: Add, add_data_dir: Callable[[argparse.ArgumentParser], None]) -> None:
    """Add the commands to the parser."""
    add_data_dir(add("rotate", _rotate, ROTATE))
    add_data_dir(add("check", _check, CHECK))


def seal_all(database_url: str, sealer: Sealer) -> Mapping[SealedColumn, int]:
    """Seal what is plain or under an older key, a batch a transaction; return how many each.

    Broken off, it goes on where it was when it is called again.

    Raises:
        SealError: Something is sealed under a key that is not there, or damaged.
    """

    async def seal(engine: AsyncEngine) -> Mapping[SealedColumn, int]:
        return {column: await _seal_column(engine, column, sealer) for column in SEALED_COLUMNS}

    return on_database(database_url, seal)


async def _seal_column(engine: AsyncEngine, column: SealedColumn, sealer: Sealer) -> int:
    total = 0
    while True:
        async with engine.begin() as connection:
            count = await seal_anew(connection, column, sealer)
        if count == 0:
            return total
        total += count


def _rotate(arguments: argparse.Namespace, settings: CliSettings) -> None:
    url = url_of(arguments, settings)
    sealer = Sealer.of_setting(secret_keys(settings, arguments.data_dir))
    for column, count in seal_all(url, sealer).items():
        print(f"{column.table}.{column.column}: {count} sealed under {sealer.key_ids[0]}")


def _check(arguments: argparse.Namespace, settings: CliSettings) -> None:
    """Tell under which keys secrets are.

    Raises:
        SystemExit: Some are under a key that is not there (status 1).
    """
    url = url_of(arguments, settings)
    sealer = Sealer.of_setting(secret_keys(settings, arguments.data_dir))
    is_lost = False
    for column, counts in on_database(url, _count).items():
        for key_id, count in sorted(counts.items(), key=lambda entry: entry[0] or ""):
            print(f"{column.table}.{column.column}: {count} {_told(key_id, sealer)}")
            is_lost = is_lost or key_id not in {None, *sealer.key_ids}
    if is_lost:
        raise SystemExit(1)


async def _count(engine: AsyncEngine) -> Counts:
    async with engine.connect() as connection:
        return {column: await count_by_key(connection, column) for column in SEALED_COLUMNS}


def _told(key_id: str | None, sealer: Sealer) -> str:
    if key_id is None:
        return "plain: run `txlink secrets rotate`"
    if key_id == sealer.key_ids[0]:
        return f"under {key_id}, the first key"
    if key_id in sealer.key_ids:
        return f"under {key_id}, an older key: run `txlink secrets rotate`"
    return f"under {key_id}, which TXLINK_SECRET_KEYS does not have"
