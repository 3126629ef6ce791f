"""How an account is set up: all of its settings, and those of its sender IDs."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.storage.accounts import SenderId
from services.api.storage.audit import AuditEntry
from services.api.storage.networks import as_texts
from services.api.storage.reports import Row
from shared.schema.accounts import ACCOUNT, ACCOUNT_USER, SENDER_ID

_SENDER_ID = (
    SENDER_ID.c.header,
    SENDER_ID.c.link_shape,
    SENDER_ID.c.link_domains,
    SENDER_ID.c.dlt_entity_id,
)

# Postgres has a list of zones of its own, and each request asks it for the account's day.
KNOWS_ZONE = text("SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = :zone_name)")
# Three rows.
TOKEN_LENGTH = text("SELECT min(length) FROM token_domain WHERE next < ceiling")


@dataclass(frozen=True, slots=True)
class SendingSettings:
    """How an account sends, by the names of its columns.

    Attributes:
        gone_location: Where links lead that are paused or have expired; None: to a page of ours.
        segment_price: Of one segment, in ``currency``; None if no price is agreed.
    """

    name: str
    link_shape: str
    gone_location: str | None
    smart_encoding: bool
    default_region: str
    time_zone: str
    carrier: str
    accepts_landlines: bool
    accepts_short_codes: bool
    segment_price: Decimal | None
    currency: str


_SENDING = tuple(ACCOUNT.c[each.name] for each in fields(SendingSettings))


def told(values: Mapping[str, object]) -> dict[str, Any]:
    """Return settings as the audit trail keeps them: ready for JSON."""
    return {
        name: str(value) if isinstance(value, Decimal | datetime) else value
        for name, value in values.items()
    }


def change_entry(
    action: str, subject: str, before: Mapping[str, object], changed: Mapping[str, object]
) -> AuditEntry | None:
    """Return the entry that tells what is another value now; None if nothing is."""
    names = [name for name, value in changed.items() if before[name] != value]
    if not names:
        return None
    return AuditEntry(
        action,
        subject,
        told({name: before[name] for name in names}),
        told({name: changed[name] for name in names}),
    )


async def lock_settings(connection: AsyncConnection, account_id: int) -> Row:
    """Return all settings of an account, to be changed before the commit."""
    query = select(ACCOUNT).where(ACCOUNT.c.id == account_id).with_for_update(key_share=True)
    return (await connection.execute(query)).one()._asdict()


async def get_settings(connection: AsyncConnection, account_id: int) -> Row:
    """Return all settings of an account, its networks as texts."""
    columns = [each for each in ACCOUNT.c if each.name not in {"id", "ip_allow_list"}]
    networks = as_texts(ACCOUNT.c.ip_allow_list).label("ip_allow_list")
    query = select(*columns, networks).where(ACCOUNT.c.id == account_id)
    return (await connection.execute(query)).one()._asdict()


async def find_sending(connection: AsyncConnection, account_id: int) -> SendingSettings:
    """Return how an account sends."""
    query = select(*_SENDING).where(ACCOUNT.c.id == account_id)
    return SendingSettings(*(await connection.execute(query)).one())


async def find_token_length(connection: AsyncConnection) -> int | None:
    """Return how long the tokens of the next send are; None if there is no room for any."""
    found: int | None = (await connection.execute(TOKEN_LENGTH)).scalar_one()
    return found


async def knows_zone(connection: AsyncConnection, zone_name: str) -> bool:
    """Tell whether the database, too, knows a time zone by that name."""
    return bool((await connection.execute(KNOWS_ZONE, {"zone_name": zone_name})).scalar_one())


async def list_sender_ids(connection: AsyncConnection, account_id: int) -> list[Row]:
    """Return the sender IDs of an account with their settings, the default first."""
    query = (
        select(*_SENDER_ID).where(SENDER_ID.c.account_id == account_id).order_by(SENDER_ID.c.id)
    )
    return [row._asdict() for row in await connection.execute(query)]


def to_sender_id(row: Row) -> SenderId:
    """Return a sender ID as a send sees it."""
    return SenderId(**{**row, "link_domains": frozenset(row["link_domains"])})


async def list_users(connection: AsyncConnection, account_id: int) -> list[Row]:
    """Return who may log in for an account, oldest first."""
    query = (
        select(ACCOUNT_USER.c.login, ACCOUNT_USER.c.role, ACCOUNT_USER.c.is_disabled)
        .where(ACCOUNT_USER.c.account_id == account_id)
        .order_by(ACCOUNT_USER.c.id)
    )
    return [row._asdict() for row in await connection.execute(query)]


async def lock_sender_id(connection: AsyncConnection, account_id: int, header: str) -> Row | None:
    """Return a sender ID in any case, to be changed before the commit; None if there is none."""
    query = (
        select(*_SENDER_ID)
        .where(
            SENDER_ID.c.account_id == account_id, func.lower(SENDER_ID.c.header) == header.lower()
        )
        .with_for_update()
    )
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else row._asdict()


async def update_sender_id(
    connection: AsyncConnection, account_id: int, header: str, values: Mapping[str, object]
) -> None:
    """Change settings of a sender ID that there is, which is all that the API may."""
    await connection.execute(
        update(SENDER_ID)
        .where(SENDER_ID.c.account_id == account_id, SENDER_ID.c.header == header)
        .values(**values)
    )


async def set_sender_id(
    connection: AsyncConnection, account_id: int, header: str, values: Mapping[str, object]
) -> None:
    """Register a sender ID with some settings, or change them where it is registered so."""
    statement = postgresql.insert(SENDER_ID).values(account_id=account_id, header=header, **values)
    key = [SENDER_ID.c.account_id, SENDER_ID.c.header]
    await connection.execute(
        statement.on_conflict_do_update(index_elements=key, set_={"header": header, **values})
    )
