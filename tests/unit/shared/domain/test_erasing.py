"""Numbers are found however they are written, and nothing else is."""

import re

import pytest

from shared.domain.erasing import ERASED, masked_number, number_pattern, shown_number

NUMBER = 919876543210


@pytest.mark.parametrize(
    "text",
    [
        "919876543210",
        "+919876543210",
        "00919876543210",
        "9876543210",
        "09876543210",
        "+91 98765 43210",
        "+91 (0)98765-43210",
        "call 98765.43210, please",
        "+91\u00a098765\u00a043210",
        "98765\u201343210",
        "98765\u200b43210",
        '["919876543210"]',
    ],
)
def test_a_number_is_found_in_any_form(text: str) -> None:
    assert re.search(number_pattern(NUMBER), text)


@pytest.mark.parametrize(
    "text", ["", "919876543211", "1919876543210", "98765432101", "9876543", "98765x43210"]
)
def test_what_is_another_number_is_not_found(text: str) -> None:
    assert not re.search(number_pattern(NUMBER), text)


@pytest.mark.parametrize(
    ("number", "found", "not_found"),
    [
        # Norway's are of eight digits, which may be a date.
        (4740612345, "+47 40 61 23 45", "40612345"),
        (56161, "56161", "561610"),
        (1, "1", "11"),
    ],
)
def test_a_short_number_is_found_with_its_calling_code_only(
    number: int, found: str, not_found: str
) -> None:
    assert re.search(number_pattern(number), found)
    assert not re.search(number_pattern(number), not_found)


def test_a_masked_number_keeps_its_beginning_and_its_end() -> None:
    assert masked_number(NUMBER) == "9198******10"
    assert masked_number(561611) == "******"


def test_an_erased_number_is_shown_as_erased() -> None:
    assert shown_number(ERASED) == "erased"
    assert shown_number(NUMBER) == "919876543210"
