"""Show how an account is set up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.credit import Credit
from services.api.domain.errors import InvalidValueError
from services.api.storage.account_settings import (
    get_settings,
    list_sender_ids,
    list_users,
)
from services.api.storage.accounts import find_account
from services.api.storage.credit import get_credit
from services.api.storage.reports import Row


@dataclass(frozen=True, slots=True)
class AccountSetUp:
    """An account's settings, by the names of their columns, with its sender IDs and users.

    Attributes:
        credit: Its balance and its daily cap; not what it used of that.
    """

    settings: Mapping[str, object]
    sender_ids: Sequence[Row]
    users: Sequence[Row]
    credit: Credit


async def show_account(engine: AsyncEngine, account_name: str) -> AccountSetUp:
    """Return how an account is set up.

    Raises:
        InvalidValueError: There is no such account.
    """
    async with engine.connect() as connection:
        account_id = await find_account(connection, account_name)
        if account_id is None:
            raise InvalidValueError("account", f"{account_name!r} is not an account's name")
        return AccountSetUp(
            await get_settings(connection, account_id),
            await list_sender_ids(connection, account_id),
            await list_users(connection, account_id),
            await get_credit(connection, account_id, date.min),
        )


async def find_account_id(engine: AsyncEngine, account_name: str) -> int:
    """Return the id of the account of a name.

    Raises:
        InvalidValueError: There is no such account.
    """
    async with engine.connect() as connection:
        account_id = await find_account(connection, account_name)
    if account_id is None:
        raise InvalidValueError("account", f"{account_name!r} is not an account's name")
    return account_id
