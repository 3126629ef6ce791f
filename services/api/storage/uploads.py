"""Files of recipients: how far they are read, and their rows."""

import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.domain.sheets import SheetHeader, SheetRow
from shared.storage.engine import raw_connection

ADD_UPLOAD = text("""
    INSERT INTO upload (uuid, account_id, name, octet_count)
    VALUES (:uuid, :account_id, :name, :octet_count) RETURNING id
""")
_COLUMNS = """
    id, uuid, name, status, octet_count, octets_read, row_count, valid_count, rejected_count,
    duplicate_count, columns, mobile_column, message_column, warnings, error_code, error,
    error_row, created_at,
    status IN ('waiting', 'reading') AND seen_at < now() - CAST(:silence AS interval)
        AS is_abandoned
"""
# The column list is a constant of this module: nothing of a request is in the text.
FIND_UPLOAD = text(
    f"SELECT {_COLUMNS} FROM upload WHERE account_id = :account_id AND uuid = :uuid"  # noqa: S608
)
# Walks upload_account_id_id_idx backwards.
LIST_UPLOADS = text(
    f"SELECT {_COLUMNS} FROM upload "  # noqa: S608
    """
    WHERE account_id = :account_id
      AND id < coalesce(
          (SELECT id FROM upload WHERE account_id = :account_id AND uuid = :before),
          9223372036854775807
      )
    ORDER BY id DESC LIMIT :row_limit
    """
)
# Walks upload_row_rejected_idx.
LIST_REJECTED = text("""
    SELECT row_number, mobile, msisdn, rejection, cells FROM upload_row
    WHERE upload_id = (SELECT id FROM upload WHERE id = :upload_id AND account_id = :account_id)
      AND rejection IS NOT NULL
    ORDER BY position LIMIT :row_limit
""")
# Walks upload_row_pkey.
NEXT_ROWS = text("""
    SELECT position, row_number, mobile, msisdn, rejection, cells FROM upload_row
    WHERE upload_id = (SELECT id FROM upload WHERE id = :upload_id AND account_id = :account_id)
      AND position > :after
    ORDER BY position LIMIT :row_limit
""")
BEGIN_READING = text("""
    UPDATE upload SET status = 'reading', seen_at = now()
    WHERE id = :upload_id AND status = 'waiting' RETURNING id
""")
SET_HEADER = text("""
    UPDATE upload
    SET columns = :columns, mobile_column = :mobile_column, message_column = :message_column,
        warnings = :warnings, seen_at = now()
    WHERE id = :upload_id AND status = 'reading' RETURNING id
""")
COUNT_ROWS = text("""
    UPDATE upload
    SET octets_read = :octets_read, row_count = row_count + :row_count,
        valid_count = valid_count + :valid_count,
        rejected_count = rejected_count + :rejected_count, seen_at = now()
    WHERE id = :upload_id AND status = 'reading'
    RETURNING row_count - :row_count
""")
FINISH = text("""
    UPDATE upload
    SET status = 'ready', octets_read = octet_count, seen_at = now(), duplicate_count = (
        SELECT count(msisdn) - count(DISTINCT msisdn) FROM upload_row WHERE upload_id = :upload_id
    )
    WHERE id = :upload_id AND status = 'reading' RETURNING id
""")
FAIL = text("""
    UPDATE upload
    SET status = 'failed', error_code = :code, error = :error, error_row = :error_row
    WHERE id = :upload_id AND status IN ('waiting', 'reading')
    RETURNING id
""")
SAY_ALIVE = text("UPDATE upload SET seen_at = now() WHERE id = ANY(:upload_ids)")
DELETE_UPLOAD = text("""
    DELETE FROM upload WHERE account_id = :account_id AND uuid = :uuid RETURNING id
""")
# One at a time, so that each transaction stays short; by whichever process comes first.
DELETE_OLD_UPLOAD = text("""
    DELETE FROM upload WHERE id = (
        SELECT id FROM upload WHERE created_at < now() - CAST(:age AS interval)
        ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
    ) RETURNING id
""")
DELETE_ROWS = text("DELETE FROM upload_row WHERE upload_id = :upload_id")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of recipients.

    Attributes:
        status: ``waiting``, ``reading``, ``ready`` or ``failed``.
        duplicate_count: Rows whose number an earlier row has; None until all rows are read.
        header: None until it is read.
        is_abandoned: Whether the process that had it under way has not been heard of since.
    """

    id: int
    uuid: uuid.UUID
    name: str
    status: str
    octet_count: int
    octets_read: int
    row_count: int
    valid_count: int
    rejected_count: int
    duplicate_count: int | None
    header: SheetHeader | None
    warnings: list[str]
    error_code: str | None
    error: str | None
    error_row: int | None
    created_at: datetime
    is_abandoned: bool = field(default=False)


async def add_upload(
    connection: AsyncConnection, account_id: int, upload_uuid: uuid.UUID, name: str, octets: int
) -> int:
    """Store that a file waits to be read; return its id."""
    values = {"uuid": upload_uuid, "account_id": account_id, "name": name, "octet_count": octets}
    added: int = (await connection.execute(ADD_UPLOAD, values)).scalar_one()
    return added


async def find_upload(
    connection: AsyncConnection, account_id: int, upload_uuid: uuid.UUID, *, silence: timedelta
) -> Upload | None:
    """Return an upload of the account; None if it is not the account's.

    Args:
        connection: Where to look.
        account_id: Whose it must be.
        upload_uuid: Its public id.
        silence: After how long without a sign of life it counts as abandoned.
    """
    values = {"account_id": account_id, "uuid": upload_uuid, "silence": silence}
    row = (await connection.execute(FIND_UPLOAD, values)).mappings().one_or_none()
    return None if row is None else _to_upload(dict(row))


async def list_uploads(
    connection: AsyncConnection,
    account_id: int,
    *,
    before: uuid.UUID | None,
    row_limit: int,
    silence: timedelta,
) -> list[Upload]:
    """Return the account's uploads, newest first."""
    values = {
        "account_id": account_id,
        "before": before,
        "row_limit": row_limit,
        "silence": silence,
    }
    rows = (await connection.execute(LIST_UPLOADS, values)).mappings()
    return [_to_upload(dict(row)) for row in rows]


