"""What a spreadsheet's value reads like as text."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.domain.sheet_cells import CellValue, cell_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("Asha", "Asha"),
        (True, "TRUE"),
        (False, "FALSE"),
        (919876543210, "919876543210"),
        (9.19876543210e11, "919876543210"),
        (1e21, "1000000000000000000000"),
        (1.5, "1.5"),
        (0.1 + 0.2, "0.3"),
        (-0.000001, "-0.000001"),
        (100.0, "100"),
        (float("inf"), "inf"),
        (datetime(2026, 11, 25), "2026-11-25"),  # noqa: DTZ001 -- a cell has no zone
        (datetime(2026, 11, 25, 9, 30), "2026-11-25 09:30"),  # noqa: DTZ001
        (datetime(2026, 11, 25, 9, 30, 5), "2026-11-25 09:30:05"),  # noqa: DTZ001
        (date(2026, 11, 25), "2026-11-25"),
        (time(9, 30), "09:30"),
        (time(9, 30, 5), "09:30:05"),
        (timedelta(hours=25, minutes=2, seconds=3), "25:02:03"),
        (timedelta(seconds=-61), "-0:01:01"),
    ],
    ids=str,
)
def test_a_value_reads_as_its_cell_shows_it(value: CellValue, text: str) -> None:
    assert cell_text(value) == text


@given(st.integers(10**6, 10**15 - 1))
def test_a_number_kept_as_a_float_keeps_all_its_digits(number: int) -> None:
    assert cell_text(float(number)) == str(number)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_no_number_comes_out_in_scientific_notation(number: float) -> None:
    assert set(cell_text(number)) <= set("-.0123456789")
