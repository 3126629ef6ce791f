"""Records of a text file, one at a time: csv with any usual separator, or numbers line by line."""

import codecs
import csv
from collections.abc import Iterator
from io import BufferedReader, TextIOWrapper
from itertools import chain

from services.api.domain.delimiters import declared_delimiter, find_delimiter
from services.api.domain.sheet_errors import SheetError, SheetFault
from services.api.domain.sheets import SheetLimits
from services.api.sheets.records import Record, Records

_CHUNK_OCTETS = 1 << 18
_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
NOT_UTF_8 = (
    "The file is not UTF-8 and was read as Windows-1252; if its texts look wrong, save it as CSV"
    " UTF-8 and upload it again."
)


def open_delimited(file: BufferedReader, limits: SheetLimits) -> Records:
    """Read a text file from its beginning, line by line.

    Raises:
        SheetError: Its octets are no text; or, while records are read, it breaks a rule of csv.
    """
    encoding, warnings = _encoding_of(file)
    # The decoder reads ahead of what is parsed, by less than a progress bar shows.
    return Records(_records(file, encoding, limits), warnings, octets_read=file.tell)


def _encoding_of(file: BufferedReader) -> tuple[str, list[str]]:
    """Recognise the encoding by reading the whole file once: any octet may be the odd one.

    Raises:
        SheetError: It is none that is read.
    """
    file.seek(0)
    head = file.read(4)
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig", []
    if head.startswith(_UTF_16_MARKS):
        return "utf-16", []
    if _is_in(file, "utf-8"):
        return "utf-8", []
    if _is_in(file, "cp1252"):
        return "cp1252", [NOT_UTF_8]
    raise SheetError(SheetFault.NOT_TEXT)


def _is_in(file: BufferedReader, encoding: str) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while chunk := file.read(_CHUNK_OCTETS):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _records(file: BufferedReader, encoding: str, limits: SheetLimits) -> Iterator[Record]:
    file.seek(0)
    text = TextIOWrapper(file, encoding=encoding, newline="")
    # The limit is the interpreter's, and this process reads one file in its life.
    csv.field_size_limit(limits.cell_characters)
    row_number = 0
    try:
        delimiter, row_number, lines = _recognised(
            _lines(text, limits.columns * limits.cell_characters)
        )
        for cells in csv.reader(lines, delimiter=delimiter, strict=True):
            row_number += 1
            yield Record(row_number, cells)
    except UnicodeError as error:
        raise SheetError(SheetFault.NOT_TEXT, row=row_number + 1) from error
    except csv.Error as error:
        # The module has one class for both.
        is_long = "limit" in str(error)
        fault = SheetFault.CELL_TOO_LONG if is_long else SheetFault.BAD_QUOTE
        what = str(limits.cell_characters)
        raise SheetError(fault, row=row_number + 1, what=what) from error
    finally:
        # Or it would close the file, which is the caller's.
        if not file.closed:
            text.detach()


def _recognised(lines: Iterator[str]) -> tuple[str, int, Iterator[str]]:
    """Return the separator, how many rows were used up to know it, and the lines that follow."""
    first = next(lines, "")
    declared = declared_delimiter(first)
    if declared is not None:
        return declared, 1, lines
    blank: list[str] = []
    while first and not first.strip():
        blank.append("\n")
        first = next(lines, "")
    return find_delimiter(first), 0, chain(blank, [first], lines)


def _lines(text: TextIOWrapper, longest: int) -> Iterator[str]:
    while line := text.readline(longest):
        if len(line) == longest:
            # No row is as long, and the rest of the file may be one line.
            raise csv.Error
        yield line
