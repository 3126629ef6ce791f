"""What one connection may ask of the server; uvicorn sets no bounds to requests and waits."""

import asyncio
import logging
from typing import Final

from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from services.redirector.answers import HEAD_TOO_LONG, header_lines

# Browsers send less than 2 KiB; proxies and servers commonly take 8 to 64.
MAX_REQUEST_OCTETS: Final = 64 << 10
# Each takes 2 KiB until it is answered, and a read of 256 KiB may hold thousands.
MAX_PIPELINED: Final = 100
REQUEST_S: Final = 10.0
# What strangers send is not worth a line of the log each.
CONNECTION_LOGGER: Final = logging.getLogger("uvicorn.error.connection")
CONNECTION_LOGGER.setLevel(logging.ERROR)


class RequestRefusedError(Exception):
    """A request asks for more than a connection may."""


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which ends connections that ask too much or leave it waiting.

    A request has at most ``MAX_REQUEST_OCTETS``, or for one that comes in pieces about as many,
    and ``request_s`` to be sent. Whatever ends a connection, requests ahead of it are answered
    first: they are clicks.

    Attributes:
        request_s: Seconds that a request may take to be sent whole, beyond those that a
            connection may be idle.
    """

    request_s = REQUEST_S

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.logger = CONNECTION_LOGGER
        # Whether the next octet begins a request.
        self._is_between = True
        self._is_in_head = False
        self._is_too_long = False
        self._refusal: str | None = None
        self._octet_count = 0
        self._made_at = self.loop.time()
        self._answered_at: float | None = None
        self._watch(min(self.timeout_keep_alive, self.request_s))

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._watching.cancel()

    @override
    def data_received(self, data: bytes) -> None:
        # Where a request begins within the data, this begins anew.
        self._octet_count += len(data)
        super().data_received(data)
        if self._octet_count <= MAX_REQUEST_OCTETS or self._is_between:
            return
        if self._is_in_head:
            self._is_too_long = True
            self.send_400_response("")
        else:
            # Its answer does not wait for its body.
            self.shutdown()

    @override
    def eof_received(self) -> bool:  # type: ignore[override]
        # Who has asked may end that side of the connection, and wait for the answer.
        self.shutdown()
        return True

    @override
    def on_message_begin(self) -> None:
        self._is_between, self._is_in_head, self._octet_count = False, True, 0
        super().on_message_begin()

    @override
    def on_headers_complete(self) -> None:
        fields = sum(len(name) + len(value) + len(": \r\n") for name, value in self.headers)
        self._is_too_long = len(self.url) + fields > MAX_REQUEST_OCTETS
        if self._is_too_long or len(self.pipeline) >= MAX_PIPELINED:
            raise RequestRefusedError
        self._is_in_head = False
        super().on_headers_complete()

    @override
    def on_message_complete(self) -> None:
        # What follows an upgrade is no HTTP/1.1.
        self._is_between = not self.parser.should_upgrade()
        super().on_message_complete()

    @override
    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._answered_at = self.loop.time()
        if self.transport.is_closing():
            return
        # One timer a connection does for all waits.
        self._unset_keepalive_if_required()
        if self.pipeline:
            self.flow.pause_reading()
        elif self._refusal is not None:
            self.send_400_response(self._refusal)

    @override
    def send_400_response(self, msg: str) -> None:
        if self._is_owed():
            # To be sent behind the answers to what came before.
            self._refusal = msg
        elif self._is_too_long:
            status_line = STATUS_LINE[HEAD_TOO_LONG.status]
            lines = [b"%b: %b\r\n" % header for header in self.server_state.default_headers]
            head = status_line + b"".join(lines) + header_lines(HEAD_TOO_LONG)
            self.transport.write(head + HEAD_TOO_LONG.body)
            self.transport.close()
        else:
            super().send_400_response(msg)

    def _is_owed(self) -> bool:
        """Tell whether a request waits for its answer."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def _watch(self, delay_s: float) -> None:
        self._watching = self.loop.call_later(delay_s, self._look)

    def _look(self) -> None:
        """End the connection if its client has been waited for too long."""
        if self._is_owed() and not self.flow.write_paused:
            self._watch(self.request_s)
            return
        left_s = self._waited_until() - self.loop.time()
        if left_s > 0:
            self._watch(left_s)
        elif self.flow.write_paused or self.transport.is_closing():
            # What is still to be written, nobody reads.
            self.transport.abort()
        else:
            self.timeout_keep_alive_handler()
            self._watch(self.request_s)

    def _waited_until(self) -> float:
        if self._answered_at is None:
            return self._made_at + self.request_s
        idle_until = self._answered_at + self.timeout_keep_alive
        return idle_until if self._is_between else idle_until + self.request_s
