"""Why a file of recipients is refused whole, for people and for programs."""

from enum import StrEnum
from typing import ClassVar

from typing_extensions import override

from shared.domain.errors import DomainError


class SheetFault(StrEnum):
    """What is wrong with a file; the value is the stable code that clients see."""

    EMPTY = "empty_file"
    NOT_TEXT = "not_text"
    NOT_A_TABLE = "not_a_table"
    BAD_QUOTE = "bad_quote"
    LEGACY_WORKBOOK = "legacy_workbook"
    ENCRYPTED = "encrypted_workbook"
    NOT_A_WORKBOOK = "not_a_workbook"
    DAMAGED_WORKBOOK = "damaged_workbook"
    SWOLLEN_WORKBOOK = "swollen_workbook"
    NO_NUMBER_COLUMN = "no_number_column"
    SEVERAL_NUMBER_COLUMNS = "several_number_columns"
    SEVERAL_MESSAGE_COLUMNS = "several_message_columns"
    DUPLICATE_COLUMNS = "duplicate_columns"
    UNNAMED_COLUMNS = "unnamed_columns"
    TOO_MANY_COLUMNS = "too_many_columns"
    TOO_MANY_ROWS = "too_many_rows"
    EXTRA_CELLS = "extra_cells"
    CELL_TOO_LONG = "cell_too_long"
    FORBIDDEN_CHARACTER = "forbidden_character"
    UNREADABLE = "unreadable_file"


_MESSAGES = {
    SheetFault.EMPTY: "The file holds no rows.",
    SheetFault.NOT_TEXT: (
        "The text is neither UTF-8, nor UTF-16 with a byte order mark, nor Windows-1252; save it"
        " as CSV UTF-8."
    ),
    SheetFault.NOT_A_TABLE: "This is {what}, whatever its name says; send .xlsx, .csv or .txt.",
    SheetFault.BAD_QUOTE: (
        'A quote is not closed, or stands inside a quoted cell without being doubled (""); or the'
        " line never ends."
    ),
    SheetFault.LEGACY_WORKBOOK: "This is a workbook of Excel 2003 or older; save it as .xlsx.",
    SheetFault.ENCRYPTED: "The workbook is protected by a password; save it without one.",
    SheetFault.NOT_A_WORKBOOK: (
        "This is a ZIP file but no Excel workbook with a visible sheet; send .xlsx, .csv or .txt."
    ),
    SheetFault.DAMAGED_WORKBOOK: (
        "The workbook is damaged or of an unusual kind; open it in Excel and save it as .xlsx."
    ),
    SheetFault.SWOLLEN_WORKBOOK: (
        "The workbook is far larger unpacked than packed; save it as .csv, or split it."
    ),
    SheetFault.NO_NUMBER_COLUMN: (
        "No column is named Phone, Mobile, MSISDN or the like, and the first row holds no number"
        " in its first cell; name the column of numbers Phone. The first row is: {what}"
    ),
    SheetFault.SEVERAL_NUMBER_COLUMNS: (
        "Several columns name a number: {what}; give all but one another name."
    ),
    SheetFault.SEVERAL_MESSAGE_COLUMNS: (
        "Several columns name the text: {what}; give all but one another name."
    ),
    SheetFault.DUPLICATE_COLUMNS: "Columns share a name: {what}; give each a name of its own.",
    SheetFault.UNNAMED_COLUMNS: "Columns lack a name: number {what} from the left; name them.",
    SheetFault.TOO_MANY_COLUMNS: "There are more than {what} columns; leave out what is not used.",
    SheetFault.TOO_MANY_ROWS: "There are more than {what} rows; split the file.",
    SheetFault.EXTRA_CELLS: (
        "There are more cells than the {what} columns; put a text that holds the separator in"
        " quotes."
    ),
    SheetFault.CELL_TOO_LONG: "A cell is longer than {what} characters.",
    SheetFault.FORBIDDEN_CHARACTER: (
        "A cell holds {what}; save the file as CSV UTF-8 or as .xlsx."
    ),
    SheetFault.UNREADABLE: (
        "The file could not be read: it is damaged, or takes too much memory or time."
    ),
}


class SheetError(DomainError):
    """A file of recipients cannot be taken.

    Attributes:
        fault: Which rule it breaks.
        row: The row that breaks it, as a spreadsheet counts: from 1, with header and blank rows;
            None where no single row does.
        what: The names or the limit that the message speaks of.
    """

    code: ClassVar[str] = "unreadable_file"
    field = "file"

    def __init__(self, fault: SheetFault, *, row: int | None = None, what: str = "") -> None:
        message = _MESSAGES[fault].format(what=what)
        super().__init__(message if row is None else f"Row {row}: {message}")
        self.fault = fault
        self.row = row
        self.what = what

    @property
    @override
    def told_code(self) -> str:
        return self.fault.value
