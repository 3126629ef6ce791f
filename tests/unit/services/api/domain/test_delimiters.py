"""The separator is recognised by the first line."""

import pytest

from services.api.domain.delimiters import declared_delimiter, find_delimiter


@pytest.mark.parametrize(
    ("header", "delimiter"),
    [
        ("Phone,Name", ","),
        ("Phone;Name", ";"),
        ("Phone\tName\r\n", "\t"),
        ("Phone|Name", "|"),
        ("Phone", ","),
        ("919876543210", ","),
        ("919876543210;Asha", ";"),
        ("", ","),
        ('Phone;"Name, first, last"', ";"),
        ('"Phone";"Na""me;"', ";"),
        ("Name, first, last;Phone", ";"),
        ("Name|Phone;City", ";"),
        ('Phone;"never closed,', ";"),
    ],
)
def test_the_separator_is_the_one_that_sets_the_numbers_apart(header: str, delimiter: str) -> None:
    assert find_delimiter(header) == delimiter


@pytest.mark.parametrize(
    ("line", "delimiter"),
    [("sep=;\r\n", ";"), ("SEP=\t\n", "\t"), ("sep=x\n", None), ("separator;", None), ("", None)],
)
def test_a_declared_separator_counts(line: str, delimiter: str | None) -> None:
    assert declared_delimiter(line) == delimiter
