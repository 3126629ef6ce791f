"""Make, change and list the users of an account."""

import uuid
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.domain.account_rules import checked_login
from services.api.domain.authors import COMMAND_LINE, Author, AuthorKind
from services.api.domain.errors import InvalidValueError, NotFoundError
from services.api.domain.passwords import checked_password
from services.api.domain.roles import ROLE_SCOPES, UserKind, may_grant
from services.api.domain.user_errors import (
    FreshProofNeededError,
    LastOwnerError,
    NotOfConsoleError,
    OwnUserError,
    RoleNotGrantableError,
    TooManyUsersError,
)
from services.api.operations.passwords import PasswordWork
from services.api.operations.second_factors import NONE
from services.api.storage import users
from services.api.storage.accounts import find_account
from services.api.storage.audit import AuditEntry, add_entry
from services.api.storage.keys import lock_account
from services.api.storage.sessions import end_sessions
from services.api.storage.users import User

MAX_USERS: Final = 500
EVERYTHING: Final = ROLE_SCOPES["owner"]


@dataclass(frozen=True, slots=True)
class UserChange:
    """What is to change of a user; None leaves it as it is."""

    role: str | None = None
    is_disabled: bool | None = None


@dataclass(frozen=True, slots=True)
class UserOrders:
    """Gives orders about the users of an account.

    Attributes:
        author: Who does.
        scopes: What the author may do; who may do more is not theirs to make or to change.
        is_proved: Whether they have proved of late who they are, without which nobody gets in
            who did not before.
    """

    engine: AsyncEngine
    work: PasswordWork
    account_id: int
    author: Author
    scopes: frozenset[str]
    is_proved: bool

    async def add(self, login: str, password: str, *, kind: UserKind, role: str) -> User:
        """Make a user.

        Raises:
            InvalidValueError: The login is none, or is taken; there is no such role.
            PasswordRefusedError: The password is none that they may have.
            RoleNotGrantableError: The role may do more than the author.
            FreshProofNeededError: The author is not proved.
            TooManyUsersError: The account has as many users as it may.
        """
        login = checked_login(login)
        self._check_role(role)
        self._check_proof()
        async with self.engine.connect() as connection:
            name = await users.find_account_name(connection, self.account_id)
        checked = checked_password(password, login=login, account_name=name)
        password_hash = await self.work.hash(checked)
        async with self.engine.begin() as connection:
            await lock_account(connection, self.account_id)
            if await users.count_users(connection, self.account_id) >= MAX_USERS:
                raise TooManyUsersError(MAX_USERS)
            user = await users.add_user(
                connection, self.account_id, login, password_hash, kind=kind, role=role
            )
            if user is None:
                raise InvalidValueError("login", f"{login!r} is taken: choose another")
            told = {"kind": kind.value, "role": role}
            await self._note(connection, AuditEntry("user.create", login, None, told))
        return user

    async def newest(self, *, before: int, row_limit: int) -> list[User]:
        """Return users older than one, newest first."""
        async with self.engine.connect() as connection:
            return await users.list_users(
                connection, self.account_id, before_id=before, row_limit=row_limit
            )

    async def read(self, user_uuid: uuid.UUID) -> User:
        """Return a user, be they disabled.

        Raises:
            NotFoundError: The account has no such user.
        """
        async with self.engine.connect() as connection:
            user = await users.lock_user(connection, self.account_id, user_uuid)
        if user is None:
            raise NotFoundError("user")
        return user

    async def change(self, user_uuid: uuid.UUID, change: UserChange) -> User:
        """Change a user's role, or disable or enable them; who is disabled is out at once.

        Raises:
            InvalidValueError: There is no such role.
            LastOwnerError: Nobody would be left to run the account.
            NotFoundError: The account has no such user.
            RoleNotGrantableError: Their role, or the new one, may do more than the author.
            FreshProofNeededError: They would be let in, or may do more, and the author is not
                proved.
        """
        if change.role is not None:
            self._check_role(change.role)
        async with self.engine.begin() as connection:
            user = await self._locked(connection, user_uuid)
            wanted = {"role": change.role, "is_disabled": change.is_disabled}
            values = {
                name: value
                for name, value in wanted.items()
                if value is not None and value != getattr(user, name)
            }
            if not values:
                return user
            if _raises(user, change):
                self._check_proof()
            changed = await users.set_user(connection, self.account_id, user.id, values)
            if user.is_live_owner and not changed.is_live_owner:
                await self._check_owner_is_left(connection, user)
            if changed.is_disabled:
                await end_sessions(connection, self.account_id, user.id)
            before = {name: getattr(user, name) for name in values}
            await self._note(
                connection, AuditEntry("user.change", user.login, before, dict(values))
            )
        return changed

    async def set_password(self, user_uuid: uuid.UUID, password: str) -> None:
        """Give a user another password; all their sessions end.

        Raises:
            NotFoundError: The account has no such user.
            OwnUserError: It is the author.
            PasswordRefusedError: It is none that they may have.
            RoleNotGrantableError: Their role may do more than the author.
            FreshProofNeededError: The author is not proved.
        """
        async with self.engine.begin() as connection:
            user = await self._locked_other(connection, user_uuid)
            name = await users.find_account_name(connection, self.account_id)
        checked = checked_password(password, login=user.login, account_name=name)
        password_hash = await self.work.hash(checked)
        async with self.engine.begin() as connection:
            await self._locked_other(connection, user_uuid)
            await users.set_user(
                connection,
                self.account_id,
                user.id,
                {"password_hash": password_hash},
                stamped="password_set_at",
            )
            await end_sessions(connection, self.account_id, user.id)
            await self._note(connection, AuditEntry("user.password", user.login, None, None))

    async def remove_factor(self, user_uuid: uuid.UUID) -> None:
        """Remove a user's second factor, as when it is lost; all their sessions end.

        Raises:
            NotFoundError: The account has no such user.
            NotOfConsoleError: They are of the API.
            OwnUserError: It is the author.
            RoleNotGrantableError: Their role may do more than the author.
            FreshProofNeededError: The author is not proved.
        """
        async with self.engine.begin() as connection:
            user = await self._locked_other(connection, user_uuid)
            if user.kind is not UserKind.CONSOLE:
                raise NotOfConsoleError
            if user.factor_confirmed_at is not None:
                await users.set_user(connection, self.account_id, user.id, NONE)
                await end_sessions(connection, self.account_id, user.id)
                await self._note(connection, AuditEntry("user.factor-off", user.login, None, None))

    def _check_role(self, role: str) -> None:
        if role not in ROLE_SCOPES:
            raise InvalidValueError("role", f"must be one of {', '.join(ROLE_SCOPES)}")
        if not may_grant(self.scopes, role):
            raise RoleNotGrantableError(role)

    async def _locked(self, connection: AsyncConnection, user_uuid: uuid.UUID) -> User:
        # Users of one account change one after another, so that owners can be counted.
        await lock_account(connection, self.account_id)
        user = await users.lock_user(connection, self.account_id, user_uuid)
        if user is None:
            raise NotFoundError("user")
        if not may_grant(self.scopes, user.role):
            raise RoleNotGrantableError(user.role)
        return user

    async def _locked_other(self, connection: AsyncConnection, user_uuid: uuid.UUID) -> User:
        user = await self._locked(connection, user_uuid)
        if self.author.kind is AuthorKind.USER and self.author.name == user.login:
            raise OwnUserError
        self._check_proof()
        return user

    def _check_proof(self) -> None:
        if not self.is_proved:
            raise FreshProofNeededError

    async def _check_owner_is_left(self, connection: AsyncConnection, user: User) -> None:
        """Let an owner go only if another is left, who can sign in if this one can.

        Raises:
            LastOwnerError: There is none such.
        """
        left = await users.list_live_owners(connection, self.account_id)
        if not any(user.kind in {UserKind.API, owner.kind} for owner in left):
            raise LastOwnerError

    async def _note(self, connection: AsyncConnection, entry: AuditEntry) -> None:
        await add_entry(connection, self.account_id, self.author, entry)


