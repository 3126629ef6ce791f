"""The number in a cell: from what spreadsheets make of one to E.164, or a reason against it."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from shared.domain.msisdn import NumberRules, parse_msisdn
from shared.domain.number_rejections import InvalidMsisdnError, RejectionReason

SCIENTIFIC_NOTATION = "scientific_notation"
CELL_ERROR = "cell_error"
_MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        SCIENTIFIC_NOTATION: (
            "Excel has replaced the number's last digits by an exponent when it saved the file;"
            " format the column as text or as a number without decimals and save it again, or"
            " send the workbook itself (.xlsx)."
        ),
        CELL_ERROR: "A cell of the row shows an error such as #N/A; mend its formula.",
    }
)
# What Excel shows where a formula failed; in a text it would reach the recipient.
_ERRORS = frozenset(
    {"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!"}
)
_SCIENTIFIC = re.compile(r"\s*[+-]?\d+(?:[.,]\d*)?[eE][+-]?\d+\s*")
# Data frames write a column of numbers with a gap in it as floats.
_FLOAT = re.compile(r"\s*\+?(\d{7,15})\.0+\s*")
# Two ways to make Excel leave digits alone: a formula of a text, and a leading apostrophe.
_KEPT_AS_TEXT = re.compile(r"\s*(?:=\"([^\"]*)\"|'(.*))\s*", re.DOTALL)
_NUMBER_LIKE = re.compile(r"[\s\d+().\-\u2010-\u2015]+")
_FEWEST_DIGITS = 5
_MAX_WRITTEN_LENGTH = 64


class NumberCell(NamedTuple):
    """What a cell comes to: a number, or the code of a reason."""

    msisdn: int | None
    rejection: str | None


def read_number(text: str, rules: NumberRules) -> NumberCell:
    """Read the number in a cell as the writer of the spreadsheet meant it."""
    number = _as_written(text)
    if _SCIENTIFIC.fullmatch(number):
        return NumberCell(None, SCIENTIFIC_NOTATION)
    if number.strip() in _ERRORS:
        return NumberCell(None, CELL_ERROR)
    try:
        return NumberCell(parse_msisdn(number, rules), None)
    except InvalidMsisdnError as error:
        return NumberCell(None, error.reason.value)


def has_error(cells: list[str]) -> bool:
    """Tell whether a cell shows that its formula failed."""
    return not _ERRORS.isdisjoint(cells)


def is_number_like(text: str) -> bool:
    """Tell whether a cell is meant as a number, well written or not."""
    number = _as_written(text)
    digit_count = sum(map(str.isdecimal, number))
    is_plain = _NUMBER_LIKE.fullmatch(number) and digit_count >= _FEWEST_DIGITS
    return bool(is_plain or _SCIENTIFIC.fullmatch(number))


def shown(text: str) -> str:
    """Cut a cell to what may be shown of a number that was turned down."""
    return text.strip()[:_MAX_WRITTEN_LENGTH]


def rejection_message(code: str) -> str:
    """Return what would be right, in a sentence for the sender."""
    return _MESSAGES.get(code) or RejectionReason(code).message


def _as_written(text: str) -> str:
    kept = _KEPT_AS_TEXT.fullmatch(text)
    if kept:
        return str(kept[1] if kept[1] is not None else kept[2])
    as_float = _FLOAT.fullmatch(text)
    return as_float[1] if as_float else text
