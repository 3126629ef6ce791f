"""From a file to rows of recipients, in batches of a bounded size."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BufferedReader

from services.api.domain.sheet_errors import SheetError, SheetFault
from services.api.domain.sheets import (
    SheetHeader,
    SheetLimits,
    SheetRow,
    is_blank,
    read_header,
    read_row,
)
from services.api.sheets.delimited import open_delimited
from services.api.sheets.foreign_files import foreign_kind, is_unmarked_utf_16
from services.api.sheets.records import Record, Records
from shared.domain.msisdn import NumberRules

_HEAD_OCTETS = 1_024
_BATCH_ROWS = 1_000
_BATCH_CHARACTERS = 1 << 18
_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
# [MS-CFB] §2.2: what workbooks before 2007 are, and those with a password to this day.
_COMPOUND_FILE = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")


@dataclass(frozen=True, slots=True)
class SheetBatch:
    """Some rows, in the order of the file, and how far in it they reach."""

    rows: list[SheetRow] = field(repr=False)
    octets_read: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file's header and the rows that follow, read as they are asked for."""

    header: SheetHeader
    warnings: list[str]
    batches: Iterator[SheetBatch] = field(repr=False)


def parse_sheet(file: BufferedReader, rules: NumberRules, limits: SheetLimits) -> Sheet:
    """Recognise a file by what it holds, whatever its name says, and read it.

    Args:
        file: Seekable; read from its beginning.
        rules: The account's.
        limits: How much a file may hold.

    Raises:
        SheetError: It is refused; for what a later row breaks, while the batches are read.
    """
    records = _open(file, limits)
    first = next((record for record in records.rows if not is_blank(record.cells)), None)
    if first is None:
        raise SheetError(SheetFault.EMPTY)
    header = read_header(first.cells, row_number=first.row_number, limits=limits)
    ahead = [] if header.has_names else [first]
    return Sheet(header, records.warnings, _batches(header, ahead, records, rules, limits))


def _open(file: BufferedReader, limits: SheetLimits) -> Records:
    file.seek(0)
    head = file.read(_HEAD_OCTETS)
    if head.startswith((_ZIP, _EMPTY_ZIP)):
        # openpyxl takes half a second to import, and most files are text.
        from services.api.sheets.workbook import open_workbook  # noqa: PLC0415

        return open_workbook(file, limits)
    if head.startswith(_COMPOUND_FILE):
        is_encrypted = _holds(file, _ENCRYPTED_STREAM)
        raise SheetError(SheetFault.ENCRYPTED if is_encrypted else SheetFault.LEGACY_WORKBOOK)
    kind = foreign_kind(head)
    if kind is not None:
        raise SheetError(SheetFault.NOT_A_TABLE, what=kind)
    if is_unmarked_utf_16(head):
        raise SheetError(SheetFault.NOT_TEXT)
    return open_delimited(file, limits)


def _holds(file: BufferedReader, wanted: bytes) -> bool:
    file.seek(0)
    overlap = b""
    while chunk := file.read(1 << 18):
        if wanted in overlap + chunk:
            return True
        overlap = chunk[-len(wanted) :]
    return False


def _batches(
    header: SheetHeader,
    ahead: list[Record],
    records: Records,
    rules: NumberRules,
    limits: SheetLimits,
) -> Iterator[SheetBatch]:
    rows: list[SheetRow] = []
    row_count = character_count = 0
    for source in (ahead, records.rows):
        for row_number, cells in source:
            if is_blank(cells):
                continue
            row_count += 1
            if row_count > limits.rows:
                what = str(limits.rows)
                raise SheetError(SheetFault.TOO_MANY_ROWS, row=row_number, what=what)
            row = read_row(header, cells, row_number=row_number, rules=rules, limits=limits)
            rows.append(row)
            character_count += sum(map(len, row.cells))
            if len(rows) == _BATCH_ROWS or character_count > _BATCH_CHARACTERS:
                yield SheetBatch(rows, records.octets_read())
                rows, character_count = [], 0
    if not row_count:
        raise SheetError(SheetFault.EMPTY)
    yield SheetBatch(rows, records.octets_read())
