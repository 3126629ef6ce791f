"""Amounts of money as they are written."""

from decimal import ROUND_HALF_EVEN, Decimal

_DECIMALS = 2


def amount_text(amount: Decimal) -> str:
    """Return an amount in decimal digits, with two decimals or as many more as it has."""
    whole, _, decimals = f"{amount:f}".partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(_DECIMALS, '0')}"


def rounded(amount: Decimal, decimals: int) -> Decimal:
    """Return the amount with so many decimals, half to even."""
    return amount.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
