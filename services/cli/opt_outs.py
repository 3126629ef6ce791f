"""Commands about numbers that want nothing more of an account."""

import argparse
import csv
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.table_cells import csv_cell, number_text
from services.api.operations.manage_suppressions import (
    Imported,
    OptOutOrders,
    opt_out_orders_for,
)
from services.cli.on_database import Add, on_database, url_of
from services.cli.operator import operator
from services.cli.settings import CliSettings

COLUMNS = ("mobile", "source", "note", "author_kind", "author_name", "created_at")


def add_opt_out_commands(
    add: Add, add_data_dir: Callable[[argparse.ArgumentParser], None]
) -> None:
    """Add the commands to the parser."""
    taken_in = add("opt-outs-import", _import, "Note the opt-outs of a csv, txt or xlsx file")
    taken_in.add_argument("account")
    taken_in.add_argument("file", type=Path)
    taken_in.add_argument("--note", default="", help="what is said of all of them")
    add_data_dir(taken_in)

    told = add("opt-outs-export", _export, "Write all opt-outs of an account as CSV")
    told.add_argument("account")
    told.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")
    add_data_dir(told)


def _import(arguments: argparse.Namespace, settings: CliSettings) -> None:
    # Before the database is asked for: a file that is not there is told of at once.
    try:
        file = arguments.file.open("rb")
    except OSError as error:
        sys.exit(f"txlink: {arguments.file} cannot be read: {error.strerror}")

    async def take_in(engine: AsyncEngine) -> Imported:
        orders = await opt_out_orders_for(engine, arguments.account, operator())
        return await orders.import_file(file, note=arguments.note)

    with file:
        imported = on_database(url_of(arguments, settings), take_in)
    tally = imported.tally
    print(
        f"{tally.row_count} rows: {imported.added_count} noted, {imported.known_count} known, "
        f"{imported.duplicate_count} repeated, {tally.rejected_count} rejected"
    )
    for each in tally.rejected:
        print(f"row {each.row}: {each.rejected.mobile!r}: {each.rejected.message}")


def _export(arguments: argparse.Namespace, settings: CliSettings) -> None:
    url = url_of(arguments, settings)
    if arguments.output is None:
        _write(url, arguments.account, sys.stdout)
        return
    try:
        with arguments.output.open("w", encoding="utf-8", newline="") as file:
            _write(url, arguments.account, file)
    except OSError as error:
        sys.exit(f"txlink: {arguments.output} cannot be written: {error.strerror}")


def _write(url: str, account: str, file: IO[str]) -> None:
    async def write(engine: AsyncEngine) -> None:
        orders = await opt_out_orders_for(engine, account, operator())
        await _write_rows(orders, file)

    on_database(url, write)


async def _write_rows(orders: OptOutOrders, file: IO[str]) -> None:
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    async for batch in orders.export():
        writer.writerows(
            [
                number_text(str(each.msisdn)),
                *map(csv_cell, (each.source, each.note, each.author_kind, each.author_name)),
                each.created_at.astimezone(orders.account.time_zone).isoformat(),
            ]
            for each in batch
        )
