"""The API keys of accounts, as those see them: never a secret, nor its digest."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.domain.rate_limits import NO_QUOTAS, Quotas
from services.api.storage.networks import as_networks, as_texts
from shared.domain.api_keys import NewKey
from shared.schema.accounts import ACCOUNT, API_KEY


@dataclass(frozen=True, slots=True)
class Key:
    """An API key.

    Attributes:
        scopes: Sorted.
        replaced_by: The prefix of the key that took its place when it was rotated.
        allow_list: Where it may be used from, besides what the account says.
        calls_per_minute: None is as the settings have it, 0 any number; so is the next.
    """

    id: int
    prefix: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    last_used_address: str | None
    replaced_by: str | None
    allow_list: tuple[str, ...]
    calls_per_minute: int | None = None
    sends_per_minute: int | None = None

    def is_live(self, now: datetime) -> bool:
        """Tell whether it is let in."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


_COLUMNS = (
    API_KEY.c.id,
    API_KEY.c.prefix,
    API_KEY.c.name,
    API_KEY.c.scopes,
    API_KEY.c.created_at,
    API_KEY.c.expires_at,
    API_KEY.c.revoked_at,
    API_KEY.c.last_used_at,
    func.host(API_KEY.c.last_used_address).label("last_used_address"),
    API_KEY.c.replaced_by,
    as_texts(API_KEY.c.ip_allow_list).label("allow_list"),
    API_KEY.c.calls_per_minute,
    API_KEY.c.sends_per_minute,
)


def _to_key(row: Any) -> Key:  # noqa: ANN401 - rows have no type of their own
    values = row._asdict()
    return Key(**values | {name: tuple(values[name]) for name in ("scopes", "allow_list")})


async def lock_account(connection: AsyncConnection, account_id: int) -> None:
    """Let nobody else add keys to an account, or change its list, before the commit."""
    query = select(ACCOUNT.c.id).where(ACCOUNT.c.id == account_id).with_for_update(key_share=True)
    await connection.execute(query)


async def add_key(
    connection: AsyncConnection,
    account_id: int,
    name: str,
    key: NewKey,
    *,
    scopes: Iterable[str],
    expires_at: datetime | None = None,
    allow_list: Sequence[str] = (),
    quotas: Quotas = NO_QUOTAS,
) -> Key:
    """Keep what is kept of a new key: its prefix and the digest of its secret."""
    statement = (
        insert(API_KEY)
        .values(
            account_id=account_id,
            name=name,
            prefix=key.prefix,
            secret_sha256=key.secret_sha256,
            scopes=sorted(scopes),
            expires_at=expires_at,
            ip_allow_list=as_networks(allow_list),
            calls_per_minute=quotas.calls,
            sends_per_minute=quotas.sends,
        )
        .returning(*_COLUMNS)
    )
    return _to_key((await connection.execute(statement)).one())


async def list_keys(
    connection: AsyncConnection, account_id: int, *, before_id: int, row_limit: int
) -> list[Key]:
    """Return keys that are older than one, newest first, those that have ended too."""
    query = (
        select(*_COLUMNS)
        .where(API_KEY.c.account_id == account_id, API_KEY.c.id < before_id)
        .order_by(API_KEY.c.id.desc())
        .limit(row_limit)
    )
    return [_to_key(row) for row in await connection.execute(query)]


async def count_live_keys(connection: AsyncConnection, account_id: int) -> int:
    """Return how many keys of an account are let in."""
    query = select(func.count()).where(
        API_KEY.c.account_id == account_id,
        API_KEY.c.revoked_at.is_(None),
        or_(API_KEY.c.expires_at.is_(None), API_KEY.c.expires_at > func.now()),
    )
    counted: int = (await connection.execute(query)).scalar_one()
    return counted


async def lock_key(connection: AsyncConnection, account_id: int, prefix: str) -> Key | None:
    """Return a key of an account, to be changed before the commit; None if it has none such."""
    query = (
        select(*_COLUMNS)
        .where(API_KEY.c.account_id == account_id, API_KEY.c.prefix == prefix)
        .with_for_update(key_share=True)
    )
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _to_key(row)


async def set_key(
    connection: AsyncConnection, account_id: int, prefix: str, **values: object
) -> Key:
    """Change a key that is locked, by the names of its columns."""
    statement = (
        update(API_KEY)
        .where(API_KEY.c.account_id == account_id, API_KEY.c.prefix == prefix)
        .values(**values)
        .returning(*_COLUMNS)
    )
    return _to_key((await connection.execute(statement)).one())


async def find_owner(connection: AsyncConnection, prefix: str) -> int | None:
    """Return the id of the account that a key belongs to; None if there is no such key."""
    query = select(API_KEY.c.account_id).where(API_KEY.c.prefix == prefix)
    found: int | None = (await connection.execute(query)).scalar_one_or_none()
    return found


async def find_allow_list(connection: AsyncConnection, account_id: int) -> tuple[str, ...]:
    """Return the networks that an account may be called from."""
    query = select(as_texts(ACCOUNT.c.ip_allow_list)).where(ACCOUNT.c.id == account_id)
    return tuple((await connection.execute(query)).scalar_one())


async def list_admitting(
    connection: AsyncConnection, key_ids: Sequence[int]
) -> dict[int, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return, by live key, where its account and it may be used from. By primary keys."""
    query = (
        select(API_KEY.c.id, as_texts(ACCOUNT.c.ip_allow_list), as_texts(API_KEY.c.ip_allow_list))
        .join(ACCOUNT, ACCOUNT.c.id == API_KEY.c.account_id)
        .where(
            API_KEY.c.id.in_(key_ids),
            API_KEY.c.revoked_at.is_(None),
            or_(API_KEY.c.expires_at.is_(None), API_KEY.c.expires_at > func.now()),
        )
    )
    rows = await connection.execute(query)
    return {key_id: (tuple(of_account), tuple(of_key)) for key_id, of_account, of_key in rows}
