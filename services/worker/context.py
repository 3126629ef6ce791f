"""Composition root: what one connected worker works with."""

import asyncio
import random  # noqa: TID251 - the one place that makes the generator
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from pgqueuer import AsyncpgDriver
from sqlalchemy.ext.asyncio import AsyncEngine

from services.worker.block_lists import TIMEOUT_S as LIST_TIMEOUT_S
from services.worker.block_lists import BlockLists
from services.worker.calling import Caller
from services.worker.carriers.registry import build_carriers
from services.worker.carriers.sandbox import SandboxTiming
from services.worker.jobs.send_webhooks import AT_A_TIME, SendWebhooks
from services.worker.jobs.settle_delivery_reports import SettleDeliveryReports
from services.worker.jobs.submit_messages import SubmissionLimits, SubmitMessages
from services.worker.settings import WorkerSettings
from services.worker.storage.job_queue import queue_driver
from services.worker.storage.sandbox import SandboxBook
from shared.clock import SystemClock
from shared.storage.engine import create_engine


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """What the loop hands out; the engine and the driver are closed with the context.

    Attributes:
        stopping: Set to hand over no further window; the end of the queue's session sets it, too,
            since other workers then take this one's jobs.
    """

    engine: AsyncEngine
    driver: AsyncpgDriver
    stopping: asyncio.Event
    sandbox_book: SandboxBook
    submit_messages: SubmitMessages
    settle_delivery_reports: SettleDeliveryReports
    send_webhooks: SendWebhooks
    block_lists: BlockLists


@asynccontextmanager
async def open_context(settings: WorkerSettings) -> AsyncIterator[WorkerContext]:
    """Connect to Postgres and set up carriers and jobs.

    Yields:
        What the loop works with, until the context closes.
    """
    url = settings.database_url.get_secret_value()
    engine = create_engine(
        url,
        application="txlink worker",
        sealer=settings.to_sealer(),
        pool_size=settings.job_count,
        # One each for releases, events, alerts, erasures and lists of hosts; webhooks hold none
        # while they are called.
        max_overflow=8,
    )
    jitter = random.Random()  # noqa: S311 - delays, not secrets
    sandbox_book = SandboxBook(engine)
    carriers = build_carriers(
        sandbox_book=sandbox_book,
        sandbox_timing=SandboxTiming(
            settings.sandbox_submit_delay_s, settings.sandbox_delivery_delay_s
        ),
        draw=jitter,
        clock=SystemClock(),
    )
    limits = SubmissionLimits(
        carrier_timeout_s=settings.carrier_timeout_s,
        validity=timedelta(seconds=settings.message_validity_s),
    )
    stopping = asyncio.Event()
    clock = SystemClock()
    caller = Caller(
        settings.webhook_networks, concurrency=AT_A_TIME * settings.worker_webhook_concurrency
    )
    list_caller = Caller(settings.webhook_networks, concurrency=1, timeout_s=LIST_TIMEOUT_S)
    try:
        async with queue_driver(url, on_end=stopping.set) as driver:
            yield WorkerContext(
                engine,
                driver,
                stopping,
                sandbox_book,
                SubmitMessages(engine, carriers, jitter, stopping, limits),
                SettleDeliveryReports(engine, jitter),
                SendWebhooks(engine, caller, jitter, clock, stopping),
                BlockLists(
                    engine,
                    list_caller,
                    settings.block_list_sources,
                    timedelta(minutes=settings.destination_refresh_minutes),
                ),
            )
    finally:
        await list_caller.aclose()
        await caller.aclose()
        await engine.dispose()
