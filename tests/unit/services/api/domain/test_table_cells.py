"""Cells of a table hold what was meant, and nothing that runs."""

from datetime import UTC, datetime

import pytest

from services.api.domain.table_cells import csv_cell, number_text, plain_text


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
