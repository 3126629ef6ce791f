"""Reading many well-written numbers at once, without asking phonenumbers of each."""

import re
from typing import NamedTuple

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from shared.domain.msisdn_patterns import (
    calling_code_of,
    international_run,
    national_run,
    trunk_prefix,
)

_CALLING_CODE_DIGITS = re.compile(r"[+ ]?([1-9][0-9]{0,2})")


class Run(NamedTuple):
    """Consecutive mobile numbers of one country.

    Attributes:
        end: Where the text goes on, behind the commas that follow the last number.
        msisdns: E.164 digits, in the order of the text; at least one.
    """

    end: int
    msisdns: list[int]


def read_run(text: str, start: int, region: str) -> Run | None:
    """Read as many numbers from a position on as are written alike.

    Args:
        text: Numbers of ASCII digits separated by commas, each perhaps behind a plus, or the
            blank that a form makes of it.
        start: Offset of a number's first character.
        region: Where numbers without calling code are at home.

    Returns:
        None where the number at ``start`` is not surely a mobile one; phonenumbers knows then.
    """
    national = national_run(region).match(text, start)
    if national is not None:
        code, trunk = str(calling_code_of(region)), trunk_prefix(region)
        numbers = (number.removeprefix(trunk) for number in _numbers(national))
        return Run(national.end(), [int(code + number) for number in numbers])
    calling_code = _calling_code_at(text, start)
    if calling_code is None:
        return None
    international = international_run(calling_code, region).match(text, start)
    if international is None:
        return None
    return Run(international.end(), list(map(int, _numbers(international))))


def _numbers(run: re.Match[str]) -> list[str]:
    numbers = run[0].rstrip(",").split(",")
    return numbers if "" not in numbers else [number for number in numbers if number]


def _calling_code_at(text: str, start: int) -> int | None:
    digits = _CALLING_CODE_DIGITS.match(text, start)
    if digits is None:
        return None
    lengths = range(1, len(digits[1]) + 1)
    codes = (int(digits[1][:length]) for length in lengths)
    return next((code for code in codes if code in COUNTRY_CODE_TO_REGION_CODE), None)
