"""What pydantic finds wrong in a request, told as every other refusal is.

Its own words are about types of Python; a sender is to read what would be right.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator
from pydantic_core import ErrorDetails, PydanticCustomError

from services.api.domain.errors import (
    CURSOR_WANTED,
    FieldError,
    InvalidBooleanError,
    InvalidValueError,
    MissingFieldError,
    UnknownParameterError,
    UnknownValueError,
)
from services.api.schemas.parameters import nearest

DAY_WANTED = "must be a day such as 2026-11-25"
_QUOTED = re.compile(r"'([^']*)'")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)

# By how pydantic's name of an error begins; what else it finds is told in its words.
_WANTED: tuple[tuple[str, Callable[[Mapping[str, Any]], str]], ...] = (
    ("uuid_", lambda _: "must be a UUID such as 0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de"),
    ("datetime_", lambda _: "must be a time with its offset such as 2026-12-31T23:59:00+05:30"),
    ("timezone_", lambda _: "must be a time with its offset such as 2026-12-31T23:59:00+05:30"),
    ("date_", lambda _: DAY_WANTED),
    ("int_", lambda _: "must be a whole number"),
    ("float_", lambda _: "must be a number"),
    ("greater_than_equal", lambda limits: f"must be {limits['ge']:g} or more"),
    ("less_than_equal", lambda limits: f"must be {limits['le']:g} or less"),
    ("string_too_long", lambda limits: f"must be at most {limits['max_length']} characters"),
    ("string_pattern", lambda _: "must not hold the character NUL"),
    ("string_", lambda _: "must be a text"),
    ("list_", lambda _: "must be a list"),
    ("too_short", lambda limits: f"must have {limits['min_length']} value(s) or more"),
)
# Values of these may be long, or not what anybody wrote.
_UNQUOTED = ("greater_", "less_", "string_", "list_", "too_short")


def _as_written(value: object) -> object:
    """Take a day as people write it: pydantic takes 20261125 for seconds since 1970.

    Raises:
        PydanticCustomError: It is written otherwise.
    """
    if isinstance(value, str) and not _DAY.fullmatch(value):
        kind = "date_parsing"
        raise PydanticCustomError(kind, "no day")
    return value


Day = Annotated[date, BeforeValidator(_as_written)]


def complaint(
    found: ErrorDetails, field: str, known: Mapping[str, str | None] = MappingProxyType({})
) -> FieldError:
    """Return what is wrong with a field.

    Args:
        found: What pydantic says of it.
        field: Its name.
        known: All that could have been given, with what is said of each.
    """
    kind, given = found["type"], str(found.get("input"))
    if kind == "extra_forbidden":
        return UnknownParameterError(field, nearest(field, known))
    if kind == "missing":
        return MissingFieldError(field, _opened(known.get(field) or "it"))
    if kind.startswith("bool_"):
        return InvalidBooleanError(field, given)
    if kind in {"enum", "literal_error"}:
        return UnknownValueError(field, given, _QUOTED.findall(str(found["ctx"]["expected"])))
    return InvalidValueError(field, _wanted(found, field))


def _wanted(found: ErrorDetails, field: str) -> str:
    if field == "cursor":
        return CURSOR_WANTED
    kind = found["type"]
    tell = next((tell for beginning, tell in _WANTED if kind.startswith(beginning)), None)
    if tell is None:
        return f"is wrong: {found['msg']}"
    said = "" if kind.startswith(_UNQUOTED) else f", not {str(found.get('input'))[:40]!r}"
    return tell(found.get("ctx", {})) + said


def described(kind: type[BaseModel]) -> dict[str, str | None]:
    """Return the names that a model's fields have on the wire, with what is said of each."""
    return {field.alias or name: field.description for name, field in kind.model_fields.items()}


def _opened(description: str) -> str:
    return description[:1].lower() + description[1:]
