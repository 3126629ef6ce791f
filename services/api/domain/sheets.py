"""A file's rows as recipients: which column is the number, which the text, and what a row says."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from services.api.domain.column_names import column_key
from services.api.domain.sheet_errors import SheetError, SheetFault
from services.api.domain.sheet_numbers import (
    CELL_ERROR,
    has_error,
    is_number_like,
    read_number,
    shown,
)
from shared.domain.msisdn import NumberRules

# Compared without case and without what is no letter: "Mobile No." is "mobileno".
_NUMBER_NAMES = frozenset(
    {"phone", "phoneno", "phonenumber", "mobile", "mobileno", "mobilenumber", "msisdn"}
    | {"cell", "cellphone", "cellnumber", "mobilephone", "telephone", "tel"}
)
# These may name something else beside one of those above.
_WEAK_NUMBER_NAMES = frozenset({"number", "to", "recipient", "contact", "contactnumber"})
_MESSAGE_NAMES = frozenset({"message", "msg"})
_MAX_NAME_LENGTH = 100
_SHOWN_NAMES = 10


@dataclass(frozen=True, slots=True)
class SheetLimits:
    """How much one file may hold; the default is what the documentation says."""

    rows: int = 1_000_000
    columns: int = 200
    cell_characters: int = 10_000


@dataclass(frozen=True, slots=True)
class SheetHeader:
    """What the columns are.

    Attributes:
        columns: Their names as written, from the left; no two alike but for case.
        mobile_column: Place of the numbers among them, from 0.
        message_column: Place of each row's own text; None where there is no such column.
        has_names: Whether the first row names the columns; otherwise it is a recipient already.
    """

    columns: list[str]
    mobile_column: int
    message_column: int | None
    has_names: bool = True

    def values(self, cells: Sequence[str]) -> dict[str, str]:
        """Return a row's cells by the keys of their columns, as placeholders look for them."""
        return {column_key(name): cell for name, cell in zip(self.columns, cells, strict=True)}

    def own_text(self, cells: Sequence[str]) -> str | None:
        """Return a row's own text; None where no column holds texts."""
        return None if self.message_column is None else cells[self.message_column]


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row that is not blank.

    Attributes:
        row_number: As a spreadsheet counts, from 1, with header and blank rows.
        mobile: The number as written, cut to 64 characters.
        msisdn: E.164 digits; None where the row is rejected.
        rejection: Code of the reason why the row gets no SMS; None where it does.
        cells: One for each column.
    """

    row_number: int
    mobile: str = field(repr=False)
    msisdn: int | None = field(repr=False)
    rejection: str | None
    cells: list[str] = field(repr=False)


def read_header(first_row: Sequence[str], *, row_number: int, limits: SheetLimits) -> SheetHeader:
    """Find out from a file's first row what its columns are.

    Raises:
        SheetError: No column, or more than one, could be the number's; or names are missing,
            alike or too many.
    """
    _check_cells(first_row, row_number, limits)
    names = [" ".join(name.split()) for name in first_row]
    while names and not names[-1]:
        names.pop()
    if len(names) > limits.columns:
        raise SheetError(SheetFault.TOO_MANY_COLUMNS, row=row_number, what=str(limits.columns))
    mobile_column = _number_column(names, row_number)
    if mobile_column is None:
        if not is_number_like(first_row[0]):
            what = _listed(names)
            raise SheetError(SheetFault.NO_NUMBER_COLUMN, row=row_number, what=what)
        others = [f"column{place}" for place in range(2, len(names) + 1)]
        return SheetHeader(["mobile", *others], 0, None, has_names=False)
    _check_names(names, row_number)
    message_columns = _places(names, _MESSAGE_NAMES)
    if len(message_columns) > 1:
        what = _listed(names[place] for place in message_columns)
        raise SheetError(SheetFault.SEVERAL_MESSAGE_COLUMNS, row=row_number, what=what)
    return SheetHeader(names, mobile_column, message_columns[0] if message_columns else None)


def read_row(
    header: SheetHeader,
    cells: Sequence[str],
    *,
    row_number: int,
    rules: NumberRules,
    limits: SheetLimits,
) -> SheetRow:
    """Read one row; missing cells are empty.

    Raises:
        SheetError: A cell stands outside of the columns, is too long, or holds what no text can.
    """
    _check_cells(cells, row_number, limits)
    width = len(header.columns)
    if any(cell.strip() for cell in cells[width:]):
        raise SheetError(SheetFault.EXTRA_CELLS, row=row_number, what=str(width))
    whole = [*cells[:width], *[""] * (width - len(cells))]
    mobile = whole[header.mobile_column]
    msisdn, rejection = read_number(mobile, rules)
    if rejection is None and has_error(whole):
        msisdn, rejection = None, CELL_ERROR
    return SheetRow(row_number, shown(mobile), msisdn, rejection, whole)


def is_blank(cells: Iterable[str]) -> bool:
    """Tell whether a row holds nothing that could be seen."""
    return not any(map(str.strip, cells))


def names_a_number(name: str) -> bool:
    """Tell whether a column of this name is one of numbers."""
    return _folded(name) in _NUMBER_NAMES | _WEAK_NUMBER_NAMES


def _folded(name: str) -> str:
    return "".join(filter(str.isalpha, name.casefold()))


def _places(names: Sequence[str], wanted: frozenset[str]) -> list[int]:
    return [place for place, name in enumerate(names) if _folded(name) in wanted]


def _number_column(names: Sequence[str], row_number: int) -> int | None:
    places = _places(names, _NUMBER_NAMES) or _places(names, _WEAK_NUMBER_NAMES)
    if len(places) > 1:
        alike = [names[place] for place in places]
        fault = SheetFault.SEVERAL_NUMBER_COLUMNS
        if len(set(map(column_key, alike))) < len(alike):
            fault = SheetFault.DUPLICATE_COLUMNS
        raise SheetError(fault, row=row_number, what=_listed(alike))
    return places[0] if places else None


def _check_names(names: Sequence[str], row_number: int) -> None:
    unnamed = [str(place) for place, name in enumerate(names, start=1) if not name]
    if unnamed:
        what = ", ".join(unnamed[:_SHOWN_NAMES])
        raise SheetError(SheetFault.UNNAMED_COLUMNS, row=row_number, what=what)
    counts = Counter(map(column_key, names))
    alike = [name for name in names if counts[column_key(name)] > 1]
    if alike:
        raise SheetError(SheetFault.DUPLICATE_COLUMNS, row=row_number, what=_listed(alike))
    if max(map(len, names)) > _MAX_NAME_LENGTH:
        raise SheetError(SheetFault.CELL_TOO_LONG, row=row_number, what=str(_MAX_NAME_LENGTH))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(name[:40] for name in list(names)[:_SHOWN_NAMES])


def _check_cells(cells: Sequence[str], row_number: int, limits: SheetLimits) -> None:
    whole = "".join(cells)
    if len(whole) > limits.cell_characters and max(map(len, cells)) > limits.cell_characters:
        what = str(limits.cell_characters)
        raise SheetError(SheetFault.CELL_TOO_LONG, row=row_number, what=what)
    if "\0" in whole:
        what = "the character NUL"
        raise SheetError(SheetFault.FORBIDDEN_CHARACTER, row=row_number, what=what)
    if not whole.isascii() and _has_surrogate(whole):
        what = "half of a surrogate pair"
        raise SheetError(SheetFault.FORBIDDEN_CHARACTER, row=row_number, what=what)


def _has_surrogate(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
