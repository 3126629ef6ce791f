"""Numbers of JSON where a text is wanted: clients write mobiles, amounts and ids as numbers."""

import math
from decimal import Decimal

from services.api.domain.errors import MalformedBodyError


def as_text(value: str | float) -> str:
    """Return a text as it is, and a number in digits, without an exponent.

    Raises:
        MalformedBodyError: It is NaN or infinite, which Python reads and JSON does not have.
    """
    if not isinstance(value, float):
        return str(value)
    if not math.isfinite(value):
        raise MalformedBodyError("it is not valid JSON (NaN and Infinity are no numbers)")
    return f"{Decimal(repr(value)):f}"


def as_digits(value: str | float) -> str | None:
    """Return a text as it is, and of a number its digits: 919876543210.0 is 919876543210.

    Returns:
        None if the number has a fraction: without its point it would be another number.

    Raises:
        MalformedBodyError: It is NaN or infinite.
    """
    text = as_text(value)
    if not isinstance(value, float):
        return text
    return text.removesuffix(".0") if value.is_integer() else None
