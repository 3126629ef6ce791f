"""Contact groups of an account, and their contacts."""

import json
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.storage.reports import fetch

_COLUMNS = "id, uuid, name, columns, contact_count, created_at"
# The columns are a constant of this module.
FIND_GROUP = text(
    f"SELECT {_COLUMNS} FROM contact_group WHERE account_id = :account_id AND uuid = :uuid"  # noqa: S608
)
# One that another call has locked is passed over: it may hold it for as long as an import takes.
LOCK_GROUP = text(
    f"SELECT {_COLUMNS} FROM contact_group "  # noqa: S608
    "WHERE account_id = :account_id AND uuid = :uuid FOR UPDATE SKIP LOCKED"
)
# By the unique indexes on the id, and on account and name.
FIND_GROUPS = text(
    f"SELECT {_COLUMNS}, folded_name FROM contact_group "  # noqa: S608
    """
    WHERE account_id = :account_id
      AND (uuid = ANY(CAST(:uuids AS uuid[])) OR folded_name = ANY(CAST(:names AS text[])))
    """
)
# Walks contact_group_account_id_id_idx backwards.
LIST_GROUPS = text(
    f"SELECT {_COLUMNS} FROM contact_group "  # noqa: S608
    "WHERE account_id = :account_id AND id < :before_id ORDER BY id DESC LIMIT :row_limit"
)
COUNT_GROUPS = text("SELECT count(*) FROM contact_group WHERE account_id = :account_id")
ADD_GROUP = text(
    "INSERT INTO contact_group (uuid, account_id, name, folded_name) "  # noqa: S608
    "VALUES (:uuid, :account_id, :name, :folded_name) "
    f"ON CONFLICT (account_id, folded_name) DO NOTHING RETURNING {_COLUMNS}"
)
# Whether another has the name; its own may change in case alone.
IS_NAME_TAKEN = text("""
    SELECT EXISTS (
        SELECT FROM contact_group
        WHERE account_id = :account_id AND folded_name = :folded_name AND id <> :group_id
    )
""")
RENAME_GROUP = text("""
    UPDATE contact_group SET name = :name, folded_name = :folded_name
    WHERE account_id = :account_id AND id = :group_id
""")
SET_CONTENTS = text("""
    UPDATE contact_group SET columns = :columns, contact_count = :contact_count
    WHERE account_id = :account_id AND id = :group_id
""")
DELETE_GROUP = text("""
    DELETE FROM contact_group WHERE account_id = :account_id AND id = :group_id
""")
DELETE_CONTACTS = text("""
    DELETE FROM contact WHERE group_id = (
        SELECT id FROM contact_group WHERE account_id = :account_id AND id = :group_id
    )
""")
# Walks contact_pkey.
LIST_CONTACTS = text("""
    SELECT msisdn, columns FROM contact
    WHERE group_id = (
        SELECT id FROM contact_group WHERE account_id = :account_id AND id = :group_id
    )
    AND msisdn > :after_msisdn
    ORDER BY msisdn LIMIT :row_limit
""")
# The same, but for numbers that groups before it have, each looked up by contact_pkey.
NEXT_CONTACTS = text("""
    SELECT msisdn, columns, (
        SELECT count(*) > 0 FROM contact earlier
        WHERE earlier.group_id = ANY(CAST(:earlier_ids AS bigint[]))
          AND earlier.msisdn = contact.msisdn
    ) AS is_repeated
    FROM contact
    WHERE group_id = (
        SELECT id FROM contact_group WHERE account_id = :account_id AND id = :group_id
    )
    AND msisdn > :after_msisdn
    ORDER BY msisdn LIMIT :row_limit
""")
# A row that was there has an xmax. Columns that are given replace those of that name.
PUT_CONTACTS = text("""
    WITH put AS (
        INSERT INTO contact (group_id, msisdn, columns)
        SELECT contact_group.id, given.msisdn, CAST(given.columns AS jsonb)
        FROM contact_group
        CROSS JOIN unnest(CAST(:msisdns AS bigint[]), CAST(:contact_columns AS text[]))
            AS given(msisdn, columns)
        WHERE contact_group.account_id = :account_id AND contact_group.id = :group_id
        ON CONFLICT (group_id, msisdn) DO UPDATE SET columns = contact.columns || excluded.columns
        RETURNING xmax
    )
    SELECT count(*) FROM put WHERE xmax = 0
""")
REMOVE_CONTACT = text("""
    DELETE FROM contact
    WHERE group_id = (
        SELECT id FROM contact_group WHERE account_id = :account_id AND id = :group_id
    )
    AND msisdn = CAST(:msisdn AS bigint)
""")


@dataclass(frozen=True, slots=True)
class ContactGroup:
    """A contact group.

    Attributes:
        columns: Names of all columns that its contacts have.
    """

    id: int
    uuid: uuid.UUID
    name: str
    columns: Sequence[str]
    contact_count: int
    created_at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Contact:
    """A number in a group, and what it has in the group's columns; blank ones are left out."""

    msisdn: int
    columns: Mapping[str, str] = field(default_factory=dict)


async def find_group(
    connection: AsyncConnection, account_id: int, group_uuid: uuid.UUID
) -> ContactGroup | None:
    """Return a group of the account; None if it is not the account's."""
    rows = await fetch(connection, FIND_GROUP, account_id=account_id, uuid=group_uuid)
    return ContactGroup(**rows[0]) if rows else None


async def lock_group(
    connection: AsyncConnection, account_id: int, group_uuid: uuid.UUID
) -> ContactGroup | None:
    """Return a group of the account that nobody else changes before the transaction ends.

    Returns:
        None if it is not the account's, or another call is changing it.
    """
    rows = await fetch(connection, LOCK_GROUP, account_id=account_id, uuid=group_uuid)
    return ContactGroup(**rows[0]) if rows else None


