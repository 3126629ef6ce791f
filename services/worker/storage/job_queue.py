"""The worker's end of the queue: its connection, and a job's ending."""

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


@asynccontextmanager
async def queue_driver(
    database_url: str, on_end: Callable[[], None]
) -> AsyncIterator[AsyncpgDriver]:
    """Open the one connection that a worker listens and takes jobs on.

    LISTEN belongs to a session, so nothing may pool it by transaction.

    Args:
        database_url: ``postgresql://user:password@host:port/database``.
        on_end: Called when the session ends, whoever ends it.

    Yields:
        PgQueuer's driver on that connection.
    """
    _, _, rest = database_url.partition("://")
    connection = await asyncpg.connect(
        f"postgresql://{rest}",
        timeout=CONNECT_TIMEOUT_S,
        command_timeout=STATEMENT_TIMEOUT_S,
        server_settings={"application_name": "txlink worker queue"},
    )
    connection.add_termination_listener(lambda _: on_end())
    try:
        yield AsyncpgDriver(connection)
    finally:
        connection.terminate()
