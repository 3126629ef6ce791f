"""Cells of a table hold what was meant, and nothing that runs."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from services.api.domain.table_cells import csv_cell, number_text, plain_text, xlsx_cell


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        (7, "7"),
        ("Pune", "Pune"),
        ("=1+1", "'=1+1"),
        ("\uff1d1", "'\uff1d1"),
        (["agent:empty", "network:hosting"], "agent:empty network:hosting"),
        (datetime(2026, 11, 25, 10, 0, 1, 5, tzinfo=UTC), "2026-11-25T10:00:01+00:00"),
    ],
)
def test_value_is_written_as_a_cell(value: object, cell: str) -> None:
    assert csv_cell(value) == cell


def test_number_keeps_its_plus_and_is_no_formula() -> None:
    assert number_text("919876543210") == "'+919876543210"
    assert plain_text("a=1") == "a=1"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, None),
        (7, 7),
        ("=1+1", "=1+1"),
        ("a\ufffe\uffff", "a\ufffd\ufffd"),
        ("<r><t>x</t></r>", "<r><t>x</t></r> "),
        (["agent:empty", "network:hosting"], "agent:empty network:hosting"),
        (datetime(2026, 11, 25, 12, 0, 0, 5, tzinfo=UTC), 46_351.5),
        (datetime(2026, 11, 25, 18, tzinfo=ZoneInfo("Asia/Kolkata")), 46_351.75),
        (datetime(1900, 3, 1, tzinfo=UTC), 61),
    ],
)
def test_value_is_written_as_a_cell_of_a_workbook(value: object, cell: object) -> None:
    assert xlsx_cell(value) == cell
