"""A whole worker in the test's own event loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import SecretStr

from services.worker.loop import run_worker
from services.worker.settings import WorkerSettings
from shared.domain.outbound import Reach
from shared.schema.grants import Service
from tests.support.roles import url_as
from tests.support.sealing import SECRET_KEYS


@asynccontextmanager
async def running_worker(
    database_url: str,
    *,
    submit_delay_s: float = 0,
    heartbeat_file: Path | None = None,
    webhook_networks: Reach = Reach(),  # noqa: B008 - it is immutable
) -> AsyncIterator[None]:
    """Run a worker with a quick sandbox; drain it at the end."""
    settings = WorkerSettings(
        database_url=SecretStr(url_as(Service.WORKER, database_url)),
        secret_keys=SECRET_KEYS,
        sandbox_submit_delay_s=submit_delay_s,
        sandbox_delivery_delay_s=0.1,
        worker_heartbeat_file=heartbeat_file,
        webhook_networks=webhook_networks,
    )
    draining = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(run_worker(settings, draining))
        yield
        draining.set()
