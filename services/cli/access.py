"""Commands about API keys, and about where an account may be used from."""

import argparse
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.allow_lists import AllowList, parse_allow_list, stored_allow_list
from services.api.domain.errors import InvalidValueError
from services.api.domain.expiry import parse_expiry
from services.api.operations.change_allow_lists import AllowListOrders
from services.api.operations.manage_keys import (
    DEFAULT_OVERLAP,
    MAX_OVERLAP_H,
    KeyWithSecret,
    orders_for,
    orders_for_key,
)
from services.api.storage.keys import Key
from services.cli.on_database import Add, on_database, url_of
from services.cli.operator import operator
from services.cli.settings import CliSettings
from shared.clock import SystemClock
from shared.domain.api_keys import KEY_SCOPES

CLOCK = SystemClock()
HOUR = timedelta(hours=1)
ALL_KEYS = (1 << 63) - 1
MOST_SHOWN = 1_000
EXPIRES = "refused from then on: a time with its offset (never)"
NETWORK = "an address or a network such as 203.0.113.0/24; may be repeated"


def add_access_commands(add: Add, add_data_dir: Callable[[argparse.ArgumentParser], None]) -> None:
    """Add the commands to the parser."""
    create = add("key-create", _create, "Make another API key for an account")
    create.add_argument("account")
    create.add_argument("name", help="what the key is for")
    create.add_argument(
        "--scope", action="append", choices=sorted(KEY_SCOPES), help="default: all"
    )
    create.add_argument("--expires", metavar="WHEN", default="never", help=EXPIRES)
    create.add_argument("--ip", action="append", default=[], metavar="NETWORK", help=NETWORK)

    rotate = add("key-rotate", _rotate, "Make a key that takes another's place")
    rotate.add_argument("prefix", help="the twelve characters behind txk_")
    rotate.add_argument(
        "--overlap-hours",
        type=float,
        default=DEFAULT_OVERLAP / HOUR,
        metavar="N",
        help=f"for how long the old one counts as well, 0 to {MAX_OVERLAP_H} (24)",
    )
    rotate.add_argument(
        "--expires", metavar="WHEN", help="of the new one, or never (as long as the old one lived)"
    )

    revoke = add("key-revoke", _revoke, "End an API key, at once and for good")
    revoke.add_argument("prefix", help="the twelve characters behind txk_")

    shown = add("key-list", _list, "Show the API keys of an account, newest first")
    shown.add_argument("account")

    allow = add(
        "ip-allow", _allow, "Show, set or clear where an account, or a key, may be used from"
    )
    allow.add_argument("account")
    allow.add_argument("--key", metavar="PREFIX", help="of this key, not of the whole account")
    change = allow.add_mutually_exclusive_group()
    change.add_argument("--set", action="append", metavar="NETWORK", help=NETWORK)
    change.add_argument("--clear", action="store_true", help="let in all")
    for parser in (create, rotate, revoke, shown, allow):
        add_data_dir(parser)


def show_key(text: str) -> None:
    """Print a key just made."""
    print(text)
    print("This key is shown only now: keep it where secrets are kept.", file=sys.stderr)


def _create(arguments: argparse.Namespace, settings: CliSettings) -> None:
    expires_at, allow_list = parse_expiry(arguments.expires), parse_allow_list(arguments.ip)

    async def create(engine: AsyncEngine) -> KeyWithSecret:
        orders = await orders_for(engine, CLOCK, arguments.account, operator())
        return await orders.add(
            arguments.name,
            arguments.scope or KEY_SCOPES,
            expires_at=expires_at,
            allow_list=allow_list,
        )

    show_key(on_database(url_of(arguments, settings), create).text)


def _rotate(arguments: argparse.Namespace, settings: CliSettings) -> None:
    expires_at = parse_expiry(arguments.expires or "never")
    if not 0 <= arguments.overlap_hours <= MAX_OVERLAP_H:
        raise InvalidValueError("overlap hours", f"must be from 0 to {MAX_OVERLAP_H}")

    async def rotate(engine: AsyncEngine) -> KeyWithSecret:
        orders = await orders_for_key(engine, CLOCK, arguments.prefix, operator())
        return await orders.rotate(
            arguments.prefix,
            overlap=arguments.overlap_hours * HOUR,
            expires_at=expires_at,
            for_ever=arguments.expires == "never",
        )

    show_key(on_database(url_of(arguments, settings), rotate).text)


def _revoke(arguments: argparse.Namespace, settings: CliSettings) -> None:
    async def revoke(engine: AsyncEngine) -> None:
        orders = await orders_for_key(engine, CLOCK, arguments.prefix, operator())
        await orders.revoke(arguments.prefix)

    on_database(url_of(arguments, settings), revoke)


def _list(arguments: argparse.Namespace, settings: CliSettings) -> None:
    async def find(engine: AsyncEngine) -> list[Key]:
        orders = await orders_for(engine, CLOCK, arguments.account, operator())
        return await orders.newest(before=ALL_KEYS, row_limit=MOST_SHOWN)

    for key in on_database(url_of(arguments, settings), find):
        print("  ".join(_described(key)))


def _described(key: Key) -> list[str]:
    """Return what is told of a key, in the order of columns."""
    state = "live" if key.is_live(CLOCK.now()) else "revoked" if key.revoked_at else "expired"
    used = "never used"
    if key.last_used_at is not None:
        where = key.last_used_address or "a connection without an address"
        used = f"used {key.last_used_at:%Y-%m-%d %H:%M}Z from {where}"
    until = f"until {key.expires_at:%Y-%m-%d %H:%M}Z" if key.expires_at else "no expiry"
    networks = ",".join(stored_allow_list(key.allow_list).texts) or "from everywhere"
    return [key.prefix, f"{state:7}", ",".join(key.scopes), until, used, networks, key.name]


def _allow(arguments: argparse.Namespace, settings: CliSettings) -> None:
    wanted = None if arguments.set is None else parse_allow_list(arguments.set)
    wanted = AllowList() if arguments.clear else wanted
    work = partial(_change_list, arguments=arguments, wanted=wanted)
    for text in on_database(url_of(arguments, settings), work).texts or ("everywhere",):
        print(text)


async def _change_list(
    engine: AsyncEngine, *, arguments: argparse.Namespace, wanted: AllowList | None
) -> AllowList:
    """Change a list if it is to be, and return it as it is then."""
    keys = await orders_for(engine, CLOCK, arguments.account, operator())
    orders = AllowListOrders(engine, keys.account_id, keys.author)
    if arguments.key is None:
        if wanted is not None:
            await orders.change(wanted, force=True)
        return await orders.read()
    if wanted is not None:
        await orders.change_key(arguments.key, wanted, force=True)
    return await orders.read_key(arguments.key)
