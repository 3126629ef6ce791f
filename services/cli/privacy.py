"""Commands about what is kept of people."""

import argparse
import asyncio
import sys
from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.operations.erase_number import NumberErasures, erasures_for
from services.api.storage.erasures import Erasure
from services.cli.on_database import Add, on_database, url_of
from services.cli.operator import operator
from services.cli.settings import CliSettings
from services.worker.erasing import erase_due

POLL_INTERVAL_S = 0.5


def add_privacy_commands(
    add: Add, add_data_dir: Callable[[argparse.ArgumentParser], None]
) -> None:
    """Add the commands to the parser."""
    erase = add("erase", _erase, "Erase a mobile number of an account everywhere, for good")
    erase.add_argument("account")
    erase.add_argument("mobile", help="the number, as messages to it are written")
    erase.add_argument(
        "--forget-opt-out",
        action="store_true",
        help="forget, too, that the number is not to be sent to",
    )
    erase.add_argument(
        "--no-wait", action="store_true", help="leave it to the workers, and end at once"
    )
    add_data_dir(erase)


def _erase(arguments: argparse.Namespace, settings: CliSettings) -> None:
    async def erase(engine: AsyncEngine) -> Erasure:
        erasures, msisdn = await erasures_for(
            engine, arguments.account, arguments.mobile, operator()
        )
        begun = await erasures.begin(msisdn, keep_opt_out=not arguments.forget_opt_out)
        return begun if arguments.no_wait else await _finished(engine, erasures, begun)

    found = on_database(url_of(arguments, settings), erase)
    print(found.uuid)
    state = "is being erased" if found.finished_at is None else "is erased"
    print(f"{found.masked} {state}: {found.message_count} messages", file=sys.stderr)


async def _finished(engine: AsyncEngine, erasures: NumberErasures, begun: Erasure) -> Erasure:
    """Erase what is due, beside the workers that run, until this is done."""
    while begun.finished_at is None:
        await erase_due(engine)
        begun = await erasures.get(begun.uuid)
        if begun.finished_at is None:
            await asyncio.sleep(POLL_INTERVAL_S)
    return begun
