"""Columns are recognised, rows are read, and what is wrong is named with its row."""

import pytest

from services.api.domain.sheet_errors import SheetError, SheetFault
from services.api.domain.sheet_numbers import CELL_ERROR
from services.api.domain.sheets import (
    SheetHeader,
    SheetLimits,
    SheetRow,
    is_blank,
    names_a_number,
    read_header,
    read_row,
)
from shared.domain.msisdn import NumberRules

INDIA = NumberRules("IN")
LIMITS = SheetLimits(rows=10, columns=4, cell_characters=120)
HEADER = SheetHeader(["Phone", "Message", "Name"], 0, 1)


def ids(value: object) -> str | None:
    return ",".join(value)[:20] if isinstance(value, list) else None


def header_of(*names: str) -> SheetHeader:
    return read_header(names, row_number=3, limits=LIMITS)


def row_of(*cells: str, header: SheetHeader = HEADER) -> SheetRow:
    return read_row(header, cells, row_number=7, rules=INDIA, limits=LIMITS)


def refusal(*names: str) -> SheetError:
    with pytest.raises(SheetError) as refused:
        header_of(*names)
    assert refused.value.row == 3
    assert str(refused.value).startswith("Row 3: ")
    assert refused.value.field == "file"
    return refused.value


@pytest.mark.parametrize(
    ("names", "mobile", "message"),
    [
        (["Phone"], 0, None),
        (["mobile", "msg"], 0, 1),
        (["Name", "MSISDN"], 1, None),
        (["Message", "Mobile No."], 1, 0),
        (["name", "number"], 1, None),
        (["To", "Text"], 0, None),
        (["phone_number", "Number"], 0, None),
        (["Contact", "Cell Phone"], 1, None),
        (["  Phone \n Number ", "b"], 0, None),
    ],
    ids=ids,
)
def test_a_column_of_numbers_is_known_by_its_name(
    names: list[str], mobile: int, message: int | None
) -> None:
    header = header_of(*names)

    assert (header.mobile_column, header.message_column) == (mobile, message)
    assert header.has_names


def test_names_keep_their_spelling_and_lose_their_blanks() -> None:
    assert header_of("Phone", " First   name ", "").columns == ["Phone", "First name"]


@pytest.mark.parametrize("number", ["919876543210", "+91 98765 43210", "9.19877E+11", "12345"])
def test_without_names_the_first_column_holds_the_numbers(number: str) -> None:
    header = header_of(number, "Asha", "Pune", "")

    assert header == SheetHeader(["mobile", "column2", "column3"], 0, None, has_names=False)


@pytest.mark.parametrize(
    ("names", "fault", "named"),
    [
        (["Name", "City"], SheetFault.NO_NUMBER_COLUMN, "Name, City"),
        (["", "Asha"], SheetFault.NO_NUMBER_COLUMN, "Asha"),
        (["Phone", "Mobile"], SheetFault.SEVERAL_NUMBER_COLUMNS, "Phone, Mobile"),
        (["to", "number"], SheetFault.SEVERAL_NUMBER_COLUMNS, "to, number"),
        (["Phone", "PHONE"], SheetFault.DUPLICATE_COLUMNS, "Phone, PHONE"),
        (["Phone", "msg", "Message"], SheetFault.SEVERAL_MESSAGE_COLUMNS, "msg, Message"),
        (["Phone", "City", "city"], SheetFault.DUPLICATE_COLUMNS, "City, city"),
        (["Phone", "", "City"], SheetFault.UNNAMED_COLUMNS, "number 2"),
        (["Phone", "a", "b", "c", "d"], SheetFault.TOO_MANY_COLUMNS, "4 columns"),
        (["Phone", "x" * 101], SheetFault.CELL_TOO_LONG, "100 characters"),
        (["Phone", "x" * 121], SheetFault.CELL_TOO_LONG, "120 characters"),
        (["Phone", "a\0b"], SheetFault.FORBIDDEN_CHARACTER, "NUL"),
    ],
    ids=ids,
)
def test_columns_that_are_unclear_are_named(
    names: list[str], fault: SheetFault, named: str
) -> None:
    error = refusal(*names)

    assert error.fault is fault
    assert named in str(error)


def test_a_row_is_a_number_with_its_cells() -> None:
    assert row_of("+91 98765 43210", "Hi", "Asha") == SheetRow(
        7, "+91 98765 43210", 919876543210, None, ["+91 98765 43210", "Hi", "Asha"]
    )


def test_missing_cells_are_empty_and_blank_ones_behind_the_columns_are_none() -> None:
    assert row_of("919876543210").cells == ["919876543210", "", ""]
    assert row_of("919876543210", "a", "b", "", " ").cells == ["919876543210", "a", "b"]


@pytest.mark.parametrize(
    ("cells", "rejection"),
    [
        (["12345"], "too_short"),
        (["", "Hi"], "empty"),
        (["9.19877E+11"], "scientific_notation"),
        (["919876543210", "Hi", "#N/A"], CELL_ERROR),
        (["12345", "#N/A"], "too_short"),
    ],
    ids=ids,
)
def test_a_row_that_cannot_be_sent_to_is_kept_with_its_reason(
    cells: list[str], rejection: str
) -> None:
    row = row_of(*cells)

    assert (row.msisdn, row.rejection) == (None, rejection)


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        (["919876543210", "a", "b", "c"], SheetFault.EXTRA_CELLS),
        (["919876543210", "a" * 121], SheetFault.CELL_TOO_LONG),
        (["919876543210", "a\0"], SheetFault.FORBIDDEN_CHARACTER),
        (["919876543210", "\ud800"], SheetFault.FORBIDDEN_CHARACTER),
    ],
    ids=ids,
)
def test_a_row_that_breaks_a_rule_is_named(cells: list[str], fault: SheetFault) -> None:
    with pytest.raises(SheetError) as refused:
        row_of(*cells)

    assert (refused.value.fault, refused.value.row) == (fault, 7)


def test_a_long_row_of_short_cells_is_taken() -> None:
    assert row_of("919876543210", "a" * 100, "ब" * 100).rejection is None


def test_cells_are_found_by_the_names_of_placeholders() -> None:
    row = row_of("919876543210", "Hi", "Asha")

    assert HEADER.values(row.cells) == {"phone": "919876543210", "message": "Hi", "name": "Asha"}
    assert HEADER.own_text(row.cells) == "Hi"
    assert SheetHeader(["Phone"], 0, None).own_text(["919876543210"]) is None


def test_blank_means_nothing_to_see() -> None:
    assert is_blank([])
    assert is_blank(["", " \t\n"])
    assert not is_blank(["", "0"])


def test_names_of_number_columns_are_known() -> None:
    assert names_a_number("Mobile No.")
    assert names_a_number("TO")
    assert not names_a_number("Name")


def test_an_error_without_a_row_names_none() -> None:
    error = SheetError(SheetFault.EMPTY)

    assert str(error) == "The file holds no rows."
    assert error.row is None
    assert error.told_code == "empty_file"
