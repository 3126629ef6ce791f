"""Make the first user of the console: an owner, by a token that only ``txlink`` prints."""

from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.account_rules import checked_login
from services.api.domain.authors import Author, AuthorKind
from services.api.domain.errors import InvalidValueError
from services.api.domain.passwords import checked_password
from services.api.domain.roles import OWNER, UserKind
from services.api.domain.set_up import (
    TOKEN_LIFE,
    SetUpClosedError,
    SetUpToken,
    open_token,
)
from services.api.operations.passwords import PasswordWork
from services.api.storage import users
from services.api.storage.accounts import find_account, list_account_names
from services.api.storage.audit import AuditEntry, add_entry
from services.api.storage.keys import lock_account
from shared.clock import Clock
from shared.domain.sealing import Sealer
from shared.domain.trusted_proxies import IpAddress


@dataclass(frozen=True, slots=True)
class FirstOwner:
    """Who is to be made."""

    token: str = field(repr=False)
    login: str
    password: str = field(repr=False)
    address: IpAddress | None


@dataclass(frozen=True, slots=True)
class OwnerSetUp:
    """Makes the first user of the console, and none behind them."""

    engine: AsyncEngine
    work: PasswordWork
    sealer: Sealer
    clock: Clock

    async def is_open(self) -> bool:
        """Tell whether there is no user of the console yet."""
        return not await _has_user(self.engine)

    async def require_open(self) -> None:
        """Let pass only while there is no user of the console.

        Raises:
            SetUpClosedError: There is one.
        """
        await require_no_user(self.engine)

    async def make(self, owner: FirstOwner) -> None:
        """Make them.

        Raises:
            SetUpClosedError: There is a user of the console already.
            SetUpTokenError: The token is none, or its time is over.
            InvalidValueError: The login is none, or is taken.
            PasswordRefusedError: The password is none that they may have.
        """
        await self.require_open()
        account_id = open_token(owner.token, self.sealer, now=self.clock.now()).account_id
        login = checked_login(owner.login)
        async with self.engine.connect() as connection:
            name = await users.find_account_name(connection, account_id)
        checked = checked_password(owner.password, login=login, account_name=name)
        password_hash = await self.work.hash(checked)
        async with self.engine.begin() as connection:
            await users.lock_first_user(connection)
            if await users.has_console_user(connection):
                raise SetUpClosedError
            await lock_account(connection, account_id)
            user = await users.add_user(
                connection, account_id, login, password_hash, kind=UserKind.CONSOLE, role=OWNER
            )
            if user is None:
                raise InvalidValueError("login", f"{login!r} is taken: choose another")
            told = {"kind": UserKind.CONSOLE.value, "role": OWNER, "by": "set-up"}
            author = Author(AuthorKind.USER, login, address=owner.address)
            entry = AuditEntry("user.create", login, None, told)
            await add_entry(connection, account_id, author, entry)


async def require_no_user(engine: AsyncEngine) -> None:
    """Let pass only while there is no user of the console.

    Raises:
        SetUpClosedError: There is one.
    """
    if await _has_user(engine):
        raise SetUpClosedError


async def _has_user(engine: AsyncEngine) -> bool:
    async with engine.connect() as connection:
        return await users.has_console_user(connection)


async def issue_token(
    engine: AsyncEngine, sealer: Sealer, clock: Clock, account_name: str | None
) -> str:
    """Return a token for the owner of an account, good for a day.

    Raises:
        SetUpClosedError: There is a user of the console already.
        InvalidValueError: There is no such account; or none is named, and there is not just one.
    """
    await require_no_user(engine)
    async with engine.connect() as connection:
        if account_name is None:
            names = await list_account_names(connection, row_limit=2)
            if len(names) != 1:
                raise InvalidValueError(
                    "account", "must be named" if names else "is missing: name one to be made"
                )
            account_name = names[0]
        account_id = await find_account(connection, account_name)
    if account_id is None:
        raise InvalidValueError("account", f"{account_name!r} is not an account's name")
    return SetUpToken(account_id, clock.now() + TOKEN_LIFE).seal(sealer)