async def list_rejected(
    connection: AsyncConnection, account_id: int, upload_id: int, *, row_limit: int
) -> list[SheetRow]:
    """Return the first rejected rows of an upload of the account."""
    values = {"account_id": account_id, "upload_id": upload_id, "row_limit": row_limit}
    return [SheetRow(*row) for row in await connection.execute(LIST_REJECTED, values)]


async def stream_rows(
    connection: AsyncConnection, account_id: int, upload_id: int, *, row_limit: int
) -> AsyncIterator[list[SheetRow]]:
    """Read all rows of an upload of the account in the order of the file, rejected ones too.

    Yields:
        At most ``row_limit`` rows at a time; never none.
    """
    after = -1
    while True:
        values = {
            "account_id": account_id,
            "upload_id": upload_id,
            "after": after,
            "row_limit": row_limit,
        }
        rows = (await connection.execute(NEXT_ROWS, values)).all()
        if not rows:
            return
        after = rows[-1].position
        yield [SheetRow(*row[1:]) for row in rows]


async def begin_reading(connection: AsyncConnection, upload_id: int) -> bool:
    """Note that a waiting upload is being read; False if it has been deleted."""
    return await _returns(connection, BEGIN_READING, upload_id=upload_id)


async def set_header(
    connection: AsyncConnection, upload_id: int, header: SheetHeader, warnings: list[str]
) -> bool:
    """Keep what the columns are; False if the upload has been deleted."""
    return await _returns(
        connection,
        SET_HEADER,
        upload_id=upload_id,
        columns=header.columns,
        mobile_column=header.mobile_column,
        message_column=header.message_column,
        warnings=warnings,
    )


async def add_rows(
    connection: AsyncConnection, upload_id: int, rows: Sequence[SheetRow], *, octets_read: int
) -> bool:
    """Store the next rows and count them; False if the upload has been deleted."""
    rejected_count = sum(row.msisdn is None for row in rows)
    values = {
        "upload_id": upload_id,
        "octets_read": octets_read,
        "row_count": len(rows),
        "valid_count": len(rows) - rejected_count,
        "rejected_count": rejected_count,
    }
    first: int | None = (await connection.execute(COUNT_ROWS, values)).scalar_one_or_none()
    if first is None:
        return False
    raw = await raw_connection(connection)
    await raw.copy_records_to_table(
        "upload_row",
        records=[
            (upload_id, position, row.row_number, row.mobile, row.msisdn, row.rejection, row.cells)
            for position, row in enumerate(rows, start=first)
        ],
        columns=["upload_id", "position", "row_number", "mobile", "msisdn", "rejection", "cells"],
    )
    return True


async def finish_upload(connection: AsyncConnection, upload_id: int) -> None:
    """Note that all rows are stored, and count the duplicates among them."""
    await connection.execute(FINISH, {"upload_id": upload_id})


async def fail_upload(
    connection: AsyncConnection, upload_id: int, *, code: str, error: str, error_row: int | None
) -> None:
    """Note why an upload cannot be used, and drop the rows that were read of it."""
    is_there = await _returns(
        connection, FAIL, upload_id=upload_id, code=code, error=error, error_row=error_row
    )
    if is_there:
        await connection.execute(DELETE_ROWS, {"upload_id": upload_id})


async def say_alive(connection: AsyncConnection, upload_ids: Sequence[int]) -> None:
    """Note that the process which has these uploads under way lives."""
    await connection.execute(SAY_ALIVE, {"upload_ids": list(upload_ids)})


async def delete_upload(
    connection: AsyncConnection, account_id: int, upload_uuid: uuid.UUID
) -> bool:
    """Delete an upload of the account with its rows; False if it is not the account's.

    Waits for the rows that are being stored; whoever reads the file then finds it deleted.
    """
    return await _delete(connection, DELETE_UPLOAD, account_id=account_id, uuid=upload_uuid)


async def delete_old_upload(connection: AsyncConnection, *, age: timedelta) -> bool:
    """Delete the oldest upload with its rows if it is older than ``age``; False if none is."""
    return await _delete(connection, DELETE_OLD_UPLOAD, age=age)


async def _delete(connection: AsyncConnection, statement: TextClause, **values: object) -> bool:
    deleted = (await connection.execute(statement, values)).scalar_one_or_none()
    if deleted is None:
        return False
    await connection.execute(DELETE_ROWS, {"upload_id": deleted})
    return True


async def _returns(connection: AsyncConnection, statement: TextClause, **values: object) -> bool:
    return (await connection.execute(statement, values)).one_or_none() is not None


def _to_upload(row: dict[str, Any]) -> Upload:
    columns, mobile, message = (
        row.pop(name) for name in ("columns", "mobile_column", "message_column")
    )
    header = None if mobile is None else SheetHeader(columns, mobile, message)
    return Upload(header=header, **row)
