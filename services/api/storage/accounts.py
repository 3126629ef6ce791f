"""Who may call: API keys, users and what their accounts may send as."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, insert, or_, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.api_keys import NewKey
from shared.schema.accounts import ACCOUNT, ACCOUNT_USER, API_KEY, SENDER_ID


@dataclass(frozen=True, slots=True)
class Account:
    """The account a request is made for."""

    id: int
    name: str
    default_region: str
    time_zone: str
    carrier: str


@dataclass(frozen=True, slots=True)
class StoredKey:
    """An API key as kept: the secret's SHA-256 and whose it is."""

    account: Account
    secret_sha256: bytes
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class StoredUser:
    """A user as kept: the password's argon2 hash and whose it is."""

    account: Account
    password_hash: str
    role: str


_ACCOUNT_COLUMNS = (
    ACCOUNT.c.id,
    ACCOUNT.c.name,
    ACCOUNT.c.default_region,
    ACCOUNT.c.time_zone,
    ACCOUNT.c.carrier,
)


async def find_key(connection: AsyncConnection, prefix: str) -> StoredKey | None:
    """Return the live key with this prefix; None if none, revoked or expired."""
    query = (
        select(API_KEY.c.secret_sha256, API_KEY.c.scopes, *_ACCOUNT_COLUMNS)
        .join(ACCOUNT, ACCOUNT.c.id == API_KEY.c.account_id)
        .where(
            API_KEY.c.prefix == prefix,
            API_KEY.c.revoked_at.is_(None),
            or_(API_KEY.c.expires_at.is_(None), API_KEY.c.expires_at > func.now()),
        )
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    secret_sha256, scopes, *account = row
    return StoredKey(Account(*account), secret_sha256, frozenset(scopes))


async def find_user(connection: AsyncConnection, login: str) -> StoredUser | None:
    """Return the user with this login; None if none or disabled."""
    query = (
        select(ACCOUNT_USER.c.password_hash, ACCOUNT_USER.c.role, *_ACCOUNT_COLUMNS)
        .join(ACCOUNT, ACCOUNT.c.id == ACCOUNT_USER.c.account_id)
        .where(ACCOUNT_USER.c.login == login, ACCOUNT_USER.c.is_disabled.is_(False))
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    password_hash, role, *account = row
    return StoredUser(Account(*account), password_hash, role)


async def list_sender_ids(connection: AsyncConnection, account_id: int) -> list[str]:
    """Return the account's sender IDs, the oldest first: that one is its default."""
    query = (
        select(SENDER_ID.c.header)
        .where(SENDER_ID.c.account_id == account_id)
        .order_by(SENDER_ID.c.id)
    )
    return list((await connection.execute(query)).scalars())


async def find_account(connection: AsyncConnection, name: str) -> int | None:
    """Return the id of the account of that name; None if there is none."""
    query = select(ACCOUNT.c.id).where(ACCOUNT.c.name == name)
    found: int | None = (await connection.execute(query)).scalar_one_or_none()
    return found


async def add_account(
    connection: AsyncConnection, name: str, *, region: str, time_zone: str
) -> int | None:
    """Add an account and return its id; None if the name is taken."""
    statement = (
        postgresql.insert(ACCOUNT)
        .values(name=name, default_region=region, time_zone=time_zone)
        .on_conflict_do_nothing()
        .returning(ACCOUNT.c.id)
    )
    added: int | None = (await connection.execute(statement)).scalar_one_or_none()
    return added


async def add_sender_id(connection: AsyncConnection, account_id: int, header: str) -> None:
    """Register a sender ID for an account."""
    await connection.execute(insert(SENDER_ID).values(account_id=account_id, header=header))


async def add_key(
    connection: AsyncConnection,
    account_id: int,
    name: str,
    key: NewKey,
    *,
    scopes: Iterable[str],
) -> None:
    """Keep what is kept of a new key: its prefix and the digest of its secret."""
    await connection.execute(
        insert(API_KEY).values(
            account_id=account_id,
            name=name,
            prefix=key.prefix,
            secret_sha256=key.secret_sha256,
            scopes=sorted(scopes),
        )
    )


async def add_user(
    connection: AsyncConnection, account_id: int, login: str, password_hash: str, *, role: str
) -> bool:
    """Add a user; return False if the login is taken."""
    statement = (
        postgresql.insert(ACCOUNT_USER)
        .values(account_id=account_id, login=login, password_hash=password_hash, role=role)
        .on_conflict_do_nothing()
        .returning(ACCOUNT_USER.c.id)
    )
    return (await connection.execute(statement)).scalar_one_or_none() is not None
