"""Taking jobs off the queue, in lanes.

Bulk fills every hand it is given for as long as its carrier takes, and so may a client that sends
bulk one number at a time, which is urgent. So bulk, urgent messages, delivery reports and webhooks
have hands of their own each, and none of them waits for another.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from pgqueuer import Job, QueueManager
from pgqueuer.executors import DatabaseRetryEntrypointExecutor

from services.worker.context import WorkerContext
from services.worker.settings import WorkerSettings
from services.worker.storage.job_queue import LosslessQueries
from shared.heartbeat import Heartbeat
from shared.storage.queue import (
    Entrypoint,
    MessageSlice,
    report_ids_from_payload,
    webhook_from_payload,
)

LANES = ("bulk", "express", "reports", "webhooks")
POLL_INTERVAL = timedelta(seconds=1)
JOB_LOG_INTERVAL = timedelta(seconds=30)

# A job that raises has met a fault of ours, and nothing else counts as an attempt. It is tried
# again for some minutes and then held in the queue, not deleted: its messages still wait for
# someone to mend it.
JOB_EXECUTOR = partial(
    DatabaseRetryEntrypointExecutor, max_attempts=10, max_delay=timedelta(minutes=1)
)


@dataclass(frozen=True, slots=True)
class Lane:
    """Takes jobs of one kind.

    Attributes:
        manager: What takes them.
        job_count: How many may be under way, at least 2.
    """

    manager: QueueManager
    job_count: int


def build_lanes(
    context: WorkerContext, settings: WorkerSettings, heartbeat: Heartbeat
) -> Sequence[Lane]:
    """Make the lanes.

    Args:
        context: What jobs work with.
        settings: How many jobs may be under way in each.
        heartbeat: Has a part for each of ``LANES``.
    """

    async def submit(job: Job, *, urgent: bool) -> None:
        part = MessageSlice.from_payload(job.payload or b"")
        await context.submit_messages.run(part, urgent=urgent)

    async def settle_delivery_reports(job: Job) -> None:
        await context.settle_delivery_reports.run(report_ids_from_payload(job.payload or b""))

    async def send_webhooks(job: Job) -> None:
        await context.send_webhooks.run(*webhook_from_payload(job.payload or b""))

    bulk, express, reports, webhooks = (
        QueueManager(LosslessQueries(context.driver, on_look=heartbeat.part(lane)))
        for lane in LANES
    )
    _register(bulk, Entrypoint.SUBMIT_MESSAGES, partial(submit, urgent=False))
    _register(express, Entrypoint.SUBMIT_URGENT_MESSAGES, partial(submit, urgent=True))
    _register(reports, Entrypoint.SETTLE_DELIVERY_REPORTS, settle_delivery_reports)
    _register(webhooks, Entrypoint.SEND_WEBHOOKS, send_webhooks)
    return (
        Lane(bulk, settings.worker_concurrency),
        Lane(express, settings.worker_express_concurrency),
        Lane(reports, settings.worker_report_concurrency),
        Lane(webhooks, settings.worker_webhook_concurrency),
    )


async def take_jobs(lanes: Iterable[Lane], heartbeat_timeout: timedelta) -> None:
    """Take jobs until told to stop, or the connection is lost; then let those under way finish.

    Args:
        lanes: All end when one does.
        heartbeat_timeout: A job without a sign of life for so long is taken from its worker.

    Raises:
        ExceptionGroup: Jobs could not be taken.
    """
    takers = (_take_jobs_of(lane, lanes, heartbeat_timeout) for lane in lanes)
    # Not a task group: that would cut off one lane's jobs midway when another lane fails.
    ends = await asyncio.gather(*takers, return_exceptions=True)
    if errors := [end for end in ends if isinstance(end, Exception)]:
        raise ExceptionGroup("jobs cannot be taken", errors)


def stop_taking(lanes: Iterable[Lane]) -> None:
    """Take no more jobs."""
    for lane in lanes:
        lane.manager.shutdown.set()


async def _take_jobs_of(lane: Lane, lanes: Iterable[Lane], heartbeat_timeout: timedelta) -> None:
    try:
        await lane.manager.run(
            dequeue_timeout=POLL_INTERVAL,
            batch_size=lane.job_count // 2,
            max_concurrent_tasks=lane.job_count,
            heartbeat_timeout=heartbeat_timeout,
            log_aggregation_interval=JOB_LOG_INTERVAL,
        )
    finally:
        stop_taking(lanes)


def _register(
    manager: QueueManager, kind: Entrypoint, function: Callable[[Job], Awaitable[None]]
) -> None:
    register = manager.entrypoint(
        str(kind), accepts_context=False, on_failure="hold", executor_factory=JOB_EXECUTOR
    )
    register(function)
