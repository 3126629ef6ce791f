"""Records of a worksheet's XML, streamed: nothing is kept of a row once it is handed on."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol

from openpyxl.utils.datetime import from_excel, from_ISO8601
from openpyxl.utils.escape import unescape

from services.api.domain.sheet_cells import CellValue, cell_text
from services.api.domain.sheet_errors import SheetError, SheetFault
from services.api.domain.sheets import SheetLimits
from services.api.sheets.records import Record
from services.api.sheets.xml_events import prefix_of, xml_parser

_DIGITS = "0123456789"
_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
# The last row is 1,048,576, the last column XFD.
_ROW_DIGITS = 7
_COLUMN_LETTERS = 3
# Of a number's text, no more is ever needed; of a string's, the limit says.
_NUMBER_CHARACTERS = 64


Moment = datetime | date | time | timedelta


class Strings(Protocol):
    """The shared strings by their numbers."""

    def __getitem__(self, number: int) -> str:
        """Return a string."""
        ...


@dataclass(frozen=True, slots=True)
class DateFormats:
    """Which cell styles show a number as a date, and from when days are counted."""

    epoch: datetime
    dates: frozenset[int]
    durations: frozenset[int]


@lru_cache(maxsize=1024)
def column_of(letters: str) -> int:
    """Return a column's place from 0: A is 0, Z is 25, AA is 26; -1 where it is none."""
    if not _LETTERS.issuperset(letters) or len(letters) > _COLUMN_LETTERS:
        return -1
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1


def read_worksheet(
    chunks: Iterable[bytes], strings: Strings, formats: DateFormats, limits: SheetLimits
) -> Iterator[Record]:
    """Read a worksheet's rows as its XML comes in.

    Yields:
        Each row, blank ones too where the XML has them.

    Raises:
        ExpatError: The XML is not well-formed.
        SheetError: A cell holds what none can, or more than the limits allow.
    """
    collector = _RowCollector(strings, formats, limits)
    parser = xml_parser(collector.on_start, collector.on_end, collector.on_text)
    for chunk in chunks:
        parser.Parse(chunk, False)  # noqa: FBT003 -- takes no keyword
        yield from collector.take()
    parser.Parse(b"", True)  # noqa: FBT003
    yield from collector.take()


class _RowCollector:
    """What expat calls back, some twenty times a row: it puts cells together to rows."""

    def __init__(self, strings: Strings, formats: DateFormats, limits: SheetLimits) -> None:
        self._strings = strings
        self._formats = formats
        self._limits = limits
        self._names: tuple[str, ...] | None = None
        self._rows: list[Record] = []
        self._row_number = 0
        self._cells: list[str] = []
        self._column = -1
        self._kind = "n"
        self._style = "0"
        self._pieces: list[str] = []
        self._length = 0
        self._is_text = False
        self._phonetic_depth = 0

    def take(self) -> Sequence[Record]:
        """Hand on the rows that are complete."""
        rows, self._rows = self._rows, []
        return rows

    def on_start(self, name: str, attributes: dict[str, str]) -> None:
        """Begin a row, a cell, or what a cell holds."""
        if self._names is None:
            prefix = prefix_of(name)
            self._names = tuple(prefix + local for local in ("c", "v", "row", "t", "rPh"))
        cell, value, row, text, phonetic = self._names
        if name == cell:
            reference = attributes.get("r")
            self._column = column_of(reference.rstrip(_DIGITS)) if reference else self._column + 1
            self._kind = attributes.get("t", "n")
            self._style = attributes.get("s", "0")
            self._pieces, self._length = [], 0
        elif name == value:
            self._is_text = True
        elif name == row:
            self._begin_row(attributes)
        elif name == text:
            self._is_text = self._kind == "inlineStr" and not self._phonetic_depth
        elif name == phonetic:
            self._phonetic_depth += 1

    def on_text(self, text: str) -> None:
        """Gather a cell's text, as far as it is of use."""
        if self._is_text and self._length <= self._limits.cell_characters:
            self._pieces.append(text)
            self._length += len(text)

    def on_end(self, name: str) -> None:
        """End a row, a cell, or what a cell holds."""
        cell, value, row, text, phonetic = self._names or ("",) * 5
        if name == value:
            self._is_text = False
        elif name == cell:
            if self._pieces:
                self._end_cell()
        elif name == row:
            self._rows.append(Record(self._row_number, self._cells))
        elif name == text:
            self._is_text = False
        elif name == phonetic:
            self._phonetic_depth -= 1

    def _begin_row(self, attributes: dict[str, str]) -> None:
        number = attributes.get("r", "")
        is_number = number.isascii() and number.isdigit() and len(number) <= _ROW_DIGITS
        self._row_number = int(number) if is_number else self._row_number + 1
        self._cells = []
        self._column = -1

    def _end_cell(self) -> None:
        text = "".join(self._pieces)
        self._pieces = []
        if not 0 <= self._column < self._limits.columns:
            what = str(self._limits.columns)
            raise SheetError(SheetFault.TOO_MANY_COLUMNS, row=self._row_number, what=what)
        try:
            value = self._value(text)
        except (ValueError, IndexError, OverflowError) as error:
            raise SheetError(SheetFault.DAMAGED_WORKBOOK, row=self._row_number) from error
        written = value if isinstance(value, str) else cell_text(value)
        missing = self._column - len(self._cells)
        if missing < 0:
            # The same cell twice, or an earlier one: the last word counts.
            self._cells[self._column] = written
            return
        if missing:
            self._cells += [""] * missing
        self._cells.append(written)

    def _value(self, text: str) -> CellValue:
        match self._kind:
            case "s":
                return self._strings[int(text)]
            case "str" | "inlineStr":
                return unescape(text)
            case "b":
                return text.strip() == "1"
            case "e":
                return text
            case "d":
                return _moment(from_ISO8601(text))  # type: ignore[no-untyped-call]
            case _:
                return self._number(text[:_NUMBER_CHARACTERS])

    def _number(self, text: str) -> CellValue:
        is_whole = text.isascii() and text.isdigit()
        style = int(self._style)
        if style not in self._formats.dates:
            return int(text) if is_whole else float(text)
        is_duration = style in self._formats.durations
        return _moment(from_excel(float(text), self._formats.epoch, timedelta=is_duration))


def _moment(value: object) -> Moment:
    # openpyxl has no types to say what it returns.
    if not isinstance(value, Moment):
        raise ValueError  # noqa: TRY004 -- the file's fault, not a caller's
    return value
