"""Handing out: what is told live, to the webhooks that want to hear of it."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy.ext.asyncio import AsyncEngine

from services.worker import rounds
from services.worker.storage.webhooks import (
    Hearer,
    add_deliveries,
    claim_due_batches,
    claim_webhooks_to_wake,
    close_batches,
    is_our_turn,
    list_hearers,
)
from shared.domain.webhook_packing import DueBatch, Parcel, pack
from shared.storage.engine import raw_connection
from shared.storage.queue import enqueue_webhooks

INTERVAL_S = 0.5
ROUND_BATCHES = 2_000


async def dispatch(engine: AsyncEngine) -> None:
    """Make deliveries of all that is due, and queue a job for each webhook that has some."""
    while await _dispatch_some(engine):
        pass


async def make_rounds(
    engine: AsyncEngine, ended: asyncio.Event, on_round: Callable[[], None] | None = None
) -> None:
    """Hand out twice a second, until told to end."""
    work = partial(dispatch, engine)
    await rounds.make_rounds(work, interval_s=INTERVAL_S, ended=ended, on_round=on_round)


async def _dispatch_some(engine: AsyncEngine) -> bool:
    """Hand out as much as one transaction should; return whether there may be more."""
    async with engine.begin() as connection:
        if not await is_our_turn(connection):
            return False
        batches = await claim_due_batches(connection, row_limit=ROUND_BATCHES)
        if batches:
            account_ids = sorted({batch.account_id for batch in batches})
            parcels = _address(batches, await list_hearers(connection, account_ids))
            if parcels:
                await add_deliveries(connection, parcels)
            await close_batches(connection, batches)
        jobs = await claim_webhooks_to_wake(connection)
        if jobs:
            await enqueue_webhooks(await raw_connection(connection), jobs)
    return len(batches) == ROUND_BATCHES


def _address(batches: Sequence[DueBatch], hearers: Sequence[Hearer]) -> list[tuple[int, Parcel]]:
    return [
        (hearer.webhook_id, parcel)
        for hearer in hearers
        for parcel in pack(
            batch
            for batch in batches
            if batch.account_id == hearer.account_id and batch.kind in hearer.kinds
        )
    ]
