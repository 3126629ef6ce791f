"""Amounts as they are told."""

from decimal import Decimal

import pytest

from services.api.domain.money import amount_text, rounded


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("2500.000000", "2500.00"),
        ("0.125", "0.125"),
        ("0.240000", "0.24"),
        ("1.5", "1.50"),
        ("0", "0.00"),
        ("1E+3", "1000.00"),
        ("0.000001", "0.000001"),
    ],
)
def test_amount_has_two_decimals_or_those_that_it_needs(amount: str, text: str) -> None:
    assert amount_text(Decimal(amount)) == text


def test_amount_is_rounded_half_to_even() -> None:
    assert [str(rounded(Decimal(text), 2)) for text in ("0.125", "0.135")] == ["0.12", "0.14"]
