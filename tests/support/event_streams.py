"""A listener to server-sent events, which reads them as browsers do."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx


@dataclass
class Heard:
    """One event as a listener has it.

    Attributes:
        id: What it would send as Last-Event-ID from here on.
    """

    id: str
    type: str
    data: Any


@dataclass
class Listener:
    """Reads one stream.

    Attributes:
        last_id: Of the last event, or of where the stream began.
        comments: What came that is no event.
    """

    lines: AsyncIterator[str]
    last_id: str = ""
    comments: list[str] = field(default_factory=list)
    has_ended: bool = False

    async def hear(self, count: int, *, within_s: float = 20.0) -> list[Heard]:
        """Return so many events more; fewer if the stream ends before."""
        heard: list[Heard] = []
        async with asyncio.timeout(within_s):
            while len(heard) < count and not self.has_ended:
                if (event := await self._next_block()) is not None:
                    heard.append(event)
        return heard

    async def begin(self) -> None:
        """Read up to where the stream says that it begins."""
        async with asyncio.timeout(20):
            await self._next_block()

    async def _next_block(self) -> Heard | None:
        fields: dict[str, str] = {}
        async for line in self.lines:
            if not line:
                break
            name, _, value = line.partition(":")
            if not name:
                self.comments.append(value.strip())
            fields[name] = value.removeprefix(" ")
        else:
            self.has_ended = True
        self.last_id = fields.get("id", self.last_id)
        if "data" not in fields:
            return None
        return Heard(self.last_id, fields["event"], json.loads(fields["data"]))


@asynccontextmanager
async def listening(
    client: httpx.AsyncClient, campaign_uuid: str, headers: dict[str, str], *, last_id: str = ""
) -> AsyncIterator[Listener]:
    """Listen to a campaign, and have heard where its stream begins."""
    behind = {"last-event-id": last_id} if last_id else {}
    path = f"/campaigns/{campaign_uuid}/events"
    async with client.stream("GET", path, headers=headers | behind) as response:
        assert response.status_code == 200, await response.aread()
        assert response.headers["content-type"].startswith("text/event-stream")
        listener = Listener(response.aiter_lines())
        await listener.begin()
        yield listener
