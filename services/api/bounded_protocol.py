"""How large the head of a request may be, and how long it may take; uvicorn bounds neither."""

import asyncio
from http import HTTPStatus
from typing import Final

from starlette.responses import Response
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from services.api.domain.head_errors import HeadersTooLargeError, TargetTooLongError
from services.api.error_responses import error_response
from shared.domain.errors import DomainError

MAX_TARGET_OCTETS: Final = 64 << 10
MAX_HEADERS_OCTETS: Final = 32 << 10
MAX_HEADERS: Final = 100
MAX_HEAD_OCTETS: Final = MAX_TARGET_OCTETS + MAX_HEADERS_OCTETS
HEAD_S: Final = 20.0


class HeadRefusedError(Exception):
    """A head is larger than may be; the parser stops at it."""


class BoundedHeads(HttpToolsProtocol):
    """uvicorn's protocol, which refuses large heads and ends connections that are slow with one.

    Attributes:
        head_s: Seconds from the opening of a connection, or from the first octet of a further
            request on it, in which the head must come.
    """

    head_s = HEAD_S

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._is_in_head = True
        self._head_octets = 0
        self._headers_octets = 0
        self._refusal: DomainError | None = None
        self._waiting = self.loop.call_later(self.head_s, self._end)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._waiting.cancel()

    @override
    def data_received(self, data: bytes) -> None:
        self._head_octets += len(data)
        super().data_received(data)
        # A field that never ends is told of by no callback. What the read had that began the head
        # is not counted, since other requests may have stood before it.
        if self._is_in_head and self._head_octets > MAX_HEAD_OCTETS and self._refusal is None:
            self._refusal = HeadersTooLargeError(MAX_HEADERS_OCTETS, MAX_HEADERS)
            self.send_400_response("")

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_in_head, self._head_octets, self._headers_octets = True, 0, 0
        self._waiting.cancel()
        self._waiting = self.loop.call_later(self.head_s, self._end)

    @override
    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > MAX_TARGET_OCTETS:
            self._refuse(TargetTooLongError(MAX_TARGET_OCTETS))

    @override
    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._headers_octets += len(name) + len(value) + len(": \r\n")
        if self._headers_octets > MAX_HEADERS_OCTETS or len(self.headers) > MAX_HEADERS:
            self._refuse(HeadersTooLargeError(MAX_HEADERS_OCTETS, MAX_HEADERS))

    @override
    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._waiting.cancel()
        super().on_headers_complete()

    @override
    def send_400_response(self, msg: str) -> None:
        if self._refusal is None:
            super().send_400_response(msg)
            return
        # An answer that is owed before this one cannot come any more.
        if not self._is_owed():
            self.transport.write(_octets(error_response(self._refusal)))
        self.transport.close()

    def _refuse(self, refusal: DomainError) -> None:
        self._refusal = refusal
        raise HeadRefusedError

    def _is_owed(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def _end(self) -> None:
        if not self._is_owed():
            self.transport.close()


def _octets(response: Response) -> bytes:
    status = HTTPStatus(response.status_code)
    lines = [b"HTTP/1.1 %d %b" % (status, status.phrase.encode())]
    lines += [b"%b: %b" % header for header in response.raw_headers]
    return b"\r\n".join([*lines, b"connection: close", b"", bytes(response.body)])
