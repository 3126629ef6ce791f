"""Events as a stream of them goes over the wire (HTML Living Standard, server-sent events)."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from services.api.domain.errors import InvalidValueError
from services.api.domain.event_places import StreamPlace, parse_place
from services.api.operations.follow_campaign import EventStream, Told

MEDIA_TYPE = "text/event-stream"
RETRY_MS = 2_000
# For what is being said when a stream's life is over.
FAREWELL_S = 30.0
EXAMPLE = """retry: 2000
id: c17.9999-d240.9999

id: c18.0-d240.9999
event: click.recorded
data: {"type":"click.recorded","campaign_uuid":"b2f7d1de-6d4d-4f63-9a53-4f5d8f0f5a0e",\
"position":41,"mobile":"919876543210","occurred_at":"2026-11-25T17:01:09.482113Z",\
"ip":"81.2.69.142","country":"IN","region":"Maharashtra","city":"Pune","browser":\
"Chrome Mobile","os":"Android","device_type":"mobile","device":"Samsung SM-A546E","referrer":null}

id: c18.0-d241.9999
event: message.delivered
data: {"type":"message.delivered","campaign_uuid":"b2f7d1de-6d4d-4f63-9a53-4f5d8f0f5a0e",\
"position":77,"mobile":"919876543211","status":"delivered","failure_cause":null,\
"submitted_at":"2026-11-25T17:01:05.120000Z","settled_at":"2026-11-25T17:01:09.900000Z"}

: still here

"""


class EventStreamResponse(StreamingResponse):
    """Says what a stream tells, and closes it, however it ends."""

    media_type = MEDIA_TYPE

    def __init__(self, stream: EventStream, *, longest_life_s: float) -> None:
        super().__init__(
            _frames(stream), headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )
        self._stream = stream
        self._longest_life_s = longest_life_s

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            # A client that reads nothing more would else hold its stream for ever; the server
            # hangs up on it.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._longest_life_s + FAREWELL_S):
                    await super().__call__(scope, receive, send)
        finally:
            self._stream.close()


def to_place(last_event_id: str | None) -> StreamPlace | None:
    """Read the header ``Last-Event-ID``; None without one.

    Raises:
        InvalidValueError: It is none that a stream gave.
    """
    if not last_event_id:
        return None
    place = parse_place(last_event_id)
    if place is None:
        raise InvalidValueError("Last-Event-ID", "must be the id of an event, unchanged")
    return place


async def _frames(stream: EventStream) -> AsyncIterator[bytes]:
    yield f"retry: {RETRY_MS}\n".encode()
    is_first = True
    async for told in stream.follow():
        yield _frame(told, is_first=is_first)
        is_first = False


def _frame(told: Told, *, is_first: bool) -> bytes:
    lines = [f"id: {told.place}"]
    if told.event is not None:
        told_json = json.dumps(told.event.to_json(), separators=(",", ":"), ensure_ascii=False)
        lines += [f"event: {told.event.kind}", f"data: {told_json}"]
    elif told.is_gap:
        lines += ["event: reset", 'data: {"type":"reset"}']
    elif not is_first:
        lines.append(": still here")
    return ("\n".join(lines) + "\n\n").encode()
