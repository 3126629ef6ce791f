"""How an account is set up: all of its settings, and those of its sender IDs."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.storage.networks import as_texts
from services.api.storage.reports import Row
from shared.schema.accounts import ACCOUNT, ACCOUNT_USER, SENDER_ID

_SENDER_ID = (
    SENDER_ID.c.header,
    SENDER_ID.c.link_shape,
    SENDER_ID.c.link_domains,
    SENDER_ID.c.dlt_entity_id,
)


def told(values: Mapping[str, object]) -> dict[str, Any]:
    """Return settings as the audit trail keeps them: ready for JSON."""
    return {
        name: str(value) if isinstance(value, Decimal | datetime) else value
        for name, value in values.items()
    }


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


async def list_sender_ids(connection: AsyncConnection, account_id: int) -> list[Row]:
    """Return the sender IDs of an account with their settings, the default first."""
    query = (
        select(*_SENDER_ID).where(SENDER_ID.c.account_id == account_id).order_by(SENDER_ID.c.id)
    )
    return [row._asdict() for row in await connection.execute(query)]


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


async def set_sender_id(
    connection: AsyncConnection, account_id: int, header: str, values: Mapping[str, object]
) -> None:
    """Register a sender ID with some settings, or change them where it is registered so."""
    statement = postgresql.insert(SENDER_ID).values(account_id=account_id, header=header, **values)
    key = [SENDER_ID.c.account_id, SENDER_ID.c.header]
    await connection.execute(
        statement.on_conflict_do_update(index_elements=key, set_={"header": header, **values})
    )
