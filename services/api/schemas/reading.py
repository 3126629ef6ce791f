"""Reading a request: its query at once, its body only as far as its sender is trusted."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from services.api.domain.errors import (
    BodyTimeoutError,
    BodyTooLargeError,
    MalformedBodyError,
    MalformedQueryError,
    RepeatedParameterError,
    UnsupportedBodyError,
)
from services.api.schemas.parameters import MAX_COMPARED_NAME, Parameters, Repeated
from services.api.schemas.xml_body import parse_xml

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
XML = "application/xml"
_XML_KINDS = frozenset({XML, "text/xml"})
# Far more than any client sends, and no more work than that for a hostile one.
MAX_PARAMETERS = 1_000
# What is read of a form to find a login in it, and what is parsed without a thread.
EARLY_OCTETS = 1 << 16


class RequestReader:
    """Reads one request's parameters; of a name in query and body, the body's value counts.

    Args:
        request: Nothing of its body may have been read.
        timeout_s: Seconds from now in which the whole body must come.

    Raises:
        MalformedQueryError: The query is not UTF-8, or holds too many parameters.
    """

    def __init__(self, request: Request, *, timeout_s: float) -> None:
        try:
            self.query = Parameters(_merge(_pairs(request.url.query)))
        except ValueError as error:
            raise MalformedQueryError(str(error)) from error
        self._content_type = request.headers.get("content-type", "")
        self._kind = self._content_type.partition(";")[0].strip().lower()
        self._declared = request.headers.get("content-length", "")
        self._chunks = request.stream()
        self._timeout_s = timeout_s
        self._deadline = asyncio.get_running_loop().time() + timeout_s
        self._octets = bytearray()
        # The body of a GET means nothing (RFC 9110 §9.3.1).
        self.is_whole = request.method == "GET"

    async def read_early(self) -> Parameters:
        """Return what a form holds near its beginning, and the query; of another body, nothing.

        Raises:
            BodyTimeoutError: It did not come in time.
            MalformedBodyError: It is not UTF-8.
        """
        if self.is_whole or self._kind != FORM:
            return self.query
        has_all = await self._read(EARLY_OCTETS)
        # The last parameter may go on behind what has been read.
        end = len(self._octets) if has_all else self._octets.rfind(b"&")
        return Parameters(_parse_form(bytes(self._octets[: max(end, 0)]))).over(self.query)

    async def read_whole(self, limit_octets: int) -> Parameters:
        """Return all parameters.

        Raises:
            BodyTooLargeError: The body is over the limit; its rest is not read.
            BodyTimeoutError: It did not come in time.
            MalformedBodyError: It is not what its content type says, or broke off.
            UnsupportedBodyError: The content type is none that is read.
        """
        if not self.is_whole and self._declared.isdigit() and int(self._declared) > limit_octets:
            raise BodyTooLargeError(limit_octets)
        await self._read(limit_octets)
        if len(self._octets) > limit_octets:
            raise BodyTooLargeError(limit_octets)
        octets = bytes(self._octets)
        if len(octets) <= EARLY_OCTETS:
            return self._parse(octets)
        return await asyncio.to_thread(self._parse, octets)

    async def _read(self, enough_octets: int) -> bool:
        """Read until there is more than enough, or no more; return whether there is no more.

        Raises:
            BodyTimeoutError: It did not come in time.
            MalformedBodyError: The client hung up.
        """
        try:
            async with asyncio.timeout_at(self._deadline):
                while not self.is_whole and len(self._octets) <= enough_octets:
                    self._octets += await anext(self._chunks)
        except StopAsyncIteration:
            self.is_whole = True
        except TimeoutError as error:
            raise BodyTimeoutError(self._timeout_s) from error
        except ClientDisconnect as error:
            raise MalformedBodyError("it broke off") from error
        return self.is_whole

    def _parse(self, octets: bytes) -> Parameters:
        if not octets:
            return self.query
        if self._kind == JSON:
            return Parameters(_parse_json(octets)).over(self.query)
        if self._kind == FORM:
            return Parameters(_parse_form(octets)).over(self.query)
        if self._kind in _XML_KINDS:
            return Parameters(parse_xml(octets)).over(self.query)
        raise UnsupportedBodyError(self._content_type)


def from_fields(fields: Iterable[tuple[str, str]]) -> Parameters:
    """Return the parameters that the fields of a form are, in their order."""
    return Parameters(_merge(fields))


def _parse_json(octets: bytes) -> dict[str, Any]:
    try:
        values = json.loads(octets, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        raise MalformedBodyError(f"it is not valid JSON ({str(error)[:80]})") from error
    if not isinstance(values, dict):
        raise MalformedBodyError("the JSON must be an object of parameters")
    return values


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        ((repeated, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise RepeatedParameterError(repeated[:MAX_COMPARED_NAME])
    return values


def _parse_form(octets: bytes) -> dict[str, Any]:
    try:
        return _merge(_pairs(octets.decode()))
    except ValueError as error:
        wanted = str(error) if not isinstance(error, UnicodeDecodeError) else "it must be UTF-8"
        raise MalformedBodyError(wanted) from error


def _pairs(encoded: str) -> list[tuple[str, str]]:
    """Decode a query or a form once (WHATWG URL §5.1): ``+`` is a space, ``%XX`` is UTF-8.

    Raises:
        ValueError: It is not UTF-8, or holds too many parameters; the message says which.
    """
    try:
        return parse_qsl(
            encoded, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS
        )
    except UnicodeDecodeError as error:
        message = "percent-encoded text must be UTF-8"
        raise ValueError(message) from error
    except ValueError as error:
        message = f"it holds more than {MAX_PARAMETERS} parameters"
        raise ValueError(message) from error


def _merge(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Gather the values of names that come more than once, in any case, under the first."""
    values: dict[str, Any] = {}
    spellings: dict[str, str] = {}
    for written, value in pairs:
        name = spellings.setdefault(written.casefold(), written)
        if name not in values:
            values[name] = value
        elif isinstance(values[name], Repeated):
            values[name].append(value)
        else:
            values[name] = Repeated([values[name], value])
    return values
