"""The worker process: its environment, its log, its signals."""

import asyncio
import logging
import os
import signal
import sys

import uvloop

from services.worker.loop import DrainTimeoutError, run_worker
from services.worker.settings import WorkerSettings
from shared.settings import settings_or_exit
from shared.storage.sealed_columns import (
    PREVIOUS_WEBHOOK_SECRET,
    TOKEN_KEY,
    WEBHOOK_SECRET,
    keys_or_exit,
)

LOGGER = logging.getLogger(__name__)


def main() -> None:
    """Run a worker until SIGTERM or SIGINT; exit with 1 if it could not drain in time."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    settings = settings_or_exit(WorkerSettings, os.environ)
    keys_or_exit(settings, (TOKEN_KEY, WEBHOOK_SECRET, PREVIOUS_WEBHOOK_SECRET))
    try:
        uvloop.run(_run(settings))
    except* DrainTimeoutError:
        LOGGER.warning("stopped with windows under way; they will be submitted again")
        sys.exit(1)


async def _run(settings: WorkerSettings) -> None:
    draining = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, draining.set)
    await run_worker(settings, draining)
    LOGGER.info("drained")
