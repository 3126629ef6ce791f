"""The worker's end of the queue: its connection, its leases, and a job's ending."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
from pgqueuer import Job, Queries
from pgqueuer.db import AsyncpgDriver
from pgqueuer.models import TracebackRecord
from pgqueuer.ports.repository import EntrypointExecutionParameter
from pgqueuer.types import JOB_STATUS, QueueEntrypoint, QueueManagerId
from typing_extensions import override

from shared.storage.engine import CONNECT_TIMEOUT_S, STATEMENT_TIMEOUT_S
from shared.storage.queue import SLICE_MESSAGE_COUNT, MessageSlice

# Two 32-bit keys: PgQueuer's own advisory locks have one of 64 bits, which is another space.
TRY_LEASE = "SELECT pg_try_advisory_lock(hashint8($1::bigint), $2::integer) AS is_held"
END_LEASE = "SELECT pg_advisory_unlock(hashint8($1::bigint), $2::integer)"

LOGGER = logging.getLogger(__name__)


@dataclass
class LosslessQueries(Queries):
    """PgQueuer's statements, with no way for a job to vanish undone.

    PgQueuer deletes a job whose task was cancelled, and gives one up whose retry could not be
    stored. Both happen here when Postgres goes away or the worker must stop at once, so such
    jobs are left as they are: their heartbeat runs out and a worker takes them again.

    Attributes:
        on_look: Called after each look for jobs, whether or not there were any.
    """

    on_look: Callable[[], None] | None = None

    @override
    async def dequeue(
        self,
        batch_size: int,
        entrypoints: dict[QueueEntrypoint, EntrypointExecutionParameter],
        queue_manager_id: QueueManagerId,
        global_concurrency_limit: int | None,
        heartbeat_timeout: timedelta,
    ) -> list[Job]:
        jobs = await super().dequeue(
            batch_size, entrypoints, queue_manager_id, global_concurrency_limit, heartbeat_timeout
        )
        if self.on_look is not None:
            self.on_look()
        return jobs

    @override
    async def log_jobs(
        self, job_status: list[tuple[Job, JOB_STATUS, TracebackRecord | None]]
    ) -> None:
        ended = [entry for entry in job_status if entry[1] != "canceled"]
        if ended:
            await super().log_jobs(ended)

    @override
    async def retry_job(
        self, job: Job, delay: timedelta, traceback_record: TracebackRecord | None
    ) -> None:
        try:
            await super().retry_job(job, delay, traceback_record)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            LOGGER.warning("job %s stays taken until its heartbeat runs out", job.id)


class SliceLeases:
    """Lets one job at a time, of all workers, work on a slice of a campaign.

    A worker that is slow, but lives, may have a job taken away by another; and a retry may fall
    due while its slice is being submitted anew. Without the lease both would find each other's
    messages submitting, and send them twice. A lease is an advisory lock of the queue
    connection's session, so Postgres drops it the moment that a worker dies.
    """

    def __init__(self, driver: AsyncpgDriver) -> None:
        self._driver = driver
        # A session gets a lock that it holds a second time, so our own jobs need this besides.
        self._held: set[tuple[int, int]] = set()

    @asynccontextmanager
    async def hold(self, part: MessageSlice) -> AsyncIterator[bool]:
        """Try to hold the lease on a slice for as long as the context lasts.

        Yields:
            Whether it is held; False when another job holds it.
        """
        key = (part.campaign_id, part.positions[0] // SLICE_MESSAGE_COUNT)
        if key in self._held:
            yield False
            return
        self._held.add(key)
        try:
            rows = await self._driver.fetch(TRY_LEASE, *key)
            if not rows[0]["is_held"]:
                yield False
                return
            try:
                yield True
            finally:
                await self._driver.execute(END_LEASE, *key)
        finally:
            self._held.discard(key)


@asynccontextmanager
async def queue_driver(database_url: str) -> AsyncIterator[AsyncpgDriver]:
    """Open the one connection that a worker listens, takes jobs and holds leases on.

    Leases and LISTEN belong to a session, so nothing may pool it by transaction.

    Yields:
        PgQueuer's driver on that connection.
    """
    _, _, rest = database_url.partition("://")
    connection = await asyncpg.connect(
        f"postgresql://{rest}",
        timeout=CONNECT_TIMEOUT_S,
        command_timeout=STATEMENT_TIMEOUT_S,
        # A lease must not outlive a worker whose machine or network is gone.
        server_settings={
            "application_name": "txlink worker queue",
            "tcp_keepalives_idle": "5",
            "tcp_keepalives_interval": "2",
            "tcp_keepalives_count": "3",
        },
    )
    try:
        yield AsyncpgDriver(connection)
    finally:
        connection.terminate()
