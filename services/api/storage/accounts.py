"""Who may call: API keys, and what their accounts may send as."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import JSON, Date, case, exists, func, insert, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.domain.allow_lists import AllowList, stored_allow_list
from services.api.domain.credit import Credit
from services.api.domain.rate_limits import NO_QUOTAS, Quotas
from services.api.storage.networks import as_texts
from shared.domain.msisdn import NumberRules
from shared.schema.accounts import ACCOUNT, API_KEY, SENDER_ID
from shared.schema.consent import SUPPRESSION
from shared.schema.credit import ACCOUNT_CREDIT, DAILY_USE


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
        credit: What it might still send when its caller was let in.
        has_opt_outs: Whether any number has opted out of what it sends.
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
    credit: Credit = field(default=Credit())
    has_opt_outs: bool = False

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
_USED_TODAY = (
    select(DAILY_USE.c.segment_count)
    .where(
        DAILY_USE.c.account_id == ACCOUNT_CREDIT.c.account_id,
        DAILY_USE.c.day == func.timezone(ACCOUNT.c.time_zone, func.now()).cast(Date),
    )
    # Two levels up, which is not found by itself.
    .correlate(ACCOUNT, ACCOUNT_CREDIT)
    .scalar_subquery()
)
# With the account, too, by two primary keys. Few accounts have a row, and fewer a cap.
_CREDIT = (
    select(
        func.json_build_array(
            ACCOUNT_CREDIT.c.balance,
            ACCOUNT_CREDIT.c.daily_cap,
            case((ACCOUNT_CREDIT.c.daily_cap.is_not(None), _USED_TODAY)),
            type_=JSON,
        )
    )
    .where(ACCOUNT_CREDIT.c.account_id == ACCOUNT.c.id)
    .scalar_subquery()
)
# So that a send costs no round trip for opt-outs where there are none; one descent of
# suppression_pkey.
_HAS_OPT_OUTS = exists().where(SUPPRESSION.c.account_id == ACCOUNT.c.id)
ACCOUNT_COLUMNS = (
    *(ACCOUNT.c[name] for name in _SETTINGS),
    ACCOUNT.c.calls_per_minute,
    ACCOUNT.c.sends_per_minute,
    _SENDER_IDS,
    _CREDIT,
    _HAS_OPT_OUTS,
)


def to_account(row: Sequence[Any]) -> Account:
    """Return an account of the values of ``ACCOUNT_COLUMNS``."""
    *settings, calls, sends, sender_ids, credit, has_opt_outs = row
    account = dict(zip(_SETTINGS, settings, strict=True))
    return Account(
        **account | {"time_zone": ZoneInfo(account["time_zone"])},
        sender_ids=tuple(
            SenderId(header, shape, frozenset(domains), entity_id)
            for header, shape, domains, entity_id in sender_ids or ()
        ),
        quotas=Quotas(calls, sends),
        credit=_to_credit(credit),
        has_opt_outs=has_opt_outs,
    )


def _to_credit(row: Sequence[int | None] | None) -> Credit:
    if row is None:
        return Credit()
    balance, daily_cap, used_today = row
    return Credit(balance, daily_cap, used_today or 0)


async def find_whole_account(connection: AsyncConnection, name: str) -> Account | None:
    """Return the account of that name as a request for it would see it; None if there is none."""
    query = select(*ACCOUNT_COLUMNS).where(ACCOUNT.c.name == name)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else to_account(row)


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
            *ACCOUNT_COLUMNS,
        )
        .join(ACCOUNT, ACCOUNT.c.id == API_KEY.c.account_id)
        .where(API_KEY.c.prefix == prefix, API_KEY.c.revoked_at.is_(None))
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    key_id, name, digest, scopes, expired_at, of_account, of_key, calls, sends, *account = row
    return StoredKey(
        account=to_account(account),
        id=key_id,
        name=name,
        secret_sha256=digest,
        scopes=frozenset(scopes),
        expired_at=expired_at,
        allow_lists=(stored_allow_list(tuple(of_account)), stored_allow_list(tuple(of_key))),
        quotas=Quotas(calls, sends),
    )


async def find_account(connection: AsyncConnection, name: str) -> int | None:
    """Return the id of the account of that name; None if there is none."""
    query = select(ACCOUNT.c.id).where(ACCOUNT.c.name == name)
    found: int | None = (await connection.execute(query)).scalar_one_or_none()
    return found


async def list_account_names(connection: AsyncConnection, *, row_limit: int) -> list[str]:
    """Return the names of accounts, the oldest first."""
    query = select(ACCOUNT.c.name).order_by(ACCOUNT.c.id).limit(row_limit)
    return list((await connection.execute(query)).scalars())


async def find_time_zone(connection: AsyncConnection, account_id: int) -> ZoneInfo:
    """Return the time zone of an account that there is."""
    query = select(ACCOUNT.c.time_zone).where(ACCOUNT.c.id == account_id)
    return ZoneInfo((await connection.execute(query)).scalar_one())


async def find_default_region(connection: AsyncConnection, account_id: int) -> str:
    """Return where an account's numbers without calling code are at home."""
    query = select(ACCOUNT.c.default_region).where(ACCOUNT.c.id == account_id)
    found: str = (await connection.execute(query)).scalar_one()
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
