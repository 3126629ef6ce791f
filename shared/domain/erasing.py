"""What stands where a mobile number was erased, and how what is left of one is found."""

from typing import Final

import phonenumbers
from phonenumbers import NumberParseException

# No number has it, and nothing leads back from it.
ERASED: Final = 0
ERASED_TEXT: Final = "erased"

_SHOWN_START, _SHOWN_END = 4, 2
# Fewer digits than these are too often something else, so they count with their calling code only.
FEWEST_NATIONAL_DIGITS: Final = 9
# What people write between the digits of a number, and what spreadsheets and pages put there:
# blanks that do not break or are not seen, and dashes.
_BETWEEN = "[-/ ().\u00a0\u2009\u200b\u2010-\u2014\u202f\u2060]*"


def shown_number(msisdn: int) -> str:
    """Return a stored number as reports show it: its digits, or that it is erased."""
    return ERASED_TEXT if msisdn == ERASED else str(msisdn)


def masked_number(msisdn: int) -> str:
    """Return a number that tells little of whose it is, for a trail that is kept for ever."""
    digits = str(msisdn)
    if len(digits) <= _SHOWN_START + _SHOWN_END:
        return "*" * len(digits)
    hidden = len(digits) - _SHOWN_START - _SHOWN_END
    return digits[:_SHOWN_START] + "*" * hidden + digits[-_SHOWN_END:]


def number_pattern(msisdn: int) -> str:
    """Return a regular expression, of Python as well as of Postgres, for a number in a text.

    It finds the number as people write it, with its calling code or without, and never within a
    longer row of digits.
    """
    digits = str(msisdn)
    country, national = _parts(digits)
    whole = _BETWEEN.join(digits)
    if not country or len(national) < FEWEST_NATIONAL_DIGITS:
        forms = rf"(?:\+|00)?{whole}"
    else:
        forms = (
            rf"(?:(?:\+|00)?{_BETWEEN.join(country)}{_BETWEEN})?(?:0{_BETWEEN})?"
            rf"{_BETWEEN.join(national)}"
        )
    return f"(?<![0-9]){forms}(?![0-9])"


def _parts(digits: str) -> tuple[str, str]:
    """Return calling code and national number; no code where there is no such number."""
    try:
        parsed = phonenumbers.parse(f"+{digits}", None)
    except NumberParseException:
        return "", digits
    country = str(parsed.country_code)
    return country, digits[len(country) :]
