"""Where the rows of a send come from: the request, a file, an upload, groups, another send."""

import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from typing import IO, TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.domain.column_names import column_key
from services.api.domain.composing import PersonalRow
from services.api.domain.contact_groups import (
    NUMBER_KEYS,
    ContactColumns,
    EmptyGroupError,
    UnknownGroupError,
    folded_name,
    to_uuid,
)
from services.api.domain.errors import NotFoundError
from services.api.domain.sheet_numbers import NumberCell
from services.api.domain.sheets import SheetHeader, SheetRow
from services.api.domain.upload_errors import UploadNotReadyError
from services.api.operations.find_uploads import as_known
from services.api.operations.upload_reading import SILENCE
from services.api.sheets.reading import SheetReading, reading_sheet
from services.api.storage.accounts import Account
from services.api.storage.contact_groups import (
    Contact,
    ContactGroup,
    find_groups,
    stream_contacts,
)
from services.api.storage.copied_campaigns import find_to_copy, stream_texts
from services.api.storage.reports import RecipientFilter
from services.api.storage.uploads import Upload, find_upload, stream_rows

BATCH_ROW_COUNT = 2_000


@dataclass(frozen=True, slots=True)
class PersonalRows:
    """The rows of a send, to be read once.

    Attributes:
        columns: What all rows have; None where each has its own.
        warnings: What the sender should know of how a file was read.
    """

    batches: AsyncIterator[Sequence[PersonalRow]] = field(repr=False)
    columns: Sequence[str] | None = None
    warnings: Sequence[str] = ()


# Every call begins anew with the first row.
RowSource: TypeAlias = Callable[[], AbstractAsyncContextManager[PersonalRows]]


def listed_rows(rows: Sequence[PersonalRow]) -> RowSource:
    """Return what reads the rows that a request lists."""
    return partial(_listed, rows)


def file_rows(file: IO[bytes], account: Account) -> RowSource:
    """Return what reads the rows of a file on disk.

    It raises ``SheetError`` where the file is refused.
    """
    return partial(_file, file, account)


def upload_rows(engine: AsyncEngine, account: Account, upload_uuid: uuid.UUID) -> RowSource:
    """Return what reads the rows of an upload, all of them even if it is deleted meanwhile.

    It raises ``NotFoundError`` if the account has no such upload, and ``UploadNotReadyError`` if
    its file is still being read, or could not be.
    """
    return partial(_upload, engine, account, upload_uuid)


def group_rows(engine: AsyncEngine, account: Account, asked: Sequence[str]) -> RowSource:
    """Return what reads the contacts of groups, each number once, as they are at one moment.

    It raises ``UnknownGroupError`` where a name or id is no group's of the account, and
    ``EmptyGroupError`` if none of them holds anybody.
    """
    return partial(_groups, engine, account, asked)


def copied_rows(
    engine: AsyncEngine, account: Account, campaign_uuid: uuid.UUID, which: RecipientFilter
) -> RowSource:
    """Return what reads the texts of a campaign, all or those of some recipients, to send again.

    It raises ``NotFoundError`` if the account has no such campaign.
    """
    return partial(_copied, engine, account, campaign_uuid, which)


def first_rows(source: RowSource, row_count: int) -> RowSource:
    """Return what reads the first rows of a source alone, and so takes no longer for many."""
    return partial(_first, source, row_count)


@asynccontextmanager
async def _first(source: RowSource, row_count: int) -> AsyncIterator[PersonalRows]:
    async def batches() -> AsyncIterator[Sequence[PersonalRow]]:
        batch = await anext(aiter(rows.batches), ())
        yield batch[:row_count]

    async with source() as rows:
        yield replace(rows, batches=batches())


@asynccontextmanager
async def _listed(rows: Sequence[PersonalRow]) -> AsyncIterator[PersonalRows]:
    async def batches() -> AsyncIterator[Sequence[PersonalRow]]:
        for first in range(0, len(rows), BATCH_ROW_COUNT):
            yield rows[first : first + BATCH_ROW_COUNT]

    yield PersonalRows(batches())


@asynccontextmanager
async def _file(file: IO[bytes], account: Account) -> AsyncIterator[PersonalRows]:
    async with reading_sheet(file, account.number_rules) as sheet:
        yield PersonalRows(_file_batches(sheet), sheet.header.columns, sheet.warnings)


async def _file_batches(sheet: SheetReading) -> AsyncIterator[Sequence[PersonalRow]]:
    async for batch in sheet.batches:
        yield [_personal_row(sheet.header, row) for row in batch.rows]


