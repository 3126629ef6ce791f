"""Reading a request's parameters: query, form and JSON alike, names in any case."""

import difflib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Protocol
from urllib.parse import parse_qsl

from starlette.requests import Request

from services.api.domain.errors import (
    BodyTooLargeError,
    InvalidBooleanError,
    InvalidValueError,
    MalformedBodyError,
    MissingFieldError,
    UnknownParameterError,
    UnknownValueError,
    UnsupportedBodyError,
)

BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
FORM = "application/x-www-form-urlencoded"
# Far more than any client sends, and no more work than that for a hostile one.
MAX_PARAMETERS = 1_000


class Named(Protocol):
    """Anything that declares a parameter's name as it is written in the documentation."""

    @property
    def name(self) -> str:
        """The name in its documented spelling."""
        ...


class Parameters:
    """A request's parameters by case-folded name; errors name them as documented."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = {name.casefold(): value for name, value in values.items()}

    def __contains__(self, name: str) -> bool:
        return bool(self._raw(name))

    def _raw(self, name: str) -> Any:  # noqa: ANN401  (JSON may hold anything)
        return self._values.get(name.casefold())

    def text(self, name: str, default: str = "") -> str:
        """Return a text as sent; the default if absent.

        Raises:
            InvalidValueError: It is a list or an object, or holds what no text may.
        """
        value = self._raw(name)
        if value is None:
            return default
        if isinstance(value, bool):
            return "true" if value else "false"
        if not isinstance(value, str | int | float):
            raise InvalidValueError(name, "must be a text")
        return _clean(name, str(value))

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
        """Return a text, or a list of texts as JSON and repeated names may hold.

        Raises:
            InvalidValueError: The list holds something else than texts and numbers.
        """
        value = self._raw(name)
        if not isinstance(value, list):
            return self.text(name)
        if not all(isinstance(item, str | int) and not isinstance(item, bool) for item in value):
            raise InvalidValueError(name, "must be a list of texts")
        return [_clean(name, str(item)) for item in value]

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
        words = {word.casefold(): word for word in allowed}
        value = self.text(name).strip() or default
        try:
            return words[value.casefold()]
        except KeyError:
            raise UnknownValueError(name, value, words.values()) from None

    def digits(self, name: str) -> str | None:
        """Return a text of ASCII digits; None if absent or blank.

        Raises:
            InvalidValueError: It holds anything else.
        """
        value = self.text(name).strip()
        if value and not (value.isascii() and value.isdigit()):
            raise InvalidValueError(name, "must be digits only")
        return value or None

    def refuse_unknown(self, known: Iterable[Named]) -> None:
        """Refuse a name that the call does not have, so that a slip does not change a send.

        Raises:
            UnknownParameterError: There is one; the nearest known name is suggested.
        """
        names = {parameter.name.casefold(): parameter.name for parameter in known}
        for name in self._values:
            if name not in names:
                near = difflib.get_close_matches(name, names, n=1)
                raise UnknownParameterError(name, names[near[0]] if near else None)


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


async def read_parameters(request: Request, *, max_body_octets: int) -> Parameters:
    """Read query and body; of a name in both, the body's value counts.

    Raises:
        BodyTooLargeError: The body is over the limit; its rest is not read.
        MalformedBodyError: The body is not what its content type says.
        UnsupportedBodyError: The content type is none that is read.
    """
    values = _merge(_pairs(request.url.query))
    if request.method != "GET":
        body = await _read_body(request, max_body_octets)
        values |= _parse_body(request.headers.get("content-type", ""), body)
    return Parameters(values)


async def _read_body(request: Request, limit: int) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise BodyTooLargeError(limit)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise BodyTooLargeError(limit)
    return bytes(body)


def _parse_body(content_type: str, body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json":
        return _parse_json(body)
    if kind == FORM:
        return _merge(_pairs(_decode(body)))
    raise UnsupportedBodyError(content_type)


def _parse_json(body: bytes) -> dict[str, Any]:
    try:
        values = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedBodyError(f"it is not valid JSON ({str(error)[:80]})") from error
    if not isinstance(values, dict):
        raise MalformedBodyError("the JSON must be an object of parameters")
    return {str(name).casefold(): value for name, value in values.items()}


def _decode(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise MalformedBodyError("the form must be UTF-8, percent-encoded") from error


def _pairs(encoded: str) -> list[tuple[str, str]]:
    """Decode a query or a form once (WHATWG URL §5.1): ``+`` is a space, ``%XX`` is UTF-8.

    Raises:
        MalformedBodyError: It is not UTF-8, or holds too many parameters.
    """
    try:
        return parse_qsl(
            encoded, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS
        )
    except UnicodeDecodeError as error:
        raise MalformedBodyError("percent-encoded text must be UTF-8") from error
    except ValueError as error:
        raise MalformedBodyError(f"more than {MAX_PARAMETERS} parameters") from error


def _merge(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Gather repeated names into a list."""
    values: dict[str, Any] = {}
    for raw_name, value in pairs:
        name = raw_name.casefold()
        if name not in values:
            values[name] = value
        elif isinstance(values[name], list):
            values[name].append(value)
        else:
            values[name] = [values[name], value]
    return values
