"""The fast lane: plain requests for cached links, answered without ASGI's scope, cycle and task.

llhttp parses every request, as ever in uvicorn. What surely is a plain GET or HEAD of a token is
answered here as soon as it is whole; everything else goes up to uvicorn and the application as if
this were not there. Both lanes must agree on every octet of answer and journal:
``tests/integration/redirector/test_lanes.py`` holds them to it. What is leant on of uvicorn is
listed in ``tests/unit/services/redirector/test_uvicorn.py``, which tells when it changes.
"""

import asyncio
import re
import time
from collections.abc import Callable  # noqa: TC003
from functools import lru_cache, partial
from typing import Final

from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from services.redirector.answers import NOT_FOUND, Answer, redirect_to
from services.redirector.journal.records import pack_hit
from services.redirector.resolving import Link, UnknownLinkError
from services.redirector.routes import HEALTH_PATH, ShortLinks, pack_address
from shared.domain.trusted_proxies import parse_address

TOKEN_TARGET: Final = re.compile(rb"/(?:[0-9A-Za-z-]{1,15}/)?([0-9A-Za-z]{6,8})")
HEALTH_TARGET: Final = HEALTH_PATH.encode()
# A request that has one of these is not plain: it has a body, or wants another protocol.
ODD_HEADERS: Final = frozenset({b"content-length", b"transfer-encoding", b"upgrade", b"expect"})
CACHED_ANSWERS = 10_000


