"""The fast lane: plain requests for cached links, answered without ASGI's scope, cycle and task.

What a connection reads at once is mostly one whole request. If that surely is a plain GET or HEAD
of a token, llhttp parses it here, with a parser that calls nobody back for its headers, and it is
answered as soon as this tick's write of the journal is done. Everything else goes up to uvicorn
and the application as if this were not there. Both lanes must agree on every octet of answer and
journal: ``tests/integration/redirector/test_lanes.py`` holds them to it. What is leant on of
uvicorn is listed in ``tests/unit/services/redirector/test_uvicorn.py``, which tells when it
changes.
"""

import asyncio
import re
import time
from collections.abc import Sequence
from typing import Final, cast

import httptools
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from services.redirector.answers import NOT_FOUND, TOO_MANY, header_lines
from services.redirector.bounded import MAX_REQUEST_OCTETS, BoundedProtocol
from services.redirector.journal.records import pack_hit
from services.redirector.links.resolving import UnknownLinkError
from services.redirector.routes import HEALTH_PATH, RAW_HEAD, ShortLinks, pack_address
from shared.domain.trusted_proxies import parse_address

TOKEN_REQUEST: Final = re.compile(
    rb"(?:GET|HEAD) /(?!%b )(?:[0-9A-Za-z-]{1,15}/)?([0-9A-Za-z]{6,8}) HTTP/1\.1\r\n"
    % HEALTH_PATH[1:].encode()
)
HEAD_END: Final = b"\r\n\r\n"


class FastLane(BoundedProtocol):
    """One connection of the redirector's server, for ``uvicorn.run(http=FastLane)``."""

    app: ShortLinks

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._redirector = self.app.redirector
        host = self.client[0] if self.client else ""
        self._address, self._peer = pack_address(host), parse_address(host)
        # Answers that wait for this tick's write of the journal, and pieces that wait for them.
        self._pending_count = 0
        self._deferred_count = 0

    @override
    def data_received(self, data: bytes) -> None:
        if self._deferred_count == 0:
            if self._is_whole(data) and self._take_fast_lane(data):
                return
            if self._pending_count == 0:
                self._take_slow_lane(data)
                return
        # The loop calls back in order: first the journal, which answers what is pending.
        self._deferred_count += 1
        self.loop.call_soon(self._take_deferred, data)

    @override
    def shutdown(self) -> None:
        if self._pending_count:
            self.loop.call_soon(super().shutdown)
        else:
            super().shutdown()

    def _take_deferred(self, data: bytes) -> None:
        self._deferred_count -= 1
        if not self.transport.is_closing():
            self._take_slow_lane(data)

    def _is_whole(self, data: bytes) -> bool:
        """Tell whether a piece is one head, from its beginning to its end."""
        end = len(data) - len(HEAD_END)
        return self._is_between and data.find(HEAD_END) == end < MAX_REQUEST_OCTETS

    def _take_slow_lane(self, data: bytes) -> None:
        is_whole = self._is_whole(data)
        super().data_received(data)
        if is_whole and data.startswith((b"GET ", b"HEAD ")):
            # Its task begins later, and then has the head as the fast lane would journal it.
            cast("dict[str, object]", self.scope)[RAW_HEAD] = data[:-2]

    def _take_fast_lane(self, data: bytes) -> bool:
        """Answer a request if that is plain, and tell whether it was."""
        match = TOKEN_REQUEST.match(data)
        if match is None or not self._is_free():
            return False
        redirector = self._redirector
        try:
            link = redirector.resolver.find_plain(match[1])
        except UnknownLinkError:
            return self._refuse(data, match[0])
        if link is None or not WHOLE_REQUEST.is_plain(data):
            return False
        number, token_length, lines = link
        record = pack_hit(time.time_ns(), self._address, number, token_length, data[:-2])
        self._pending_count += 1
        # A hit that the disk did not take has been counted; the visitor goes on all the same.
        redirector.journal.append_then(record, self._answer, lines)
        return True

    @override
    def _is_owed(self) -> bool:
        return self._pending_count > 0 or super()._is_owed()

    def _is_free(self) -> bool:
        """Tell whether the slow lane is done with this connection, and uvicorn sets no limit."""
        cycle: RequestResponseCycle | None = self.cycle
        return (
            (cycle is None or cycle.response_complete)
            and not self.flow.write_paused
            and self.limit_concurrency is None
        )

    def _refuse(self, data: bytes, line: bytes) -> bool:
        """Answer a request for an unknown link, if that may be done here."""
        redirector = self._redirector
        # Behind a proxy it takes the headers to know who is guessing.
        if self._pending_count or redirector.trusted_proxies or not WHOLE_REQUEST.is_plain(data):
            return False
        is_one_too_many = redirector.guesses.note(self._peer, now_s=time.monotonic())
        answer = TOO_MANY if is_one_too_many else NOT_FOUND
        if not is_one_too_many:
            redirector.orphans.note_unknown(line.split(b" ")[1].decode())
        body = b"" if data.startswith(b"HEAD ") else answer.body
        self._send(answer.status, header_lines(answer) + body)
        return True

    def _answer(self, lines: bytes, _is_journaled: bool) -> None:  # noqa: FBT001
        self._pending_count -= 1
        self._send(302, lines)

    def _send(self, status: int, rest: bytes) -> None:
        if self.transport.is_closing():
            return
        server = self.server_state
        self.transport.write(STATUS_LINES.dated(status, server.default_headers) + rest)
        server.total_requests += 1
        self._answered_at = self.loop.time()


class _WholeRequest:
    """llhttp, for requests each of which is given whole."""

    def __init__(self) -> None:
        self._begin()

    def is_plain(self, data: bytes) -> bool:
        """Tell whether octets are one sound request that leaves its connection open.

        Args:
            data: Of which only the last four are an end of a head, so that a body finds no room.
        """
        self._is_plain = False
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._is_plain = False
        if not self._is_plain:
            self._begin()
        return self._is_plain

    def on_message_complete(self) -> None:
        """Be told by the parser."""
        self._is_plain = self._parser.should_keep_alive()

    def _begin(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._is_plain = False


class _StatusLines:
    """The start of an answer, which uvicorn's clock changes once a second."""

    def __init__(self) -> None:
        self._headers: Sequence[tuple[bytes, bytes]] = ()
        self._made: dict[int, bytes] = {}

    def dated(self, status: int, headers: Sequence[tuple[bytes, bytes]]) -> bytes:
        """Return the status line and the server's own headers.

        Args:
            status: Of the answer.
            headers: The server's own; another sequence where they have changed.
        """
        if headers is not self._headers:
            self._headers, self._made = headers, {}
        made = self._made.get(status)
        if made is None:
            lines = [b"%b: %b\r\n" % header for header in headers]
            made = self._made[status] = STATUS_LINE[status] + b"".join(lines)
        return made


# A process serves with one thread, and nothing of a request is left in them behind it.
WHOLE_REQUEST: Final = _WholeRequest()
STATUS_LINES: Final = _StatusLines()
