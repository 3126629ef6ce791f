"""Weigh hits again whose messages' delivery is known only after they were stored."""

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from services.redirector.recorder.awaiting import Awaited
from services.redirector.recorder.circumstances import SOONEST_TAP, Circumstances
from services.redirector.recorder.reclassing import BATCH_HITS, class_anew
from services.redirector.recorder.recounting import change_and_recount
from services.redirector.storage.connections import (
    Connection,
    Pool,
    StoreUnavailableError,
    outages_named,
)
from services.redirector.storage.deliveries import list_deliveries
from services.redirector.storage.histories import list_histories
from services.redirector.storage.letting_go import find_hits_kept_from
from services.redirector.storage.reclassing import (
    HitKey,
    list_hits_of_recipients,
    try_to_lock_out_others,
)

LOGGER = logging.getLogger(__name__)

INTERVAL_S = 3.0
PAGE_RECIPIENTS = 500
# How much of the time is left to hits that are yet to be recorded, however many wait here: 98 %
# while it is only looked, and 90 % while hits are weighed.
REST_PER_LOOK = 49.0
REST_PER_WEIGHING = 9.0
# Of recipients whose link is followed by many thousands, the rest is left to reclassify.
MAX_BATCHES = 10


@dataclass(slots=True)
class _Page:
    """Recipients of one campaign whose hits are to be weighed again, after a key."""

    campaign_id: int
    positions: list[int]
    after: HitKey
    batches_left: int = MAX_BATCHES
    circumstances: Circumstances = field(default_factory=Circumstances)


class LateReports:
    """Asks now and then which messages have been delivered, and weighs their hits again.

    It does so as ``txlink clicks reclassify`` does, a transaction a batch, never beside it.

    Args:
        pool: Where the hits are.
        awaited: Whose deliveries are waited for; those that are known are taken out.
        forget: Called with recipients of whom what was remembered may be no more.
        interval_s: Seconds between two looks, at least 0.
    """

    def __init__(
        self,
        pool: Pool,
        awaited: Awaited,
        forget: Callable[[list[tuple[int, int]]], None],
        *,
        interval_s: float = INTERVAL_S,
    ) -> None:
        self._pool = pool
        self._awaited = awaited
        self._forget = forget
        self._interval_s = interval_s
        self._pages: deque[_Page] = deque()
        # How many messages of a campaign were delivered when it was last asked about.
        self._seen: dict[int, int] = {}
        self._look_due_s = self._weighing_due_s = 0.0

    async def weigh_due(self, *, is_idle: bool) -> None:
        """Do the next piece of work if it is time for one.

        Args:
            is_idle: Whether there are no hits to be recorded now, which would wait meanwhile.

        Raises:
            StoreUnavailableError: Postgres is away. To be called again later.
        """
        try:
            with outages_named():
                if self._pages:
                    await self._weigh_if_due(is_idle=is_idle)
                elif self._awaited:
                    await self._look_if_due()
        except StoreUnavailableError:
            raise
        except Exception:  # no fault here may keep hits from being recorded
            LOGGER.exception("hits are not weighed again; txlink clicks reclassify will do it")
            if self._pages:
                self._pages.popleft()

    async def _look_if_due(self) -> None:
        now_s = asyncio.get_running_loop().time
        started_s = now_s()
        if started_s < self._look_due_s:
            return
        # Before anything can go wrong, or that would be tried without a rest.
        self._look_due_s = started_s + self._interval_s
        await self._look()
        ended_s = now_s()
        rest_s = REST_PER_LOOK * (ended_s - started_s)
        self._look_due_s = ended_s + max(self._interval_s, rest_s)

    async def _weigh_if_due(self, *, is_idle: bool) -> None:
        now_s = asyncio.get_running_loop().time
        started_s = now_s()
        if started_s < self._weighing_due_s and not is_idle:
            return
        await self._weigh(self._pages[0])
        ended_s = now_s()
        self._weighing_due_s = ended_s + REST_PER_WEIGHING * (ended_s - started_s)

    async def _look(self) -> None:
        """Find the awaited messages that have been delivered since the last look."""
        campaigns = self._awaited.list_campaigns()
        early: defaultdict[int, dict[int, datetime]] = defaultdict(dict)
        async with self._pool.acquire() as connection:
            # Before the messages: who is delivered in between is found at the next look.
            deliveries = await list_deliveries(connection, campaigns)
            moved = [
                campaign_id
                for campaign_id, delivery in deliveries.items()
                if delivery.delivered_count > self._seen.get(campaign_id, 0)
            ]
            asked = [(recipient, False) for recipient in self._awaited.list_recipients(moved)]
            for stored in await list_histories(connection, asked) if asked else ():
                hit_at = self._awaited.take(*stored.recipient)
                if stored.delivered_at and hit_at < stored.delivered_at + SOONEST_TAP:
                    campaign_id, position = stored.recipient
                    early[campaign_id][position] = hit_at
        self._seen = {
            campaign_id: delivery.delivered_count
            for campaign_id, delivery in deliveries.items()
            if delivery.has_more
        }
        for campaign_id in campaigns:
            if campaign_id not in self._seen:
                self._awaited.forget_campaign(campaign_id)
        for campaign_id, hit_ats in early.items():
            self._add_pages(campaign_id, hit_ats)

    def _add_pages(self, campaign_id: int, hit_ats: dict[int, datetime]) -> None:
        positions = sorted(hit_ats)
        for start in range(0, len(positions), PAGE_RECIPIENTS):
            part = positions[start : start + PAGE_RECIPIENTS]
            first_at = min(hit_ats[position] for position in part)
            self._pages.append(_Page(campaign_id, part, HitKey(first_at, -1, -1)))

    async def _weigh(self, page: _Page) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            # Who holds it may do so for long, and hits that are to be recorded cannot wait.
            if not await try_to_lock_out_others(connection):
                return
            last = await _weigh_next(connection, page)
        self._forget([(page.campaign_id, position) for position in page.positions])
        page.batches_left -= 1
        if last and page.batches_left:
            page.after = last
        else:
            self._pages.popleft()


async def _weigh_next(connection: Connection, page: _Page) -> HitKey | None:
    """Weigh a batch of hits again; return the last one's key, None if no more are left."""
    mark = await find_hits_kept_from(connection, page.campaign_id)
    old = await list_hits_of_recipients(
        connection,
        page.campaign_id,
        page.positions,
        after=page.after.not_before(mark),
        limit=BATCH_HITS,
    )
    changes = await class_anew(connection, old, page.circumstances, mark=mark)
    if changes:
        await change_and_recount(connection, page.campaign_id, changes)
    return HitKey.of(old[-1]) if len(old) == BATCH_HITS else None
