"""Commands about users, and about how an account lets them in."""

import argparse
import getpass
import sys
from collections.abc import Callable
from functools import partial

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.errors import InvalidValueError
from services.api.domain.roles import ROLE_SCOPES, UserKind
from services.api.operations.manage_users import (
    UserChange,
    check_new_login,
    create_user,
    orders_for_user,
    orders_for_users,
)
from services.api.operations.sign_in_rules import RulesChange, change_sign_in_rules
from services.api.storage.users import User
from services.cli.on_database import Add, on_database, url_of
from services.cli.operator import operator
from services.cli.settings import CliSettings

ALL_USERS = (1 << 63) - 1
MOST_SHOWN = 1_000
SWITCH = {"on": True, "off": False}
DEMAND = {"demanded": True, "optional": False}


def add_user_commands(add: Add, add_data_dir: Callable[[argparse.ArgumentParser], None]) -> None:
    """Add the commands to the parser."""
    create = add("user-create", _create, "Make a user of the API, or of the console")
    create.add_argument("account")
    create.add_argument("login")
    create.add_argument("--role", choices=list(ROLE_SCOPES), default="sender")
    create.add_argument(
        "--console",
        action="store_true",
        help="one who signs in to sessions (one who sends userId and password on calls)",
    )

    shown = add("user-list", _list, "Show the users of an account, newest first")
    shown.add_argument("account")

    change = add("user-set", _change, "Change a user, or give them another password")
    change.add_argument("login")
    change.add_argument("--role", choices=list(ROLE_SCOPES))
    able = change.add_mutually_exclusive_group()
    able.add_argument(
        "--disable", action="store_true", help="sign them out and let them in no more"
    )
    able.add_argument("--enable", action="store_true")
    change.add_argument("--password", action="store_true", help="ask for another password")
    change.add_argument("--remove-second-factor", action="store_true", help="as when it is lost")
    for parser in (create, shown, change):
        add_data_dir(parser)


def add_rule_arguments(account_set: argparse.ArgumentParser) -> None:
    """Add to ``account-set`` what there is to say of how users are let in."""
    account_set.add_argument(
        "--password-calls", choices=SWITCH, help="take userId and password on calls, or not (on)"
    )
    account_set.add_argument(
        "--second-factor", choices=DEMAND, help="of users of the console (optional)"
    )


def change_rules(arguments: argparse.Namespace, settings: CliSettings) -> bool:
    """Change how users are let in as ``account-set`` says; False if it says nothing of it."""
    calls, factor = arguments.password_calls, arguments.second_factor
    if calls is None and factor is None:
        return False
    change = RulesChange(
        password_calls=calls and SWITCH[calls],
        demands_second_factor=factor and DEMAND[factor],
    )
    work = partial(
        change_sign_in_rules, account_name=arguments.account, change=change, author=operator()
    )
    on_database(url_of(arguments, settings), work)
    return True


def _create(arguments: argparse.Namespace, settings: CliSettings) -> None:
    url = url_of(arguments, settings)
    # Before the password is asked for: for a login that is taken it would be for nothing.
    check = partial(check_new_login, account_name=arguments.account, login=arguments.login)
    on_database(url, check)
    create = partial(
        create_user,
        account_name=arguments.account,
        login=arguments.login,
        password=_asked_password(),
        role=arguments.role,
        kind=UserKind.CONSOLE if arguments.console else UserKind.API,
        author=operator(),
    )
    on_database(url, create)


def _list(arguments: argparse.Namespace, settings: CliSettings) -> None:
    async def find(engine: AsyncEngine) -> list[User]:
        orders = await orders_for_users(engine, arguments.account)
        return await orders.newest(before=ALL_USERS, row_limit=MOST_SHOWN)

    for user in on_database(url_of(arguments, settings), find):
        print("  ".join(_described(user)))


def _described(user: User) -> list[str]:
    """Return what is told of a user, in the order of columns."""
    factor = "second factor" if user.factor_confirmed_at else "password alone"
    signed_in = "never signed in"
    if user.signed_in_at is not None:
        signed_in = f"signed in {user.signed_in_at:%Y-%m-%d %H:%M}Z"
    of_console = [factor, signed_in] if user.kind is UserKind.CONSOLE else []
    state = "disabled" if user.is_disabled else "enabled"
    return [f"{user.kind.value:7}", f"{user.role:9}", f"{state:8}", *of_console, user.login]


def _change(arguments: argparse.Namespace, settings: CliSettings) -> None:
    is_disabled = True if arguments.disable else False if arguments.enable else None
    change = UserChange(role=arguments.role, is_disabled=is_disabled)
    wants_change = change != UserChange()
    if not (wants_change or arguments.password or arguments.remove_second_factor):
        raise InvalidValueError("user", "has nothing to change: name at least one")
    url = url_of(arguments, settings)
    find = partial(orders_for_user, login=arguments.login, author=operator())
    on_database(url, find)
    password = _asked_password() if arguments.password else None

    async def work(engine: AsyncEngine) -> None:
        orders, user_uuid = await find(engine)
        if wants_change:
            await orders.change(user_uuid, change)
        if password is not None:
            await orders.set_password(user_uuid, password)
        if arguments.remove_second_factor:
            await orders.remove_factor(user_uuid)

    on_database(url, work)


def _asked_password() -> str:
    if sys.stdin.isatty():
        return getpass.getpass("Password: ")
    return sys.stdin.readline().rstrip("\r\n")
