"""Accept any send: one text for many, or a text of each recipient's own."""

from services.api.operations.accepting import SendContext
from services.api.operations.replaying import Repeats
from services.api.operations.row_sources import (
    BATCH_ROW_COUNT,
    RowSource,
    copied_rows,
    file_rows,
    group_rows,
    listed_rows,
    upload_rows,
)
from services.api.operations.send_values import Accepted, SendCommand
from services.api.operations.submit_campaign import submit_campaign
from services.api.operations.submit_personal import submit_personal
from services.api.storage.accounts import Account
from services.api.storage.reports import RecipientFilter


async def accept_send(context: SendContext, account: Account, command: SendCommand) -> Accepted:
    """Accept a send, or refuse it whole.

    When this returns, the campaign, its messages and its jobs are committed: whatever happens to
    this process, the worker will send them. A dry run checks all the same and stores nothing. A
    repeat of an earlier send gets that one's answer, whatever has become of its upload.

    Raises:
        DomainError: The send is refused; nothing is stored, and no link number is used up.
        IdempotencyConflictError: Its idempotency key came before with another request.
        NotFoundError: The account has no such upload.
        UnknownGroupError: The account has no such contact group.
        UploadNotReadyError: Its rows are not read yet, or could not be.
        SheetError: Its file cannot be read.
        SendsBusyError: It is large, and as many large ones are under way as may.
    """
    repeats = Repeats(context.engine, context.clock, account.id)
    earlier = await repeats.find(command)
    if earlier is not None:
        return earlier
    source = row_source(context, account, command)
    if source is None:
        return await submit_campaign(context, account, command, repeats)
    if command.rows is not None and len(command.rows) <= BATCH_ROW_COUNT:
        return await submit_personal(context, account, command, source, repeats)
    async with context.large_sends.place():
        return await submit_personal(context, account, command, source, repeats)


def row_source(context: SendContext, account: Account, command: SendCommand) -> RowSource | None:
    """Return what reads the rows of a send; None of one text to a list of numbers."""
    if command.upload_id is not None:
        return upload_rows(context.engine, account, command.upload_id)
    if command.groups:
        return group_rows(context.engine, account, command.groups)
    if command.copy_of is not None:
        which = command.copying.which if command.copying else RecipientFilter.ALL
        return copied_rows(context.engine, account, command.copy_of, which)
    if command.file is not None:
        return file_rows(command.file, account)
    if command.rows is not None:
        return listed_rows(command.rows)
    return None
