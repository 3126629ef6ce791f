"""The rows of an upload or a file, as a send of personal texts takes them."""

import uuid
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import IO

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.composing import PersonalRow
from services.api.domain.sheets import SheetHeader, SheetRow
from services.api.domain.upload_errors import UploadNotReadyError
from services.api.operations.find_uploads import find_upload
from services.api.operations.submit_personal import BATCH_ROW_COUNT, RowBatches
from services.api.sheets.reading import reading_sheet
from services.api.storage.accounts import Account
from services.api.storage.uploads import stream_rows
from shared.domain.msisdn import NumberRules


async def ready_rows(engine: AsyncEngine, account: Account, upload_uuid: uuid.UUID) -> RowBatches:
    """Return what reads the rows of an upload, from the first on at each call.

    Raises:
        NotFoundError: The account has no such upload.
        UploadNotReadyError: Its file is still being read, or could not be.
    """
    upload = (await find_upload(engine, account, upload_uuid)).upload
    if upload.status != "ready" or upload.header is None:
        raise UploadNotReadyError(upload.status, upload.error)
    return partial(_batches, engine, upload.id, upload.header)


def file_rows(file: IO[bytes], account: Account) -> RowBatches:
    """Return what reads the rows of a file on disk, from the first on at each call.

    It raises ``SheetError`` where the file is refused.
    """
    return partial(_file_batches, file, account.number_rules)


async def _file_batches(
    file: IO[bytes], rules: NumberRules
) -> AsyncIterator[Sequence[PersonalRow]]:
    async with reading_sheet(file, rules) as sheet:
        async for batch in sheet.batches:
            yield [_personal_row(sheet.header, row) for row in batch.rows]


async def _batches(
    engine: AsyncEngine, upload_id: int, header: SheetHeader
) -> AsyncIterator[Sequence[PersonalRow]]:
    async with engine.connect() as connection:
        async for rows in stream_rows(connection, upload_id, row_limit=BATCH_ROW_COUNT):
            yield [_personal_row(header, row) for row in rows]


def _personal_row(header: SheetHeader, row: SheetRow) -> PersonalRow:
    # A blank cell is no text of the row's own: the send's takes its place, if there is one.
    text = header.own_text(row.cells) or None
    return PersonalRow(row.row_number, [row.mobile], header.values(row.cells), text)
