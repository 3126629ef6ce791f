"""Follow the events of campaigns as they come.

One task of the process asks Postgres, twice a second and only while somebody follows, how far all
followed campaigns have come; a stream whose campaign has come further then reads what is new, at
the pace of whoever reads it. So nothing has to be told to those who do not listen, and nothing
piles up here for those who are slow.
"""

import asyncio
import logging
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.domain.errors import NotFoundError, StreamsBusyError
from services.api.domain.event_places import WHOLE, Place, StreamPlace
from services.api.operations.key_access import Access, find_refused
from services.api.storage.accounts import Account
from services.api.storage.live import find_campaign_id, get_ends
from shared.domain.events import Event, EventBatch, EventSource
from shared.storage.engine import is_outage
from shared.storage.events import list_batches, list_events

POLL_S = 0.5
HEARTBEAT_S = 15.0
# Then a client has to come again.
LONGEST_LIFE_S = 900.0
READ_BATCHES = 10
CONCURRENT_READS = 4

LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that a stream says.

    Attributes:
        place: How far it has come with it.
        event: What happened; None with ``is_gap`` where some is lost, and without as a heartbeat.
        is_gap: Whether events before this place are no longer kept.
    """

    place: StreamPlace
    event: Event | None = None
    is_gap: bool = False


class LiveEvents:
    """All streams of one process.

    Args:
        engine: Where the events are.
        max_streams: Streams open at a time.
        max_per_account: Of these, streams of one account.
        heartbeat_s: Seconds of silence after which a stream says that it lives.
        longest_life_s: Seconds after which a stream ends.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        max_streams: int,
        max_per_account: int,
        heartbeat_s: float = HEARTBEAT_S,
        longest_life_s: float = LONGEST_LIFE_S,
    ) -> None:
        self.engine = engine
        self.heartbeat_s = heartbeat_s
        self.longest_life_s = longest_life_s
        self.reading = asyncio.Semaphore(CONCURRENT_READS)
        self.ended = asyncio.Event()
        self._max_streams = max_streams
        self._max_per_account = max_per_account
        self._streams: set[EventStream] = set()
        self._counts: Counter[int] = Counter()
        self._has_streams = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look for news; to be called with a running event loop."""
        self._task = asyncio.create_task(self._look())

    def end(self) -> None:
        """End all streams, each behind what it is saying."""
        self.ended.set()
        for stream in self._streams:
            stream.has_news.set()

    async def aclose(self) -> None:
        """End all streams and the looking."""
        self.end()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def open(
        self,
        account: Account,
        campaign_uuid: uuid.UUID,
        behind: StreamPlace | None,
        access: Access,
    ) -> "EventStream":
        """Open a stream of a campaign's events, to be closed by the caller.

        Args:
            account: Whose campaign it is.
            campaign_uuid: The campaign.
            behind: The last that was told; None begins with what comes from now on.
            access: The key or session in use; the stream ends once that is not let in any more.

        Raises:
            NotFoundError: The account has no such campaign.
            StreamsBusyError: As many are open as may be.
        """
        if (
            self.ended.is_set()
            or len(self._streams) >= self._max_streams
            or self._counts[account.id] >= self._max_per_account
        ):
            raise StreamsBusyError
        stream = EventStream(self, account.id, access)
        # Counted before anything is waited for, so that no more are let in meanwhile.
        self._streams.add(stream)
        self._counts[account.id] += 1
        try:
            campaign_id, end = await self._find(account, campaign_uuid)
        except BaseException:
            self.close(stream)
            raise
        stream.begin(campaign_id, end, behind)
        self._has_streams.set()
        return stream

    async def _find(self, account: Account, campaign_uuid: uuid.UUID) -> tuple[int, StreamPlace]:
        async with self.engine.connect() as connection:
            campaign_id = await find_campaign_id(connection, account.id, campaign_uuid)
            if campaign_id is None:
                raise NotFoundError("campaign")
            return campaign_id, (await get_ends(connection, [campaign_id]))[campaign_id]

    def close(self, stream: "EventStream") -> None:
        """Let go of a stream, once or more often."""
        if stream not in self._streams:
            return
        self._streams.discard(stream)
        self._counts[stream.account_id] -= 1
        if not self._counts[stream.account_id]:
            del self._counts[stream.account_id]
        if not self._streams:
            self._has_streams.clear()

    async def _look(self) -> None:
        while True:
            await self._has_streams.wait()
            try:
                async with self.engine.connect() as connection:
                    followed = {stream.campaign_id for stream in self._streams}
                    accesses = {stream.access for stream in self._streams}
                    ends = await get_ends(connection, sorted(followed))
                    refused = await find_refused(connection, accesses)
            except Exception as error:
                # Streams outlive it: they say nothing until it is mended.
                if not is_outage(error):
                    LOGGER.exception("news of campaigns cannot be looked for; trying again")
            else:
                for stream in self._streams:
                    if stream.access in refused:
                        stream.end()
                    stream.notice(ends.get(stream.campaign_id))
            await asyncio.sleep(POLL_S)


class EventStream:
    """The events of one campaign, for one listener."""

    def __init__(self, live: LiveEvents, account_id: int, access: Access) -> None:
        self._live = live
        self._is_over = False
        self.account_id = account_id
        self.access = access
        self.campaign_id = 0
        self.has_news = asyncio.Event()
        self._place = self._end = StreamPlace(Place(0), Place(0))
        self._is_gap = False

    def begin(self, campaign_id: int, end: StreamPlace, behind: StreamPlace | None) -> None:
        """Set where the stream begins: behind what was told, or else at the end."""
        self.campaign_id = campaign_id
        self._end = end
        self._place = behind or end
        ahead = (
            self._place.clicks.number > end.clicks.number
            or self._place.deliveries.number > end.deliveries.number
        )
        if ahead:
            # As of another campaign, or of a database that was put back to an older state.
            self._place, self._is_gap = end, True

    def notice(self, end: StreamPlace | None) -> None:
        """Hear how far the campaign has come."""
        if end is not None and end != self._end:
            self._end = end
            self.has_news.set()

    def end(self) -> None:
        """End the stream behind what it is saying."""
        self._is_over = True
        self.has_news.set()

    def close(self) -> None:
        """Let go of what the stream holds."""
        self._live.close(self)

    async def follow(self) -> AsyncIterator[Told]:
        """Tell what happens, from the place where the stream begins until it is ended.

        Yields:
            First where the stream begins, then events, and heartbeats between them.
        """
        loop = asyncio.get_running_loop()
        dies_at = loop.time() + self._live.longest_life_s
        yield Told(self._place, is_gap=self._is_gap)
        while not self._has_ended and loop.time() < dies_at:
            self.has_news.clear()
            news = await self._read()
            for told in news:
                if self._is_over:
                    return
                self._place = told.place
                yield told
            if news:
                continue
            try:
                async with asyncio.timeout(self._live.heartbeat_s):
                    await self.has_news.wait()
            except TimeoutError:
                yield Told(self._place)

    @property
    def _has_ended(self) -> bool:
        return self._is_over or self._live.ended.is_set()

    async def _read(self) -> list[Told]:
        """Read some of what is new, if there is anything."""
        place, end = self._place, self._end
        try:
            async with self._live.reading:
                news: list[Told] = []
                if place.deliveries < end.deliveries:
                    async with self._live.engine.connect() as connection:
                        news = await self._read_source(connection, EventSource.DELIVERIES, place)
                    place = news[-1].place if news else place
                if place.clicks < end.clicks:
                    async with self._live.engine.connect() as connection:
                        news += await self._read_source(connection, EventSource.CLICKS, place)
        except Exception as error:
            if not is_outage(error):
                raise
            await asyncio.sleep(POLL_S)
            self.has_news.set()
            return []
        return news

    async def _read_source(
        self, connection: AsyncConnection, source: EventSource, place: StreamPlace
    ) -> list[Told]:
        here = _of(place, source)
        expected = here.number + 1 if here.index == WHOLE else here.number
        batches = await list_batches(
            connection,
            self.account_id,
            self.campaign_id,
            source,
            first_number=expected,
            row_limit=READ_BATCHES,
        )
        news: list[Told] = []
        for batch in batches:
            if batch.number > expected:
                news.append(Told(_moved(place, source, Place(batch.number - 1)), is_gap=True))
            expected = batch.number + 1
            seen = here.index if batch.number == here.number else -1
            news += await self._tell(connection, batch, place, seen=seen)
        if not batches:
            # All that came since is no longer kept.
            news.append(Told(_moved(place, source, _of(self._end, source)), is_gap=True))
        return news

    async def _tell(
        self, connection: AsyncConnection, batch: EventBatch, place: StreamPlace, *, seen: int
    ) -> list[Told]:
        events = await list_events(connection, self.account_id, batch)
        news = [
            Told(_moved(place, batch.source, Place(batch.number, event.place)), event)
            for event in events
            if event.place > seen
        ]
        whole = _moved(place, batch.source, Place(batch.number))
        if news:
            news[-1] = replace(news[-1], place=whole)
            return news
        # Nothing of it is left to tell, and it need not be read again.
        return [Told(whole)]


def _of(place: StreamPlace, source: EventSource) -> Place:
    return place.clicks if source is EventSource.CLICKS else place.deliveries


def _moved(place: StreamPlace, source: EventSource, to: Place) -> StreamPlace:
    if source is EventSource.CLICKS:
        return replace(place, clicks=to)
    return replace(place, deliveries=to)
