"""Accept any send: one text for many, or a text of each recipient's own."""

from collections.abc import AsyncIterator, Sequence
from functools import partial

from services.api.domain.composing import PersonalRow
from services.api.operations.accepting import SendContext
from services.api.operations.send_values import Accepted, SendCommand
from services.api.operations.submit_campaign import submit_campaign
from services.api.operations.submit_personal import (
    BATCH_ROW_COUNT,
    RowBatches,
    submit_personal,
)
from services.api.operations.uploaded_rows import file_rows, ready_rows
from services.api.storage.accounts import Account


async def accept_send(context: SendContext, account: Account, command: SendCommand) -> Accepted:
    """Accept a send, or refuse it whole.

    Raises:
        DomainError: The send is refused; nothing is stored.
        NotFoundError: The account has no such upload.
        UploadNotReadyError: Its rows are not read yet, or could not be.
        SheetError: Its file cannot be read.
        SendsBusyError: It is large, and as many large ones are under way as may.
    """
    rows = await _personal_rows(context, account, command)
    if rows is None:
        return await submit_campaign(context, account, command)
    if command.rows is not None and len(command.rows) <= BATCH_ROW_COUNT:
        return await submit_personal(context, account, command, rows)
    async with context.large_sends.place():
        return await submit_personal(context, account, command, rows)


async def _personal_rows(
    context: SendContext, account: Account, command: SendCommand
) -> RowBatches | None:
    if command.upload_id is not None:
        return await ready_rows(context.engine, account, command.upload_id)
    if command.file is not None:
        return file_rows(command.file, account)
    if command.rows is not None:
        return partial(_batches, command.rows)
    return None


async def _batches(rows: Sequence[PersonalRow]) -> AsyncIterator[Sequence[PersonalRow]]:
    for first in range(0, len(rows), BATCH_ROW_COUNT):
        yield rows[first : first + BATCH_ROW_COUNT]
