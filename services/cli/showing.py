"""Commands that show how an account is set up, and who did what in it."""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.account_rules import checked_zone
from services.api.domain.allow_lists import stored_allow_list
from services.api.domain.day_bounds import moments
from services.api.domain.errors import InvalidValueError
from services.api.operations.read_audit import read_trail
from services.api.operations.show_account import (
    AccountSetUp,
    find_account_id,
    show_account,
)
from services.api.storage.audit import TrailSearch
from services.api.storage.link_terms import LinkTerms
from services.api.storage.reports import Row
from services.cli.on_database import Add, on_database, url_of
from services.cli.settings import CliSettings

MOST_SHOWN = 10_000
RATES = {"calls_per_minute", "sends_per_minute"}
DAY_WANTED = "must be a day such as 2026-11-25, not {!r}"


def add_showing_commands(
    add: Add, add_data_dir: Callable[[argparse.ArgumentParser], None]
) -> None:
    """Add the commands to the parser."""
    shown = add("account-show", _show, "Show how an account is set up")
    shown.add_argument("account")
    trail = add("audit", _show_trail, "Show who did what in an account, newest first")
    trail.add_argument("account")
    trail.add_argument("--action", metavar="PREFIX", help="how actions begin, such as key.")
    trail.add_argument("--subject", help="a campaign's uuid, a key's prefix, account, …")
    trail.add_argument("--author", help="a login, a key's name or prefix, an operator's name")
    trail.add_argument("--no-sends", action="store_true", help="leave campaign.send out")
    trail.add_argument("--from", dest="first", metavar="DAY", help="the first day")
    trail.add_argument("--to", dest="last", metavar="DAY", help="the last day, included")
    trail.add_argument("--tz", metavar="ZONE", help="of days and times (UTC)", default="UTC")
    trail.add_argument("--limit", type=int, default=50, help="most entries to show (50)")
    for parser in (shown, trail):
        add_data_dir(parser)


def print_account(set_up: AccountSetUp) -> None:
    """Print how an account is set up, a setting a line."""
    for name, value in set_up.settings.items():
        if name == "ip_allow_list" and isinstance(value, list):
            shown = " ".join(stored_allow_list(tuple(value)).texts) or "everywhere"
        elif name in RATES and value is None:
            # None is not any number of calls, which is 0.
            shown = "default"
        else:
            shown = _shown(value)
        print(f"{name:21}  {shown}")
    balance = set_up.credit.balance
    print(f"{'balance':21}  {'post-paid' if balance is None else balance}")
    print(f"{'daily_cap':21}  {_shown(set_up.credit.daily_cap)}")
    for sender_id in set_up.sender_ids:
        print(f"{'sender_id':21}  {_line(sender_id, first='header')}")
    for user in set_up.users:
        print(f"{'user':21}  {_line(user, first='login')}")


def print_links(terms: LinkTerms) -> None:
    """Print how the links of a campaign lead on."""
    for name in ("destination", "is_paused", "expires_at", "query_mode"):
        print(f"{name:21}  {_shown(getattr(terms, name))}")


def _show(arguments: argparse.Namespace, settings: CliSettings) -> None:
    work = partial(show_account, account_name=arguments.account)
    print_account(on_database(url_of(arguments, settings), work))


def _show_trail(arguments: argparse.Namespace, settings: CliSettings) -> None:
    if not 1 <= arguments.limit <= MOST_SHOWN:
        raise InvalidValueError("limit", f"must be from 1 to {MOST_SHOWN}")
    zone = checked_zone(arguments.tz, field="tz")
    begin, end = moments(_day("from", arguments.first), _day("to", arguments.last), zone)
    search = TrailSearch(
        arguments.action,
        arguments.subject,
        arguments.author,
        not arguments.no_sends,
        begin,
        end,
    )

    async def read(engine: AsyncEngine) -> Sequence[Row]:
        account_id = await find_account_id(engine, arguments.account)
        return await read_trail(engine, account_id, search, before=None, row_limit=arguments.limit)

    for row in on_database(url_of(arguments, settings), read):
        print("  ".join(_told(row, zone)))


def _told(row: Row, zone: ZoneInfo) -> list[str]:
    moment = row["occurred_at"].astimezone(zone).isoformat(sep=" ", timespec="seconds")
    author = f"{row['author_kind']} {row['author_name']}".rstrip()
    if row["key_prefix"]:
        author += f" ({row['key_prefix']})"
    if row["address"] is not None:
        author += f" from {row['address']}"
    changed = f"{_json(row['before'])} → {_json(row['after'])}"
    return [moment, row["action"], row["subject"], author, changed]


def _json(values: Mapping[str, object] | None) -> str:
    return "-" if values is None else json.dumps(values, ensure_ascii=False)


def _line(row: Row, *, first: str) -> str:
    rest = (f"{name}={_shown(value)}" for name, value in row.items() if name != first)
    return "  ".join([row[first], *rest])


def _shown(value: object) -> str:
    if value is None or value == []:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _day(field: str, text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise InvalidValueError(field, DAY_WANTED.format(text[:40] if text else "")) from None
