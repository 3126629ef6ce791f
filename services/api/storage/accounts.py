"""Who may call: API keys, users and what their accounts may send as."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import JSON, case, func, insert, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.domain.allow_lists import AllowList, stored_allow_list
from services.api.domain.rate_limits import NO_QUOTAS, Quotas
from services.api.storage.networks import as_texts
from shared.domain.msisdn import NumberRules
from shared.schema.accounts import ACCOUNT, ACCOUNT_USER, API_KEY, SENDER_ID


@dataclass(frozen=True, slots=True)
class SenderId:
    """A sender ID of an account.

    Attributes:
        header: What the phone shows.
        link_shape: ``token`` or ``header``; None is as the account has it.
        link_domains: Short domains registered with the operators together with this header.
        dlt_entity_id: Of a sender in India.
    """

    header: str
    link_shape: str | None
    link_domains: frozenset[str]
    dlt_entity_id: str | None


@dataclass(frozen=True, slots=True)
class Account:
    """The account a request is made for, and how it sends.

    Attributes:
        default_region: Two letters: where numbers without country code are at home.
        carrier: Name of the carrier that takes its messages.
        link_shape: ``token`` or ``header``.
        smart_encoding: Whether look-alikes of GSM-7 replace characters that it lacks.
        segment_price: Of one segment, in ``currency``; None if no price is agreed.
        sender_ids: The oldest first; that one is the default.
        quotas: Where they differ from the default.
    """

    id: int
    name: str
    default_region: str
    time_zone: ZoneInfo
    carrier: str
    link_shape: str
    smart_encoding: bool
    accepts_landlines: bool
    accepts_short_codes: bool
    segment_price: Decimal | None
    currency: str
    sender_ids: tuple[SenderId, ...]
    quotas: Quotas = NO_QUOTAS

    @property
    def number_rules(self) -> NumberRules:
        """How it reads numbers, and which kinds it sends to."""
        return NumberRules(
            default_region=self.default_region,
            allow_landlines=self.accepts_landlines,
            allow_short_codes=self.accepts_short_codes,
        )


@dataclass(frozen=True, slots=True, repr=False)
class StoredKey:
    """An API key as kept: the secret's SHA-256 and whose it is.

    Attributes:
        expired_at: None if it has not, by the database's clock, so in all processes at once.
        allow_lists: The account's and its own; both apply.
        quotas: Its own.
    """

    account: Account
    id: int
    name: str
    secret_sha256: bytes
    scopes: frozenset[str]
    expired_at: datetime | None
    allow_lists: tuple[AllowList, ...]
    quotas: Quotas


@dataclass(frozen=True, slots=True, repr=False)
class StoredUser:
    """A user as kept: the password's argon2 hash and whose it is."""

    account: Account
    password_hash: str
    role: str
    allow_list: AllowList


_SETTINGS = (
    "id",
    "name",
    "default_region",
    "time_zone",
    "carrier",
    "link_shape",
    "smart_encoding",
    "accepts_landlines",
    "accepts_short_codes",
    "segment_price",
    "currency",
)
_SENDER_ID_FIELDS = ("header", "link_shape", "link_domains", "dlt_entity_id")
_AS_JSON = func.json_build_array(*(SENDER_ID.c[name] for name in _SENDER_ID_FIELDS))
# With the account, so that a send costs no round trip for them; walks the unique index that
# leads with account_id.
_SENDER_IDS = (
    select(func.json_agg(aggregate_order_by(_AS_JSON, SENDER_ID.c.id), type_=JSON))
    .where(SENDER_ID.c.account_id == ACCOUNT.c.id)
    .scalar_subquery()
)
_ACCOUNT_COLUMNS = (
    *(ACCOUNT.c[name] for name in _SETTINGS),
    ACCOUNT.c.calls_per_minute,
    ACCOUNT.c.sends_per_minute,
    _SENDER_IDS,
)


