"""The worker's life: take jobs, send what is due, hand out events, keep up; drain on demand.

When Postgres goes away, everything that holds a connection is dropped and set up anew once it is
back; meanwhile the process lives and tries. What was under way stays as it was in the database,
and is taken up when its claim has run out.
"""

import asyncio
import logging
from collections.abc import Iterable
from datetime import timedelta

from services.worker import block_lists, dispatching, releasing, upkeep
from services.worker.carriers import sandbox_receipts
from services.worker.context import WorkerContext, open_context
from services.worker.lanes import LANES, Lane, build_lanes, stop_taking, take_jobs
from services.worker.rounds import sleep_unless
from services.worker.settings import WorkerSettings
from shared.heartbeat import Heartbeat
from shared.storage.engine import is_outage

RECONNECT_INTERVAL_S = 1.0
ROUNDS = ("sandbox receipts", "releases", "dispatching")

LOGGER = logging.getLogger(__name__)


class DrainTimeoutError(Exception):
    """Windows were still under way when the time to drain was over."""


async def run_worker(settings: WorkerSettings, draining: asyncio.Event) -> None:
    """Work until ``draining`` is set, and what is then under way is done.

    Raises:
        DrainTimeoutError: It was not done in time, in an exception group; a worker will take it
            up when its claim has run out.
    """
    heartbeat = Heartbeat(settings.worker_heartbeat_file, *LANES, *ROUNDS)
    while not draining.is_set():
        try:
            async with open_context(settings) as context:
                await _work(context, settings, draining, heartbeat)
        except Exception as error:
            if not is_outage(error):
                raise
            LOGGER.warning("no Postgres for the queue (%s); trying again", type(error).__name__)
            heartbeat.beat()
            await sleep_unless(draining, RECONNECT_INTERVAL_S)


async def _work(
    context: WorkerContext,
    settings: WorkerSettings,
    draining: asyncio.Event,
    heartbeat: Heartbeat,
) -> None:
    lanes = build_lanes(context, settings, heartbeat)
    on_receipts, on_releases, on_dispatch = map(heartbeat.part, ROUNDS)
    ended = asyncio.Event()
    failure: Exception | None = None
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(sandbox_receipts.make_rounds(context.sandbox_book, ended, on_receipts))
        tasks.create_task(releasing.make_rounds(context.engine, ended, on_releases))
        tasks.create_task(dispatching.make_rounds(context.engine, ended, on_dispatch))
        tasks.create_task(upkeep.make_rounds(context.engine, ended))
        tasks.create_task(block_lists.make_rounds(context.block_lists, ended))
        drain = tasks.create_task(_drain(context, lanes, draining, settings))
        LOGGER.info("taking jobs")
        try:
            await take_jobs(lanes, timedelta(seconds=settings.worker_heartbeat_timeout_s))
        except ExceptionGroup as error:
            # Raised in here, it would cancel the rounds in the middle of their work.
            failure = error
        ended.set()
        drain.cancel()
    if failure is not None:
        raise failure


async def _drain(
    context: WorkerContext,
    lanes: Iterable[Lane],
    draining: asyncio.Event,
    settings: WorkerSettings,
) -> None:
    await draining.wait()
    timeout_s = settings.worker_drain_timeout_s
    LOGGER.info("draining: no new jobs, windows under way have %g s", timeout_s)
    context.stopping.set()
    stop_taking(lanes)
    await asyncio.sleep(timeout_s)
    raise DrainTimeoutError
