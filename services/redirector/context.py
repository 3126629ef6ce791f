"""What one redirector process holds open while it runs."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from services.redirector.guessing import GuessLimiter
from services.redirector.journal.writer import JournalWriter
from services.redirector.links.changes import LinkChanges
from services.redirector.links.resolving import (
    CACHED_BLOCKS,
    KEPT_PERSONAL_OCTETS,
    LookupUnavailableError,
    Resolver,
)
from services.redirector.links.snapshots import Snapshot, SnapshotFile
from services.redirector.orphans import OrphanCounts
from services.redirector.settings import RedirectorSettings
from services.redirector.storage.connections import open_pool
from shared.domain.token_keys import TokenKeys
from shared.domain.trusted_proxies import TrustedProxies

LOGGER = logging.getLogger(__name__)

LOOKUP_TIMEOUT_S = 2.0
SNAPSHOT_INTERVAL_S = 3.0


@dataclass(frozen=True, slots=True)
class Redirector:
    """The parts that answer short links."""

    resolver: Resolver
    journal: JournalWriter
    guesses: GuessLimiter
    orphans: OrphanCounts
    trusted_proxies: TrustedProxies
    preview_from: TrustedProxies


@asynccontextmanager
async def open_redirector(settings: RedirectorSettings) -> AsyncIterator[Redirector]:
    """Open journal and lookups, with or without Postgres, and close them in the end.

    Yields:
        The parts, ready for visitors.

    Raises:
        OSError: The journal folder cannot be written to.
    """
    journal = JournalWriter(settings.journal_folder)
    journal.start()
    pool = await open_pool(
        settings.database_url.get_secret_value(),
        application="txlink-redirector",
        size=2,
        statement_timeout_s=LOOKUP_TIMEOUT_S,
    )
    keys = TokenKeys(settings.to_sealer())
    resolver = Resolver(pool, keys, short_domain=settings.short_domain)
    file = SnapshotFile(
        settings.snapshot_path, limit=CACHED_BLOCKS, personal_octet_limit=KEPT_PERSONAL_OCTETS
    )
    await _learn(resolver, file)
    changes = LinkChanges(resolver, settings.database_url.get_secret_value())
    orphans = OrphanCounts()
    beside = [
        asyncio.create_task(orphans.keep_stored(pool)),
        asyncio.create_task(_keep_snapshot(resolver, file)),
        asyncio.create_task(changes.follow()),
    ]
    try:
        yield Redirector(
            resolver,
            journal,
            GuessLimiter(settings.unknown_links_per_minute),
            orphans,
            settings.trusted_proxies,
            settings.link_preview_from,
        )
    finally:
        for task in beside:
            task.cancel()
        await asyncio.wait(beside)
        await orphans.flush(pool)
        await _write_snapshot(resolver, file)
        await journal.aclose()
        pool.terminate()


async def _learn(resolver: Resolver, file: SnapshotFile) -> None:
    try:
        await resolver.load_domains()
    except LookupUnavailableError as error:
        snapshot = file.read()
        if snapshot is None:
            LOGGER.critical("no Postgres and no snapshot: no link is known (%s)", error.__cause__)
            return
        resolver.restore(snapshot)
        LOGGER.warning(
            "no Postgres: answering %d campaigns from the snapshot (%s)",
            len(snapshot.blocks),
            error.__cause__,
        )
        return
    await _recall(resolver, file)


async def _recall(resolver: Resolver, file: SnapshotFile) -> None:
    """Read anew what the snapshot has, or it would keep links as they were, such as not paused."""
    try:
        snapshot = file.read()
    except OSError:
        LOGGER.exception("the snapshot of recent links could not be read")
        return
    known = resolver.snapshot()
    if snapshot is None or snapshot.keys != known.keys:
        return
    resolver.restore(Snapshot(known.domains, snapshot.blocks, snapshot.personal_links))
    try:
        await resolver.refresh()
        await resolver.recheck()
    except LookupUnavailableError as error:
        LOGGER.warning("answering from the snapshot: no Postgres any more (%s)", error.__cause__)


async def _keep_snapshot(resolver: Resolver, file: SnapshotFile) -> None:
    written_at_change = 0
    while True:
        await asyncio.sleep(SNAPSHOT_INTERVAL_S)
        change_count = resolver.change_count
        if change_count != written_at_change:
            await _write_snapshot(resolver, file)
            written_at_change = change_count


async def _write_snapshot(resolver: Resolver, file: SnapshotFile) -> None:
    snapshot = resolver.snapshot()
    if not snapshot.domains:
        return
    try:
        await asyncio.to_thread(file.write, snapshot)
    except OSError:
        LOGGER.exception("the snapshot of recent links could not be written")