def _to_account(row: Sequence[Any]) -> Account:
    *settings, calls, sends, sender_ids = row
    account = dict(zip(_SETTINGS, settings, strict=True))
    return Account(
        **account | {"time_zone": ZoneInfo(account["time_zone"])},
        sender_ids=tuple(
            SenderId(header, shape, frozenset(domains), entity_id)
            for header, shape, domains, entity_id in sender_ids or ()
        ),
        quotas=Quotas(calls, sends),
    )


async def find_key(connection: AsyncConnection, prefix: str) -> StoredKey | None:
    """Return the key with this prefix, be it expired; None if none or revoked."""
    query = (
        select(
            API_KEY.c.id,
            API_KEY.c.name,
            API_KEY.c.secret_sha256,
            API_KEY.c.scopes,
            case((API_KEY.c.expires_at <= func.now(), API_KEY.c.expires_at)),
            as_texts(ACCOUNT.c.ip_allow_list),
            as_texts(API_KEY.c.ip_allow_list),
            API_KEY.c.calls_per_minute,
            API_KEY.c.sends_per_minute,
            *_ACCOUNT_COLUMNS,
        )
        .join(ACCOUNT, ACCOUNT.c.id == API_KEY.c.account_id)
        .where(API_KEY.c.prefix == prefix, API_KEY.c.revoked_at.is_(None))
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    key_id, name, digest, scopes, expired_at, of_account, of_key, calls, sends, *account = row
    return StoredKey(
        account=_to_account(account),
        id=key_id,
        name=name,
        secret_sha256=digest,
        scopes=frozenset(scopes),
        expired_at=expired_at,
        allow_lists=(stored_allow_list(tuple(of_account)), stored_allow_list(tuple(of_key))),
        quotas=Quotas(calls, sends),
    )


async def find_user(connection: AsyncConnection, login: str) -> StoredUser | None:
    """Return the user with this login; None if none or disabled."""
    query = (
        select(
            ACCOUNT_USER.c.password_hash,
            ACCOUNT_USER.c.role,
            as_texts(ACCOUNT.c.ip_allow_list),
            *_ACCOUNT_COLUMNS,
        )
        .join(ACCOUNT, ACCOUNT.c.id == ACCOUNT_USER.c.account_id)
        .where(ACCOUNT_USER.c.login == login, ACCOUNT_USER.c.is_disabled.is_(False))
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    password_hash, role, allow_list, *account = row
    return StoredUser(
        _to_account(account), password_hash, role, stored_allow_list(tuple(allow_list))
    )


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


async def find_limits(connection: AsyncConnection, account_id: int) -> dict[str, int | None]:
    """Return how many calls a minute an account is held to, by the names of the columns."""
    query = select(ACCOUNT.c.calls_per_minute, ACCOUNT.c.sends_per_minute).where(
        ACCOUNT.c.id == account_id
    )
    calls, sends = (await connection.execute(query)).one()
    return {"calls_per_minute": calls, "sends_per_minute": sends}


async def set_account(
    connection: AsyncConnection, account_id: int, values: Mapping[str, object]
) -> None:
    """Change settings of an account, by the names of their columns."""
    await connection.execute(update(ACCOUNT).where(ACCOUNT.c.id == account_id).values(**values))


async def set_sender_id(
    connection: AsyncConnection, account_id: int, header: str, values: Mapping[str, object]
) -> None:
    """Register a sender ID with some settings, or change them where it is, in any case."""
    is_it = (SENDER_ID.c.account_id == account_id) & (
        func.lower(SENDER_ID.c.header) == header.lower()
    )
    registered = (await connection.execute(select(SENDER_ID.c.header).where(is_it))).scalar()
    header = registered or header
    statement = postgresql.insert(SENDER_ID).values(account_id=account_id, header=header, **values)
    key = [SENDER_ID.c.account_id, SENDER_ID.c.header]
    await connection.execute(
        statement.on_conflict_do_update(index_elements=key, set_={"header": header, **values})
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
