"""Numbers as spreadsheets leave them are read, or turned down with what went wrong."""

import pytest

from services.api.domain.sheet_numbers import (
    CELL_ERROR,
    SCIENTIFIC_NOTATION,
    has_error,
    is_number_like,
    read_number,
    rejection_message,
    shown,
)
from shared.domain.msisdn import NumberRules
from shared.domain.number_rejections import RejectionReason

INDIA = NumberRules("IN")


@pytest.mark.parametrize(
    "text",
    [
        "919876543210",
        "+91 98765-43210",
        "9876543210",
        "919876543210.0",
        "9876543210.00",
        '="919876543210"',
        "'919876543210",
        "  '9876543210",
        "\u200e+919876543210",
    ],
)
def test_a_number_is_read_however_the_spreadsheet_left_it(text: str) -> None:
    assert read_number(text, INDIA) == (919876543210, None)


@pytest.mark.parametrize("text", ["9.19877E+11", "9,19877E+11", "9E11", "9.19877e11", " 9.1E+11 "])
def test_a_number_that_lost_its_digits_is_turned_down_as_such(text: str) -> None:
    assert read_number(text, INDIA) == (None, SCIENTIFIC_NOTATION)
    assert "Excel" in rejection_message(SCIENTIFIC_NOTATION)


@pytest.mark.parametrize(
    ("text", "rejection"),
    [
        ("", RejectionReason.EMPTY),
        ("  ", RejectionReason.EMPTY),
        ("12345", RejectionReason.TOO_SHORT),
        ("call Asha", RejectionReason.UNEXPECTED_CHARACTER),
        ("#N/A", CELL_ERROR),
        (" #REF! ", CELL_ERROR),
    ],
)
def test_what_is_no_number_has_its_reason(text: str, rejection: str) -> None:
    assert read_number(text, INDIA) == (None, rejection)
    assert rejection_message(rejection).endswith(".")


@pytest.mark.parametrize(
    ("text", "is_number"),
    [
        ("919876543210", True),
        ("+91 (98765) 43210", True),
        ("98765\u201143210", True),
        ("12345", True),
        ("9.19877E+11", True),
        ("'9876543210", True),
        ("1234", False),
        ("Phone", False),
        ("Phone 1", False),
        ("", False),
    ],
)
def test_a_number_is_told_from_the_name_of_a_column(text: str, is_number: bool) -> None:  # noqa: FBT001
    assert is_number_like(text) is is_number


def test_a_failed_formula_anywhere_in_a_row_is_seen() -> None:
    assert has_error(["919876543210", "#N/A"])
    assert not has_error(["919876543210", "#1 customer"])


def test_what_is_shown_of_a_number_is_short() -> None:
    assert shown(" " + "9" * 100) == "9" * 64
