"""Reading ``sms``: a list of messages, each with its numbers and its text or columns."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.api.domain.column_names import column_key
from services.api.domain.composing import PersonalRow
from services.api.domain.errors import InvalidValueError
from services.api.schemas.json_numbers import as_digits, as_text

_MOBILE = "mobile"
_TEXT = "msg"
_SHAPE = "must be a list of objects, each with mobile, and with msg or the columns that msg names"


def to_personal_rows(sms: object) -> list[PersonalRow]:
    """Read the rows of a send.

    Raises:
        InvalidValueError: It is no list of objects, or a row holds what is neither text nor
            number; the error names the row and the column.
    """
    if not isinstance(sms, list) or not all(isinstance(row, dict) for row in sms):
        raise InvalidValueError("sms", _SHAPE)
    if not sms:
        raise InvalidValueError("sms", "is empty: give at least one message")
    return [_to_row(number, row) for number, row in enumerate(sms, start=1)]


def _to_row(number: int, row: Mapping[str, Any]) -> PersonalRow:
    values: dict[str, str] = {}
    mobiles: list[str] = []
    for name, value in row.items():
        key = column_key(name)
        if key in values or (key == _MOBILE and mobiles):
            raise InvalidValueError("sms", f"row {number} has two columns called {name[:40]!r}")
        if key == _MOBILE:
            mobiles = _mobiles(number, value)
        elif value is not None:
            values[key] = _text(number, name, value)
    if not mobiles:
        raise InvalidValueError("sms", f"row {number} has no mobile")
    text = values.pop(_TEXT, "")
    values[_MOBILE] = ",".join(mobiles)
    # A blank text is none of the row's own, as a sheet's blank cell is not.
    return PersonalRow(number, mobiles, values, text if text.strip() else None)


def _mobiles(number: int, value: object) -> list[str]:
    several: Sequence[object] = value if isinstance(value, list) else [value]
    return [_digits(number, each) for each in several if each not in (None, "")]


def _digits(number: int, value: object) -> str:
    text = _text(number, _MOBILE, value)
    digits = as_digits(value) if isinstance(value, float) else text
    if digits is None:
        raise InvalidValueError("sms", f"row {number}, column {_MOBILE!r} must be a whole number")
    return digits


def _text(number: int, name: str, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        what = f"row {number}, column {name[:40]!r} must be a text or a number"
        raise InvalidValueError("sms", what)
    text = as_text(value)
    if "\0" in text or not _is_unicode(text):
        what = f"row {number}, column {name[:40]!r} holds NUL or half of a surrogate pair"
        raise InvalidValueError("sms", what)
    return text


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
