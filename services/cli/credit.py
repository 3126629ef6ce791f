"""Commands about what accounts may still send."""

import argparse
from collections.abc import Callable
from functools import partial

from services.api.operations.manage_credit import add_credit, show_credit
from services.cli.on_database import Add, on_database, url_of
from services.cli.operator import operator
from services.cli.settings import CliSettings
from shared.clock import SystemClock

CLOCK = SystemClock()


def add_credit_commands(add: Add, add_data_dir: Callable[[argparse.ArgumentParser], None]) -> None:
    """Add the commands to the parser."""
    given = add("credit-add", _add, "Give a prepaid account credits, or correct what it has")
    given.add_argument("account")
    given.add_argument(
        "amount", type=int, metavar="N", help="segments; -N takes some (corrections)"
    )
    given.add_argument("--note", default="", help="for the ledger, such as an invoice's number")
    given.add_argument("--correction", action="store_true", help="it is no top-up")

    shown = add("credit-show", _show, "Show what an account may still send")
    shown.add_argument("account")
    for parser in (given, shown):
        add_data_dir(parser)


def _add(arguments: argparse.Namespace, settings: CliSettings) -> None:
    work = partial(
        add_credit,
        account_name=arguments.account,
        amount=arguments.amount,
        note=arguments.note,
        is_correction=arguments.correction,
        author=operator(),
    )
    print(on_database(url_of(arguments, settings), work))


def _show(arguments: argparse.Namespace, settings: CliSettings) -> None:
    work = partial(show_credit, clock=CLOCK, account_name=arguments.account)
    credit = on_database(url_of(arguments, settings), work)
    print(f"balance: {'post-paid' if credit.balance is None else credit.balance}")
    cap = "none" if credit.daily_cap is None else f"{credit.used_today} of {credit.daily_cap} used"
    print(f"daily cap: {cap}")