@asynccontextmanager
async def _upload(
    engine: AsyncEngine, account: Account, upload_uuid: uuid.UUID
) -> AsyncIterator[PersonalRows]:
    # One snapshot for all batches: what is deleted meanwhile is still there.
    snapshots = engine.execution_options(isolation_level="REPEATABLE READ")
    async with snapshots.connect() as connection:
        upload = await find_upload(connection, account.id, upload_uuid, silence=SILENCE)
        if upload is None:
            raise NotFoundError("upload")
        upload = as_known(upload)
        if upload.status != "ready" or upload.header is None:
            raise UploadNotReadyError(upload.status, upload.error)
        batches = _upload_batches(connection, account, upload, upload.header)
        yield PersonalRows(batches, upload.header.columns, upload.warnings)


async def _upload_batches(
    connection: AsyncConnection, account: Account, upload: Upload, header: SheetHeader
) -> AsyncIterator[Sequence[PersonalRow]]:
    rows = stream_rows(connection, account.id, upload.id, row_limit=BATCH_ROW_COUNT)
    async for batch in rows:
        yield [_personal_row(header, row) for row in batch]


@asynccontextmanager
async def _groups(
    engine: AsyncEngine, account: Account, asked: Sequence[str]
) -> AsyncIterator[PersonalRows]:
    # One snapshot for all batches: the send goes to whom the groups hold when it is accepted.
    snapshots = engine.execution_options(isolation_level="REPEATABLE READ")
    async with snapshots.connect() as connection:
        groups = await _found_groups(connection, account, asked)
        if not any(group.contact_count for group in groups):
            raise EmptyGroupError
        columns = ContactColumns(name for group in groups for name in group.columns)
        batches = _group_batches(connection, account, groups, columns.names)
        yield PersonalRows(batches, [*sorted(NUMBER_KEYS), *columns.names])


async def _found_groups(
    connection: AsyncConnection, account: Account, asked: Sequence[str]
) -> list[ContactGroup]:
    """Return the groups that are asked for in that order, each once.

    Raises:
        UnknownGroupError: One is none of the account's.
    """
    ids = {text: to_uuid(text) for text in asked}
    by_uuid, by_name = await find_groups(
        connection,
        account.id,
        uuids=[each for each in ids.values() if each is not None],
        names=[folded_name(text) for text in asked],
    )
    found: dict[int, ContactGroup] = {}
    for text, named in ids.items():
        group = by_name.get(folded_name(text)) if named is None else by_uuid.get(named)
        if group is None:
            raise UnknownGroupError(text)
        found[group.id] = group
    return list(found.values())


async def _group_batches(
    connection: AsyncConnection,
    account: Account,
    groups: Sequence[ContactGroup],
    columns: Sequence[str],
) -> AsyncIterator[Sequence[PersonalRow]]:
    # What a contact has not is blank, as an empty cell of a file is.
    blank = dict.fromkeys(map(column_key, columns), "")
    number = count(1)
    ids = [group.id for group in groups]
    contacts = stream_contacts(connection, account.id, ids, row_limit=BATCH_ROW_COUNT)
    async for batch in contacts:
        yield [_contact_row(next(number), contact, blank) for contact in batch]


def _contact_row(number: int, contact: Contact, blank: dict[str, str]) -> PersonalRow:
    mobile = str(contact.msisdn)
    own = {column_key(name): value for name, value in contact.columns.items()}
    return PersonalRow(
        number=number,
        mobiles=[mobile],
        values=blank | own | dict.fromkeys(NUMBER_KEYS, mobile),
        cell=NumberCell(contact.msisdn, None),
    )


@asynccontextmanager
async def _copied(
    engine: AsyncEngine, account: Account, campaign_uuid: uuid.UUID, which: RecipientFilter
) -> AsyncIterator[PersonalRows]:
    async with engine.connect() as connection:
        campaign = await find_to_copy(connection, account.id, campaign_uuid)
        if campaign is None:
            raise NotFoundError("campaign")
        yield PersonalRows(_copied_batches(connection, account, campaign.id, which))


async def _copied_batches(
    connection: AsyncConnection, account: Account, campaign_id: int, which: RecipientFilter
) -> AsyncIterator[Sequence[PersonalRow]]:
    texts = stream_texts(
        connection, account.id, campaign_id, which=which, row_limit=BATCH_ROW_COUNT
    )
    async for batch in texts:
        yield [
            PersonalRow(
                number=each.position + 1,
                mobiles=[str(each.msisdn)],
                values={},
                text=each.body,
                cell=NumberCell(each.msisdn, None),
            )
            for each in batch
        ]


def _personal_row(header: SheetHeader, row: SheetRow) -> PersonalRow:
    return PersonalRow(
        number=row.row_number,
        mobiles=[row.mobile],
        values=header.values(row.cells),
        # A blank cell is no text of the row's own: the send's takes its place, if there is one.
        text=header.own_text(row.cells) or None,
        cell=NumberCell(row.msisdn, row.rejection),
    )
