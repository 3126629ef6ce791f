"""The users of accounts, as those see them: never a password's hash, a seed or a code."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import exists, func, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.domain.roles import OWNER, UserKind
from shared.schema.accounts import ACCOUNT, ACCOUNT_USER


@dataclass(frozen=True, slots=True)
class User:
    """A user of an account.

    Attributes:
        factor_confirmed_at: Since when there is a second factor; None if there is none.
        recovery_code_count: How many recovery codes are left.
    """

    id: int
    uuid: uuid.UUID
    account_id: int
    login: str
    kind: UserKind
    role: str
    is_disabled: bool
    created_at: datetime
    password_set_at: datetime | None
    signed_in_at: datetime | None
    factor_confirmed_at: datetime | None
    recovery_code_count: int

    @property
    def is_live_owner(self) -> bool:
        """Whether they run the account."""
        return self.role == OWNER and not self.is_disabled


@dataclass(frozen=True, slots=True, repr=False)
class Factor:
    """The second factor of a user, as kept.

    Attributes:
        seed: Sealed; None if there is none.
        last_step: Of the last code that was taken.
        recovery_codes: The SHA-256 of those that are left.
        password_hash: Of the user's password.
    """

    seed: bytes | None
    confirmed_at: datetime | None
    last_step: int | None
    recovery_codes: Sequence[bytes]
    password_hash: str
    is_disabled: bool


NOTHING: Mapping[str, object] = MappingProxyType({})
# Held by whoever makes the first user of the console; no other lock of ours is of this number.
FIRST_USER_LOCK = 7_301_001
_COLUMNS = (
    ACCOUNT_USER.c.id,
    ACCOUNT_USER.c.uuid,
    ACCOUNT_USER.c.account_id,
    ACCOUNT_USER.c.login,
    ACCOUNT_USER.c.kind,
    ACCOUNT_USER.c.role,
    ACCOUNT_USER.c.is_disabled,
    ACCOUNT_USER.c.created_at,
    ACCOUNT_USER.c.password_set_at,
    ACCOUNT_USER.c.signed_in_at,
    ACCOUNT_USER.c.factor_confirmed_at,
    func.cardinality(ACCOUNT_USER.c.recovery_codes).label("recovery_code_count"),
)


def _to_user(row: Any) -> User:  # noqa: ANN401 - rows have no type of their own
    values = row._asdict()
    return User(**values | {"kind": UserKind(values["kind"])})


async def add_user(
    connection: AsyncConnection,
    account_id: int,
    login: str,
    password_hash: str,
    *,
    kind: UserKind,
    role: str,
) -> User | None:
    """Add a user; None if the login is taken, by whatever account."""
    statement = (
        postgresql.insert(ACCOUNT_USER)
        .values(
            account_id=account_id,
            login=login,
            password_hash=password_hash,
            password_set_at=func.now(),
            kind=kind.value,
            role=role,
        )
        .on_conflict_do_nothing()
        .returning(*_COLUMNS)
    )
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else _to_user(row)


async def list_users(
    connection: AsyncConnection, account_id: int, *, before_id: int, row_limit: int
) -> list[User]:
    """Return users that are older than one, newest first."""
    query = (
        select(*_COLUMNS)
        .where(ACCOUNT_USER.c.account_id == account_id, ACCOUNT_USER.c.id < before_id)
        .order_by(ACCOUNT_USER.c.id.desc())
        .limit(row_limit)
    )
    return [_to_user(row) for row in await connection.execute(query)]


async def count_users(connection: AsyncConnection, account_id: int) -> int:
    """Return how many users an account has."""
    query = select(func.count()).where(ACCOUNT_USER.c.account_id == account_id)
    counted: int = (await connection.execute(query)).scalar_one()
    return counted


async def list_live_owners(connection: AsyncConnection, account_id: int) -> list[User]:
    """Return those who run an account."""
    query = select(*_COLUMNS).where(
        ACCOUNT_USER.c.account_id == account_id,
        ACCOUNT_USER.c.role == OWNER,
        ACCOUNT_USER.c.is_disabled.is_(False),
    )
    return [_to_user(row) for row in await connection.execute(query)]


async def lock_user(
    connection: AsyncConnection, account_id: int, user_uuid: uuid.UUID
) -> User | None:
    """Return a user of an account, to be changed before the commit; None if it has none such."""
    query = (
        select(*_COLUMNS)
        .where(ACCOUNT_USER.c.account_id == account_id, ACCOUNT_USER.c.uuid == user_uuid)
        .with_for_update(key_share=True)
    )
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _to_user(row)


async def lock_factor(connection: AsyncConnection, account_id: int, user_id: int) -> Factor:
    """Return the second factor of a user, for nobody else to use before the commit."""
    query = (
        select(
            ACCOUNT_USER.c.factor_seed,
            ACCOUNT_USER.c.factor_confirmed_at,
            ACCOUNT_USER.c.factor_last_step,
            ACCOUNT_USER.c.recovery_codes,
            ACCOUNT_USER.c.password_hash,
            ACCOUNT_USER.c.is_disabled,
        )
        .where(ACCOUNT_USER.c.account_id == account_id, ACCOUNT_USER.c.id == user_id)
        .with_for_update(key_share=True)
    )
    return Factor(*(await connection.execute(query)).one())


async def set_user(
    connection: AsyncConnection,
    account_id: int,
    user_id: int,
    values: Mapping[str, object] = NOTHING,
    *,
    stamped: str | None = None,
) -> User:
    """Change a user who is locked, by the names of the columns.

    Args:
        connection: Whose transaction holds the lock.
        account_id: Whose user it is.
        user_id: The user.
        values: By column.
        stamped: A column that gets the present time.
    """
    stamps = {stamped: func.now()} if stamped else {}
    statement = (
        update(ACCOUNT_USER)
        .where(ACCOUNT_USER.c.account_id == account_id, ACCOUNT_USER.c.id == user_id)
        .values(**values, **stamps)
        .returning(*_COLUMNS)
    )
    return _to_user((await connection.execute(statement)).one())


async def find_owner(connection: AsyncConnection, login: str) -> tuple[int, str, uuid.UUID] | None:
    """Return the account, its name, and the id of the user of a login; None if there is none."""
    query = (
        select(ACCOUNT.c.id, ACCOUNT.c.name, ACCOUNT_USER.c.uuid)
        .join(ACCOUNT, ACCOUNT.c.id == ACCOUNT_USER.c.account_id)
        .where(ACCOUNT_USER.c.login == login)
    )
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1], row[2])


async def find_account_name(connection: AsyncConnection, account_id: int) -> str:
    """Return what an account is called."""
    query = select(ACCOUNT.c.name).where(ACCOUNT.c.id == account_id)
    name: str = (await connection.execute(query)).scalar_one()
    return name


async def has_console_user(connection: AsyncConnection) -> bool:
    """Tell whether any account at all has a user of the console, be they disabled."""
    query = select(exists().where(ACCOUNT_USER.c.kind == UserKind.CONSOLE.value))
    found: bool = (await connection.execute(query)).scalar_one()
    return found


async def lock_first_user(connection: AsyncConnection) -> None:
    """Let nobody else make the first user of the console before the commit."""
    await connection.execute(select(func.pg_advisory_xact_lock(FIRST_USER_LOCK)))
