"""Writing a table as a workbook, row by row, with no more than a row of it in memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

# What a sheet has room for, the row of names included.
MAX_SHEET_ROWS = 1_048_576
COLUMN_WIDTH = 20
DATE_FORMAT = "yyyy-mm-dd hh:mm:ss"
# Nothing of a text is taken for more than a text, whatever it looks like.
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}

Cell = str | float | None


@dataclass(frozen=True, slots=True)
class TableShape:
    """What a table looks like before it has a row.

    Attributes:
        title: The name of its sheet; further sheets add a number.
        columns: Their names.
        date_columns: Which of them, by number, hold serial dates.
    """

    title: str
    columns: Sequence[str]
    date_columns: Sequence[int]


class WorkbookWriter:
    """A workbook that is being written; no file before it is closed.

    Args:
        path: Its file; what is written meanwhile lies beside it.
        shape: Its table.
        max_sheet_rows: Rows of a sheet, the names included; a further sheet has the rest.
    """

    def __init__(
        self, path: Path, shape: TableShape, *, max_sheet_rows: int = MAX_SHEET_ROWS
    ) -> None:
        self._shape = shape
        self._max_sheet_rows = max_sheet_rows
        self._workbook = Workbook(str(path), {**OPTIONS, "tmpdir": str(path.parent)})
        self._names = self._workbook.add_format({"bold": True})
        # As text, so that a number stays one when somebody edits its cell.
        self._text = self._workbook.add_format({"num_format": "@"})
        self._date = self._workbook.add_format({"num_format": DATE_FORMAT})
        self._sheet_count = 0
        self._sheet = self._next_sheet()

    def add(self, row: Sequence[Cell]) -> None:
        """Write a row, on a further sheet if the last is full."""
        if self._row_count == self._max_sheet_rows:
            self._sheet = self._next_sheet()
        for column, value in enumerate(row):
            if isinstance(value, str):
                self._sheet.write_string(self._row_count, column, value, self._text)
            elif value is not None:
                is_date = column in self._shape.date_columns
                style = self._date if is_date else None
                self._sheet.write_number(self._row_count, column, value, style)
        self._row_count += 1

    def close(self) -> None:
        """Put the file together."""
        self._workbook.close()

    def _next_sheet(self) -> Worksheet:
        self._sheet_count += 1
        number = f" {self._sheet_count}" if self._sheet_count > 1 else ""
        sheet = self._workbook.add_worksheet(f"{self._shape.title}{number}")
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(self._shape.columns) - 1, COLUMN_WIDTH)
        for column, name in enumerate(self._shape.columns):
            sheet.write_string(0, column, name, self._names)
        self._row_count = 1
        return sheet