class FastLane(HttpToolsProtocol):
    """One connection of the redirector's server, for ``uvicorn.run(http=FastLane)``."""

    app: ShortLinks

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._redirector = self.app.redirector
        host = self.client[0] if self.client else ""
        self._address, self._peer = pack_address(host), parse_address(host)
        self._is_plain = True
        self._is_slow = False
        self._link: Link | None = None
        # The headers as the journal keeps them, in pieces: name, colon, value, line end.
        self._head: list[bytes] = []
        # Answers that wait for this tick's write of the journal, and what must wait for them.
        self._pending_count = 0
        self._afterwards: Callable[[], None] | None = None
        self._idle_since: float | None = None
        self._idle_timer: asyncio.TimerHandle | None = None
        self._default_headers: list[tuple[bytes, bytes]] | None = None
        self._found = self._not_found = b""

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._idle_timer is not None:
            self._idle_timer.cancel()

    @override
    def on_message_begin(self) -> None:
        self.url = b""
        self.expect_100_continue = False
        self._head = []
        self._is_plain = True
        self._is_slow = False
        self._idle_since = None

    @override
    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name in ODD_HEADERS:
            self._is_plain = False
            if name == b"expect" and value.lower() == b"100-continue":
                self.expect_100_continue = True
        self._head += (name, b": ", value, b"\r\n")

    @override
    def on_headers_complete(self) -> None:
        self._link = None
        match = TOKEN_TARGET.fullmatch(self.url)
        if match is None or not self._may_answer():
            self._take_slow_lane()
            return
        try:
            self._link = self._redirector.resolver.find_cached(match[1].decode())
        except UnknownLinkError:
            if self._may_refuse():
                self._answer_not_found()
                return
        if self._link is None or not self._link.is_plain:
            self._link = None
            self._take_slow_lane()

    @override
    def on_message_complete(self) -> None:
        link = self._link
        if self._is_slow:
            super().on_message_complete()
        if link is None:
            return
        self._pending_count += 1
        record = pack_hit(
            time.time_ns(),
            self._address,
            link.number,
            link.block.token_length,
            b"".join([self.parser.get_method(), b" ", self.url, b" HTTP/1.1\r\n", *self._head]),
        )
        self._note_date()
        answer = self._found + _redirect_tail(link.location)
        # A hit that the disk did not take has been counted; the visitor goes on all the same.
        self._redirector.journal.append_then(record, self._answer, answer)

    @override
    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._go_on()

    @override
    def shutdown(self) -> None:
        if self._pending_count:
            self._afterwards = super().shutdown
        else:
            super().shutdown()

    @override
    def send_400_response(self, msg: str) -> None:
        # Whoever asked before the nonsense came gets an answer first.
        self._afterwards = partial(super().send_400_response, msg)
        self._go_on()

    def _may_answer(self) -> bool:
        """Tell whether nothing but the token is left to look at."""
        parser = self.parser
        cycle: RequestResponseCycle | None = self.cycle
        return (
            self._is_plain
            and parser.get_method() in {b"GET", b"HEAD"}
            and parser.get_http_version() == "1.1"
            and parser.should_keep_alive()
            # The slow lane has this connection for itself until it has answered.
            and (cycle is None or cycle.response_complete)
            and not self.flow.write_paused
            and self.limit_concurrency is None
            and self.url != HEALTH_TARGET
        )

    def _may_refuse(self) -> bool:
        """Tell whether an unknown link may be called so here, and count it if so."""
        redirector = self._redirector
        if self._pending_count or redirector.trusted_proxies:
            return False
        # The slow lane, which gets one too many, counts it again: that changes nothing.
        return not redirector.guesses.note(self._peer, now_s=time.monotonic())

    def _take_slow_lane(self) -> None:
        self._is_slow = True
        url, expects = self.url, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers += zip(self._head[0::4], self._head[2::4], strict=True)
        super().on_headers_complete()

    def _answer(self, answer: bytes, _is_journaled: bool = True) -> None:  # noqa: FBT001, FBT002
        self._pending_count -= 1
        self._send(answer)
        self._go_on()

    def _answer_not_found(self) -> None:
        self._note_date()
        is_head = self.parser.get_method() == b"HEAD"
        self._send(self._not_found + (NOT_FOUND_TAIL if is_head else NOT_FOUND_WHOLE))

    def _send(self, answer: bytes) -> None:
        if self.transport.is_closing():
            return
        self.transport.write(answer)
        self.server_state.total_requests += 1
        self._idle_since = self.loop.time()
        if self._idle_timer is None:
            self._watch_idle(self.timeout_keep_alive)

    def _go_on(self) -> None:
        """Do what has to wait until both lanes have answered, once they have."""
        if self._afterwards is None or self._pending_count or self.pipeline:
            return
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None or cycle.response_complete:
            afterwards, self._afterwards = self._afterwards, None
            if not self.transport.is_closing():
                afterwards()

    def _note_date(self) -> None:
        """Follow uvicorn, which makes its headers anew each second."""
        headers = self.server_state.default_headers
        if headers is not self._default_headers:
            self._default_headers = headers
            lines = b"".join([b"%b: %b\r\n" % header for header in headers])
            self._found = STATUS_LINE[302] + lines
            self._not_found = STATUS_LINE[404] + lines

    def _watch_idle(self, delay_s: float) -> None:
        # One timer a connection, not one a request: it looks how long nothing has come.
        self._idle_timer = self.loop.call_later(delay_s, self._close_if_idle)

    def _close_if_idle(self) -> None:
        if self.transport.is_closing():
            return
        idle_s = 0.0 if self._idle_since is None else self.loop.time() - self._idle_since
        if idle_s >= self.timeout_keep_alive:
            self.timeout_keep_alive_handler()
        else:
            self._watch_idle(self.timeout_keep_alive - idle_s)


def _tail(answer: Answer) -> bytes:
    return b"".join([b"%b: %b\r\n" % header for header in answer.headers]) + b"\r\n"


@lru_cache(CACHED_ANSWERS)
def _redirect_tail(location: str) -> bytes:
    return _tail(redirect_to(location))


NOT_FOUND_TAIL: Final = _tail(NOT_FOUND)
NOT_FOUND_WHOLE: Final = NOT_FOUND_TAIL + NOT_FOUND.body
