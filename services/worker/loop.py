"""The worker's life: take jobs, send sandbox receipts, keep up; drain on demand.

When Postgres goes away, everything that holds a connection is dropped and set up anew once it is
back; meanwhile the process lives and tries. What was under way stays as it was in the database,
and is taken up when its heartbeat has run out.
"""

import asyncio
import logging
from datetime import timedelta
from functools import partial
from math import inf

from pgqueuer import Job, RetryRequested
from pgqueuer.executors import DatabaseRetryEntrypointExecutor
from pgqueuer.qm import QueueManager

from services.worker import upkeep
from services.worker.carriers import sandbox_receipts
from services.worker.context import WorkerContext, open_context
from services.worker.settings import WorkerSettings
from services.worker.storage.job_queue import LosslessQueries, SliceLeases
from services.worker.storage.outages import is_outage, outlive_outages
from shared.storage.queue import Entrypoint, MessageSlice, report_ids_from_payload

RECONNECT_INTERVAL_S = 1.0
LEASE_WAIT = timedelta(seconds=1)
POLL_INTERVAL = timedelta(seconds=1)
JOB_LOG_INTERVAL = timedelta(seconds=30)

LOGGER = logging.getLogger(__name__)

# A job that raises has met a fault of ours. It is tried again for some minutes and then held in
# the queue, not deleted: its messages still wait for someone to mend it.
JOB_EXECUTOR = partial(
    DatabaseRetryEntrypointExecutor, max_attempts=10, max_delay=timedelta(minutes=1)
)


class DrainTimeoutError(Exception):
    """Windows were still under way when the time to drain was over."""


async def run_worker(settings: WorkerSettings, draining: asyncio.Event) -> None:
    """Work until ``draining`` is set, and what is then under way is done.

    Raises:
        DrainTimeoutError: It was not done in time; another worker will take it up.
    """
    while not draining.is_set():
        try:
            async with open_context(settings, draining) as context:
                await _work(context, settings, draining)
        except Exception as error:
            if not is_outage(error):
                raise
            LOGGER.warning("no Postgres for the queue (%s); trying again", type(error).__name__)
            await _sleep_unless(draining, RECONNECT_INTERVAL_S)


async def _work(context: WorkerContext, settings: WorkerSettings, draining: asyncio.Event) -> None:
    manager = _queue_manager(context)
    outlive = partial(outlive_outages, context.engine, patience_s=inf)
    async with asyncio.TaskGroup() as tasks:
        companions = [
            tasks.create_task(outlive(partial(sandbox_receipts.run, context.sandbox_book))),
            tasks.create_task(outlive(partial(upkeep.run, context.engine))),
            tasks.create_task(_drain(manager, draining, settings.worker_drain_timeout_s)),
        ]
        await _take_jobs(manager, settings)
        for companion in companions:
            companion.cancel()


async def _take_jobs(manager: QueueManager, settings: WorkerSettings) -> None:
    LOGGER.info("worker %s takes jobs", manager.queue_manager_id)
    await manager.run(
        dequeue_timeout=POLL_INTERVAL,
        batch_size=settings.worker_concurrency // 2,
        max_concurrent_tasks=settings.worker_concurrency,
        heartbeat_timeout=timedelta(seconds=settings.worker_heartbeat_timeout_s),
        log_aggregation_interval=JOB_LOG_INTERVAL,
    )


async def _drain(manager: QueueManager, draining: asyncio.Event, timeout_s: float) -> None:
    await draining.wait()
    LOGGER.info("draining: no new jobs, windows under way have %g s", timeout_s)
    manager.shutdown.set()
    await asyncio.sleep(timeout_s)
    raise DrainTimeoutError


def _queue_manager(context: WorkerContext) -> QueueManager:
    manager = QueueManager(LosslessQueries(context.driver))
    leases = SliceLeases(context.driver)

    async def submit_messages(job: Job) -> None:
        part = MessageSlice.from_payload(job.payload or b"")
        async with leases.hold(part) as is_held:
            if not is_held:
                raise RetryRequested(LEASE_WAIT, "another job works on this slice")
            if not await context.submit_messages.run(part, priority=job.priority):
                raise RetryRequested(reason="the worker drains")

    async def settle_delivery_reports(job: Job) -> None:
        await context.settle_delivery_reports.run(report_ids_from_payload(job.payload or b""))

    for name, function in (
        (Entrypoint.SUBMIT_MESSAGES, submit_messages),
        (Entrypoint.SETTLE_DELIVERY_REPORTS, settle_delivery_reports),
    ):
        register = manager.entrypoint(str(name), on_failure="hold", executor_factory=JOB_EXECUTOR)
        register(function)
    return manager


async def _sleep_unless(event: asyncio.Event, delay_s: float) -> None:
    try:
        async with asyncio.timeout(delay_s):
            await event.wait()
    except TimeoutError:
        return
