"""Erase mobile numbers everywhere, a batch a transaction, and keep all that was counted.

What is under way is waited for: nobody is sent to after an erasure is done. It goes through the
messages, which lead to the hits, then through what no message leads to, and looks for messages
again at its end, since the account may have sent meanwhile.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.worker import rounds
from services.worker.storage.erasing import (
    Erasure,
    Place,
    claim_erasure,
    finish,
    has_messages,
    note_progress,
)
from services.worker.storage.erasing_messages import (
    behind,
    erase_hits,
    erase_messages,
    lock_messages,
)
from services.worker.storage.erasing_rest import (
    erase_answers,
    erase_columns,
    erase_others,
    erase_reports,
    erase_uploads,
)
from shared.storage.cancelling import cancel_messages

POLL_INTERVAL_S = 1.0
# A worker that has a message settles it soon, and an upload is soon read.
PATIENCE = timedelta(seconds=1)
NEXT_STEP = {
    "messages": "uploads",
    "uploads": "contacts",
    "contacts": "answers",
    "answers": "reports",
    "reports": "others",
    "others": "check",
}


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """How much one transaction does, so that none is long and none waits for it for long.

    Attributes:
        messages: Messages to the number.
        hits: Hits on their links.
        rows: Rows of uploads, contacts, or delivery reports.
        answers: Answers, each of which may have a million numbers.
    """

    messages: int = 20
    hits: int = 2_000
    rows: int = 5_000
    answers: int = 100


LIMITS = BatchLimits()


async def erase_due(engine: AsyncEngine, limits: BatchLimits = LIMITS) -> None:
    """Go on with all erasures that are due, until they are done or have to wait."""
    while await erase_batch(engine, limits):
        pass


async def erase_batch(engine: AsyncEngine, limits: BatchLimits = LIMITS) -> bool:
    """Do the next batch of the erasure that waits longest; return False if none is due."""
    async with engine.begin() as connection:
        erasure = await claim_erasure(connection)
        if erasure is None:
            return False
        match erasure.place.step:
            case "messages":
                await _erase_messages(connection, erasure, limits)
            case "check":
                await _check(connection, erasure)
            case "others":
                await erase_others(connection, erasure)
                await note_progress(connection, erasure, Place("check"))
            case step:
                await _erase_rest(connection, erasure, _REST[step](limits))
    return True


async def make_rounds(engine: AsyncEngine, ended: asyncio.Event) -> None:
    """Look for erasures that are due, now and every second, until told to end."""
    work = partial(erase_due, engine)
    await rounds.make_rounds(work, interval_s=POLL_INTERVAL_S, ended=ended)


Batch = Callable[[AsyncConnection, Erasure], Awaitable[Place | None]]
_REST: dict[str, Callable[[BatchLimits], Batch]] = {
    "uploads": lambda limits: partial(erase_uploads, row_limit=limits.rows),
    "contacts": lambda limits: partial(erase_columns, row_limit=limits.rows),
    "answers": lambda limits: partial(erase_answers, row_limit=limits.answers),
    "reports": lambda limits: partial(erase_reports, row_limit=limits.rows),
}


async def _erase_messages(
    connection: AsyncConnection, erasure: Erasure, limits: BatchLimits
) -> None:
    found = await lock_messages(connection, erasure, row_limit=limits.messages)
    if not found:
        is_left = erasure.place.place > 0 and await has_messages(connection, erasure)
        place = Place("messages" if is_left else NEXT_STEP["messages"])
        await note_progress(
            connection, erasure, place, delay=PATIENCE if is_left else timedelta(0)
        )
        return
    place, carrier_ids, erased_count, hits_left = erasure.place, [], 0, limits.hits
    for campaign_id, positions in found:
        under_way = (await cancel_messages(connection, campaign_id, positions)).positions
        free = [position for position in positions if position not in set(under_way)]
        hits_left -= await erase_hits(connection, campaign_id, free, hit_limit=hits_left)
        if hits_left <= 0:
            # Its messages lead to the hits that are left, so they stay until those are done.
            break
        carrier_ids += await erase_messages(connection, erasure, campaign_id, free)
        erased_count += len(free)
        place = erasure.place.behind(campaign_id, positions[-1])
    else:
        place = behind(erasure, found)
    await note_progress(connection, erasure, place, new_ids=carrier_ids, new_messages=erased_count)


async def _erase_rest(connection: AsyncConnection, erasure: Erasure, work: Batch) -> None:
    place = await work(connection, erasure)
    if place is None:
        await note_progress(connection, erasure, Place(NEXT_STEP[erasure.place.step]))
    else:
        has_to_wait = place == erasure.place
        delay = PATIENCE if has_to_wait else timedelta(0)
        await note_progress(connection, erasure, place, delay=delay)


async def _check(connection: AsyncConnection, erasure: Erasure) -> None:
    if await has_messages(connection, erasure):
        await note_progress(connection, erasure, Place("messages"))
    else:
        await finish(connection, erasure)
