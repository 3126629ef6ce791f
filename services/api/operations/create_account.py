"""Make accounts, each with a key that gets into it."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.account_rules import (
    checked_name,
    checked_region,
    checked_sender_ids,
    checked_zone,
)
from services.api.domain.authors import COMMAND_LINE, Author
from services.api.domain.errors import InvalidValueError
from services.api.operations.manage_keys import creation_of
from services.api.storage.accounts import (
    add_account,
    add_sender_id,
)
from services.api.storage.audit import OF_ACCOUNT, AuditEntry, add_entry
from services.api.storage.keys import add_key
from shared.domain.api_keys import KEY_SCOPES, NewKey, make_key


@dataclass(frozen=True, slots=True, repr=False)
class NewAccount:
    """An account just made, with its first key, whose text is shown only now."""

    account_id: int
    key: NewKey


async def create_account(
    engine: AsyncEngine,
    name: str,
    *,
    sender_ids: list[str],
    region: str,
    time_zone: str,
    author: Author = COMMAND_LINE,
) -> NewAccount:
    """Make an account with its sender IDs and a first API key that may do everything.

    Raises:
        InvalidValueError: There is an account of that name, or a value is none that can be
            sent with.
    """
    name, region = checked_name(name), checked_region(region)
    zone = checked_zone(time_zone, field="time zone")
    sender_ids = checked_sender_ids(sender_ids)
    key = make_key()
    async with engine.begin() as connection:
        account_id = await add_account(connection, name, region=region, time_zone=zone.key)
        if account_id is None:
            raise InvalidValueError("name", f"{name!r} is taken: choose another")
        for sender_id in sender_ids:
            await add_sender_id(connection, account_id, sender_id)
        values = {"name": name, "region": region, "time_zone": zone.key, "sender_ids": sender_ids}
        entry = AuditEntry("account.create", OF_ACCOUNT, None, values)
        await add_entry(connection, account_id, author, entry)
        added = await add_key(connection, account_id, "first key", key, scopes=KEY_SCOPES)
        await add_entry(connection, account_id, author, creation_of(added))
    return NewAccount(account_id, key)
