"""``txlink console-setup``: print the token by which the console's first user is made."""

import argparse
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from urllib.parse import quote

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.errors import InvalidValueError
from services.api.domain.set_up import SetUpClosedError
from services.api.operations.create_account import create_account
from services.api.operations.set_up_owner import issue_token, require_no_user
from services.api.operations.show_account import find_account_id
from services.cli.access import show_key
from services.cli.on_database import Add, on_database, url_of
from services.cli.operator import operator
from services.cli.secret_keys import secret_keys
from services.cli.settings import CliSettings
from shared.clock import SystemClock
from shared.domain.sealing import Sealer

SUMMARY = "Print the token by which the console's first user, an owner, is made"


def add_console_commands(
    add: Add, add_data_dir: Callable[[argparse.ArgumentParser], None]
) -> None:
    """Add the command to the parser."""
    made = add("console-setup", _print_token, SUMMARY)
    made.add_argument("account", nargs="?", help="whose owner; made if there is none of the name")
    made.add_argument("--sender-id", action="append", default=[], help="of an account to be made")
    made.add_argument("--url", default="http://127.0.0.1:8000", help="of the API")
    add_data_dir(made)


def set_up_text(database_url: str, keys: str, api_url: str) -> str:
    """Return where the first user is made, and by which token; empty once there is one."""
    issue = partial(
        issue_token, sealer=Sealer.of_setting(keys), clock=SystemClock(), account_name=None
    )
    # With several accounts, whose owner is meant is for console-setup to be told.
    with suppress(SetUpClosedError, InvalidValueError):
        return _told(api_url, on_database(database_url, issue))
    return ""


def _print_token(arguments: argparse.Namespace, settings: CliSettings) -> None:
    sealer = Sealer.of_setting(secret_keys(settings, arguments.data_dir))

    async def issue(engine: AsyncEngine) -> str:
        name = arguments.account
        if name is not None and not await _is_there(engine, name):
            # Or the account would be made for nothing.
            await require_no_user(engine)
            made = await create_account(
                engine,
                name,
                sender_ids=arguments.sender_id,
                region="IN",
                time_zone="Asia/Kolkata",
                author=operator(),
            )
            show_key(made.key.text)
        return await issue_token(engine, sealer, SystemClock(), name)

    token = on_database(url_of(arguments, settings), issue)
    print(_told(arguments.url.rstrip("/"), token))


async def _is_there(engine: AsyncEngine, name: str) -> bool:
    try:
        await find_account_id(engine, name)
    except InvalidValueError:
        return False
    return True


def _told(api_url: str, token: str) -> str:
    # Behind the #, so that no server and no proxy gets to see it.
    return (
        "\nMake the console's first user, within a day, at\n\n"
        f"  {api_url}/console/set-up#{quote(token)}\n\n"
        f"or there, by the token\n\n  {token}\n"
    )