async def find_groups(
    connection: AsyncConnection,
    account_id: int,
    *,
    uuids: Sequence[uuid.UUID],
    names: Sequence[str],
) -> tuple[dict[uuid.UUID, ContactGroup], dict[str, ContactGroup]]:
    """Return groups of the account by their ids, and by their folded names."""
    values = {"account_id": account_id, "uuids": list(uuids), "names": list(names)}
    by_uuid, by_name = {}, {}
    for row in await fetch(connection, FIND_GROUPS, **values):
        columns = dict(row)
        folded = columns.pop("folded_name")
        group = ContactGroup(**columns)
        by_uuid[group.uuid], by_name[folded] = group, group
    return by_uuid, by_name


async def list_groups(
    connection: AsyncConnection, account_id: int, *, before_id: int, row_limit: int
) -> list[ContactGroup]:
    """Return the account's groups, newest first."""
    rows = await fetch(
        connection, LIST_GROUPS, account_id=account_id, before_id=before_id, row_limit=row_limit
    )
    return [ContactGroup(**row) for row in rows]


async def count_groups(connection: AsyncConnection, account_id: int) -> int:
    """Return how many groups the account has."""
    counted: int = (
        await connection.execute(COUNT_GROUPS, {"account_id": account_id})
    ).scalar_one()
    return counted


async def add_group(
    connection: AsyncConnection, account_id: int, *, name: str, folded_name: str
) -> ContactGroup | None:
    """Add a group; None if the account has one of that name."""
    rows = await fetch(
        connection,
        ADD_GROUP,
        uuid=uuid.uuid4(),
        account_id=account_id,
        name=name,
        folded_name=folded_name,
    )
    return ContactGroup(**rows[0]) if rows else None


async def rename_group(
    connection: AsyncConnection, account_id: int, group_id: int, *, name: str, folded_name: str
) -> bool:
    """Give a group another name; False if another group of the account has it.

    The account is locked, so that no other gets the name meanwhile.
    """
    key = {"account_id": account_id, "group_id": group_id, "folded_name": folded_name}
    if (await connection.execute(IS_NAME_TAKEN, key)).scalar_one():
        return False
    await connection.execute(RENAME_GROUP, key | {"name": name})
    return True


async def set_contents(
    connection: AsyncConnection,
    account_id: int,
    group_id: int,
    *,
    columns: Sequence[str],
    contact_count: int,
) -> None:
    """Note what columns a group has, and how many contacts."""
    values = {
        "account_id": account_id,
        "group_id": group_id,
        "columns": list(columns),
        "contact_count": contact_count,
    }
    await connection.execute(SET_CONTENTS, values)


async def delete_group(connection: AsyncConnection, account_id: int, group_id: int) -> None:
    """Delete a group and its contacts."""
    await delete_contacts(connection, account_id, group_id)
    await connection.execute(DELETE_GROUP, {"account_id": account_id, "group_id": group_id})


async def delete_contacts(connection: AsyncConnection, account_id: int, group_id: int) -> None:
    """Delete all contacts of a group."""
    await connection.execute(DELETE_CONTACTS, {"account_id": account_id, "group_id": group_id})


async def list_contacts(
    connection: AsyncConnection,
    account_id: int,
    group_id: int,
    *,
    after_msisdn: int,
    row_limit: int,
) -> list[Contact]:
    """Return the contacts of a group behind a number, in the order of numbers."""
    rows = await fetch(
        connection,
        LIST_CONTACTS,
        account_id=account_id,
        group_id=group_id,
        after_msisdn=after_msisdn,
        row_limit=row_limit,
    )
    return [Contact(**row) for row in rows]


async def stream_contacts(
    connection: AsyncConnection, account_id: int, group_ids: Sequence[int], *, row_limit: int
) -> AsyncIterator[list[Contact]]:
    """Yield the contacts of some groups, one group after the other, each number once.

    Of a number that several have, the first counts. At most ``row_limit`` come at a time.
    """
    for place, group_id in enumerate(group_ids):
        after_msisdn = 0
        while rows := await fetch(
            connection,
            NEXT_CONTACTS,
            account_id=account_id,
            group_id=group_id,
            earlier_ids=list(group_ids[:place]),
            after_msisdn=after_msisdn,
            row_limit=row_limit,
        ):
            after_msisdn = rows[-1]["msisdn"]
            yield [
                Contact(row["msisdn"], row["columns"]) for row in rows if not row["is_repeated"]
            ]


async def put_contacts(
    connection: AsyncConnection, account_id: int, group_id: int, contacts: Sequence[Contact]
) -> int:
    """Add contacts to a group, or their columns to those that are there.

    Args:
        connection: In a transaction in which the group is locked.
        account_id: Whose group it is.
        group_id: The group.
        contacts: No number twice.

    Returns:
        How many are new.
    """
    values = {
        "account_id": account_id,
        "group_id": group_id,
        "msisdns": [contact.msisdn for contact in contacts],
        "contact_columns": [json.dumps(dict(contact.columns)) for contact in contacts],
    }
    added: int = (await connection.execute(PUT_CONTACTS, values)).scalar_one()
    return added


async def remove_contact(
    connection: AsyncConnection, account_id: int, group_id: int, msisdn: int
) -> bool:
    """Delete a contact; False if the group has none of that number."""
    values = {"account_id": account_id, "group_id": group_id, "msisdn": msisdn}
    return (await connection.execute(REMOVE_CONTACT, values)).rowcount > 0