def _raises(user: User, change: UserChange) -> bool:
    """Tell whether a change lets a user in, or do what they could not before."""
    is_let_in = user.is_disabled and change.is_disabled is False
    gained = ROLE_SCOPES[change.role or user.role] - ROLE_SCOPES[user.role]
    return is_let_in or bool(gained)


async def check_new_login(engine: AsyncEngine, account_name: str, login: str) -> int:
    """Return the id of an account that a login is free for, before a password is asked for.

    Raises:
        InvalidValueError: There is no such account, or the login is none or taken.
    """
    login = checked_login(login)
    async with engine.connect() as connection:
        account_id = await find_account(connection, account_name)
        if account_id is None:
            raise InvalidValueError("account", f"{account_name!r} is not an account's name")
        if await users.find_owner(connection, login) is not None:
            raise InvalidValueError("login", f"{login!r} is taken: choose another")
    return account_id


async def create_user(
    engine: AsyncEngine,
    account_name: str,
    login: str,
    password: str,
    *,
    role: str,
    kind: UserKind = UserKind.API,
    author: Author = COMMAND_LINE,
) -> None:
    """Make a user by command.

    Raises:
        InvalidValueError: No such account or role, or a login that is none or taken.
        PasswordRefusedError: The password is none that they may have.
    """
    account_id = await check_new_login(engine, account_name, login)
    await by_command(engine, account_id, author).add(login, password, kind=kind, role=role)


async def orders_for_user(
    engine: AsyncEngine, login: str, author: Author = COMMAND_LINE
) -> tuple[UserOrders, uuid.UUID]:
    """Return what the command line gives orders about a user with, and who they are.

    Raises:
        InvalidValueError: There is no such user.
    """
    async with engine.connect() as connection:
        found = await users.find_owner(connection, login)
    if found is None:
        raise InvalidValueError("login", f"{login[:40]!r} is nobody's: user-list shows them")
    account_id, _, user_uuid = found
    return by_command(engine, account_id, author), user_uuid


async def orders_for_users(
    engine: AsyncEngine, account_name: str, author: Author = COMMAND_LINE
) -> UserOrders:
    """Return what the command line gives orders about the users of an account with.

    Raises:
        InvalidValueError: There is no such account.
    """
    async with engine.connect() as connection:
        account_id = await find_account(connection, account_name)
    if account_id is None:
        raise InvalidValueError("account", f"{account_name!r} is not an account's name")
    return by_command(engine, account_id, author)


def by_command(engine: AsyncEngine, account_id: int, author: Author) -> UserOrders:
    """Return what the command line gives orders about an account's users with."""
    work = PasswordWork(concurrency=1, max_waiting=1)
    return UserOrders(engine, work, account_id, author, EVERYTHING, is_proved=True)
