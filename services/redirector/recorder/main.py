"""The recorder process: its environment, its log, its signals, and its patience."""

import asyncio
import logging
import os
import signal

import uvloop

from services.redirector.recorder.addressing import Visitors
from services.redirector.recorder.agents import read_agent
from services.redirector.recorder.locating import Locator
from services.redirector.recorder.recording import Recorder
from services.redirector.settings import RecorderSettings
from services.redirector.storage.connections import StoreUnavailableError, open_pool
from shared.fault_records import keep_faults_discreet
from shared.garbage import collect_rarely
from shared.heartbeat import Heartbeat
from shared.settings import settings_or_exit

LOGGER = logging.getLogger(__name__)

POLL_INTERVAL_S = 0.15
FIRST_RETRY_S = 0.25
LAST_RETRY_S = 5.0
STATEMENT_TIMEOUT_S = 30.0
COLLECTED_OBJECTS = 200_000


def main() -> None:
    """Record until SIGTERM or SIGINT, then finish the batch under way."""
    keep_faults_discreet()
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    uvloop.run(_run(settings_or_exit(RecorderSettings, os.environ)))


async def _run(settings: RecorderSettings) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    pool = await open_pool(
        settings.database_url.get_secret_value(),
        application="txlink-recorder",
        size=1,
        statement_timeout_s=STATEMENT_TIMEOUT_S,
    )
    locator = Locator(settings.geoip_city_db, settings.geoip_asn_db)
    read_agent("")  # which loads its rules now, or the first clicks would wait for them
    # Batches are many objects, and none of them is circular.
    collect_rarely(COLLECTED_OBJECTS)
    LOGGER.info("recording the journals in %s", settings.journal_folder)
    try:
        recorder = Recorder(
            pool,
            settings.journal_folder,
            locator,
            visitors=Visitors(settings.trusted_proxies),
        )
        await record_until(stopping, recorder, Heartbeat(settings.recorder_heartbeat_file))
    finally:
        locator.close()
        pool.terminate()
    LOGGER.info("stopped")


async def record_until(stopping: asyncio.Event, recorder: Recorder, heartbeat: Heartbeat) -> None:
    """Record batch by batch, through outages of any length, until told to stop.

    Args:
        stopping: Set to end after the batch that is under way.
        recorder: What records.
        heartbeat: Beats with each batch, and through an outage of Postgres; not while anything
            else keeps the hits in the journal, since that wants mending.
    """
    retry_s = FIRST_RETRY_S
    while not stopping.is_set():
        try:
            wait_s = 0.0 if await recorder.record_batches() else POLL_INTERVAL_S
        # Whatever it is, the hits stay in the journal until it passes.
        except Exception as error:
            if isinstance(error, StoreUnavailableError):
                LOGGER.warning("no Postgres, trying again in %g s: %s", retry_s, error)
                heartbeat.beat()
            else:
                LOGGER.exception("recording failed, trying again in %g s", retry_s)
            recorder.forget()
            wait_s, retry_s = retry_s, min(2 * retry_s, LAST_RETRY_S)
        else:
            heartbeat.beat()
            retry_s = FIRST_RETRY_S
        if wait_s:
            await _wait(stopping, wait_s)


async def _wait(stopping: asyncio.Event, timeout_s: float) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), timeout_s)
    except TimeoutError:
        return
