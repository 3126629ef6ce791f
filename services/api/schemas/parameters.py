"""A request's parameters, wherever they stood: names in any case, values as they are wanted."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from services.api.domain.errors import (
    InvalidBooleanError,
    InvalidValueError,
    MissingFieldError,
    RepeatedParameterError,
    UnknownParameterError,
    UnknownValueError,
)
from services.api.schemas.json_numbers import as_digits, as_text

BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
MAX_DIGITS = 30
# Comparing takes time that grows with a name, and no name of ours is half as long.
MAX_COMPARED_NAME = 40


class Named(Protocol):
    """Anything that declares a parameter's name as it is written in the documentation."""

    @property
    def name(self) -> str:
        """The name in its documented spelling."""
        ...


class Repeated(list[Any]):
    """The values of a name that a query or a form has more than once."""


class Parameters:
    """A request's parameters, found by name in any case; errors name them as documented.

    Args:
        values: What was sent, by the names as they were written.

    Raises:
        RepeatedParameterError: Two of the names differ in nothing but case.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._spellings: dict[str, str] = {}
        for name in values:
            if self._spellings.setdefault(name.casefold(), name) != name:
                raise RepeatedParameterError(name[:MAX_COMPARED_NAME])
        self._values = {name.casefold(): value for name, value in values.items()}

    def over(self, others: "Parameters") -> "Parameters":
        """Return these, and those of the others that are not among them."""
        names = {**others._spellings, **self._spellings}  # noqa: SLF001 - of the same class
        values = {**others._values, **self._values}  # noqa: SLF001
        return Parameters({names[folded]: value for folded, value in values.items()})

    def __contains__(self, name: str) -> bool:
        return bool(self._raw(name))

    def _raw(self, name: str) -> Any:  # noqa: ANN401  (JSON may hold anything)
        return self._values.get(name.casefold())

    def text(self, name: str, default: str = "") -> str:
        """Return a text as sent; the default if absent.

        Raises:
            InvalidValueError: It is a list or an object, or holds what no text may.
            RepeatedParameterError: It came more than once.
        """
        value = self._raw(name)
        if value is None:
            return default
        if isinstance(value, Repeated):
            raise RepeatedParameterError(name)
        if isinstance(value, bool):
            return "true" if value else "false"
        if not isinstance(value, str | int | float):
            raise InvalidValueError(name, "must be a text")
        return _clean(name, as_text(value))

    def required_text(self, name: str, wanted: str) -> str:
        """Return a text that must be there and not blank.

        Raises:
            MissingFieldError: It is absent or blank.
        """
        value = self.text(name)
        if not value.strip():
            raise MissingFieldError(name, wanted)
        return value

    def texts(self, name: str) -> str | list[str]:
        """Return digits as a text, or a list of such texts as JSON and repeated names may hold.

        Raises:
            InvalidValueError: The list holds something else than texts and whole numbers.
        """
        value = self._raw(name)
        if isinstance(value, float):
            return _digits(name, value)
        if not isinstance(value, list):
            return self.text(name)
        if not all(map(_is_text_or_number, value)):
            raise InvalidValueError(name, "must be a list of texts")
        return [_clean(name, _digits(name, item)) for item in value]

    def objects(self, name: str) -> Any:  # noqa: ANN401  (JSON may hold anything)
        """Return what JSON or XML holds there, unread; None if absent."""
        return self._raw(name)

    def boolean(self, name: str, *, default: bool = False) -> bool:
        """Return a boolean; the default if absent or blank.

        Raises:
            InvalidBooleanError: It is neither true nor false, 1 nor 0.
        """
        value = self.text(name).strip()
        if not value:
            return default
        try:
            return BOOLEANS[value.casefold()]
        except KeyError:
            raise InvalidBooleanError(name, value) from None

    def choice(self, name: str, allowed: Iterable[str], default: str) -> str:
        """Return one of the allowed words in its documented spelling; the default if absent.

        Raises:
            UnknownValueError: It is none of them.
        """
        return self.optional_choice(name, allowed) or default

    def optional_choice(self, name: str, allowed: Iterable[str]) -> str | None:
        """Return one of the allowed words in its documented spelling; None if absent or blank.

        Raises:
            UnknownValueError: It is none of them.
        """
        words = {word.casefold(): word for word in allowed}
        value = self.text(name).strip()
        if not value:
            return None
        try:
            return words[value.casefold()]
        except KeyError:
            raise UnknownValueError(name, value, words.values()) from None

    def digits(self, name: str) -> str | None:
        """Return a text of ASCII digits; None if absent or blank.

        Raises:
            InvalidValueError: It holds anything else, or too many of them.
        """
        value = self.text(name).strip()
        if len(value) > MAX_DIGITS:
            raise InvalidValueError(name, f"must be at most {MAX_DIGITS} digits")
        if value and not (value.isascii() and value.isdigit()):
            raise InvalidValueError(name, "must be digits only")
        return value or None

    def refuse_unknown(self, known: Iterable[Named]) -> None:
        """Refuse a name that the call does not have, so that a slip does not change a send.

        Raises:
            UnknownParameterError: There is one; the nearest known name is suggested.
        """
        names = {parameter.name.casefold(): parameter.name for parameter in known}
        for name, spelling in self._spellings.items():
            if name not in names:
                near = nearest(name, names)
                raise UnknownParameterError(spelling, near and names[near])


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that was most likely meant; None if nothing is like it."""
    compared = name if len(name) <= MAX_COMPARED_NAME else ""
    near = difflib.get_close_matches(compared, list(known), n=1)
    return near[0] if near else None


def _digits(name: str, value: str | float) -> str:
    digits = as_digits(value)
    if digits is None:
        raise InvalidValueError(name, "must be whole numbers")
    return digits


def _is_text_or_number(value: object) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _clean(name: str, value: str) -> str:
    """Refuse what no text of a message can hold: NUL and half of a surrogate pair.

    Raises:
        InvalidValueError: It holds one of them.
    """
    if "\0" in value:
        raise InvalidValueError(name, "must not hold the character NUL")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidValueError(name, "holds half of a surrogate pair: send valid UTF-8") from None
    return value
