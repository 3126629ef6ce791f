"""Carry journals into Postgres, a batch at a time."""

import asyncio
import logging
from collections.abc import Iterable
from pathlib import Path

from services.redirector.journal.files import SUFFIX, list_journals
from services.redirector.journal.quarantine import MAX_OCTETS, Quarantine
from services.redirector.journal.reader import JournalReader, open_journal
from services.redirector.journal.records import Hit, Scan
from services.redirector.links.blocks import Block, BlockCache
from services.redirector.recorder.addressing import PEERS, Visitors
from services.redirector.recorder.awaiting import Awaited
from services.redirector.recorder.circumstances import Circumstances
from services.redirector.recorder.enriching import Enricher, StorableTimes
from services.redirector.recorder.late_reports import INTERVAL_S, LateReports
from services.redirector.recorder.locating import Locator
from services.redirector.recorder.storing import Refusal, store
from services.redirector.storage.connections import Pool, StoreUnavailableError
from services.redirector.storage.hits import (
    HitRow,
    JournalMovedError,
    advancing,
    ensure_partitions,
    find_or_add_journal,
)
from services.redirector.storage.links import list_blocks

LOGGER = logging.getLogger(__name__)

BATCH_HITS = 5_000
CACHED_BLOCKS = 10_000
MONTHS_AHEAD = 12
PARTITION_CHECK_INTERVAL_S = 86_400.0


class Recorder:
    """Reads the journals of one host; several may run by mistake, and each hit counts once.

    Args:
        pool: Where the hits go.
        folder: Where the journals lie.
        locator: Where visitors are.
        visitors: Whose addresses hits have; the peers' without it.
        batch_hits: Most hits of one transaction, at least 1.
        quarantine_octets: Disk for hits that Postgres refuses; beyond that they are lost, with
            a word, since a folder that fills up would be worse.
        report_interval_s: Seconds between two looks for delivery reports that came after hits of
            their recipients, at least 0.
    """

    def __init__(
        self,
        pool: Pool,
        folder: Path,
        locator: Locator,
        *,
        visitors: Visitors = PEERS,
        batch_hits: int = BATCH_HITS,
        quarantine_octets: int = MAX_OCTETS,
        report_interval_s: float = INTERVAL_S,
    ) -> None:
        self._pool = pool
        self._folder = folder
        self._locator = locator
        self._visitors = visitors
        self._batch_hits = batch_hits
        self._quarantine = Quarantine(folder, max_octets=quarantine_octets)
        self._refused_count = 0
        self._blocks = BlockCache(CACHED_BLOCKS)
        awaited = Awaited()
        self._circumstances = Circumstances(awaited.note)
        self._late_reports = LateReports(
            pool, awaited, self._circumstances.forget, interval_s=report_interval_s
        )
        self._recorded: dict[str, tuple[int, int]] = {}
        self._enricher: Enricher
        self._partitions_due_s = 0.0

    async def record_batches(self) -> bool:
        """Record the next batch of every journal; remove journals that are recorded and complete.

        Hits whose messages' reports came after them are weighed again, now and then.

        Returns:
            Whether there was anything to record.

        Raises:
            StoreUnavailableError: Postgres is away. To be called again later.
            Exception: A journal cannot be recorded; the others are, as far as they can.
        """
        self._locator.refresh()
        await self._ensure_partitions()
        has_found, fault = False, None
        for path in list_journals(self._folder):
            try:
                has_found |= await self._record_next(path)
            except StoreUnavailableError:
                raise
            except Exception as error:  # noqa: BLE001 - the other journals must not wait for it
                fault = fault or error
        await self._late_reports.weigh_due(is_idle=not has_found)
        if fault:
            raise fault
        return has_found

    def forget(self) -> None:
        """Ask Postgres anew how far the journals are recorded, after anything went wrong."""
        self._recorded.clear()

    async def _ensure_partitions(self) -> None:
        now_s = asyncio.get_running_loop().time()
        if now_s >= self._partitions_due_s:
            bounds = await ensure_partitions(self._pool, months_ahead=MONTHS_AHEAD)
            self._enricher = Enricher(self._locator, StorableTimes(*bounds), self._visitors)
            self._partitions_due_s = now_s + PARTITION_CHECK_INTERVAL_S

    async def _record_next(self, path: Path) -> bool:
        with open_journal(path) as journal:
            if journal is None:
                self._recorded.pop(path.name, None)
                return False
            _, start = await self._position(path.name)
            found = journal.read(start, limit=self._batch_hits)
            if found.end:
                await self._record(journal, found)
            elif journal.is_complete:
                self._remove(journal, start)
            return found.end > 0

    async def _position(self, name: str) -> tuple[int, int]:
        if name not in self._recorded:
            self._recorded[name] = await find_or_add_journal(self._pool, name)
        return self._recorded[name]

    async def _record(self, journal: JournalReader, found: Scan) -> None:
        name = journal.path.name
        journal_id, start = self._recorded[name]
        if found.skipped_octets:
            LOGGER.error(
                "journal %s: %d octets from %d on are damaged and skipped",
                name,
                found.skipped_octets,
                start,
            )
        await self._cache_blocks(hit for _, hit in found.hits)
        rows, refusals = self._enrich(journal_id, start, found)
        gone_count = len(found.hits) - len(rows) - len(refusals)
        if gone_count:
            LOGGER.warning("journal %s: %d hits on links that are no more", name, gone_count)
        end = start + found.end
        try:
            async with advancing(self._pool, journal_id, start=start, end=end) as connection:
                if rows:
                    rows = await self._circumstances.weigh(connection, rows)
                refusals += await store(connection, rows)
                # Before it is committed that the journal is recorded past them.
                self._keep(journal, refusals)
        except JournalMovedError:
            LOGGER.warning("journal %s: another recorder is at work on it", name)
            del self._recorded[name]
        else:
            self._recorded[name] = (journal_id, end)

    def _enrich(
        self, journal_id: int, start: int, found: Scan
    ) -> tuple[list[HitRow], list[Refusal]]:
        """Return the rows of the hits on live links, and which hits no row can be made of."""
        rows: list[HitRow] = []
        refusals: list[Refusal] = []
        for offset, hit in found.hits:
            block = self._block(hit)
            if block is None:
                continue
            at = start + offset
            try:
                row = self._enricher.row(hit, block, journal_id=journal_id, journal_offset=at)
            except Exception as error:  # noqa: BLE001 - visitors write hits, so expect anything
                refusals.append(Refusal(at, type(error).__name__))
            else:
                rows.append(row)
        return rows, refusals

    def _keep(self, journal: JournalReader, refusals: list[Refusal]) -> None:
        if not refusals:
            return
        name = journal.path.name
        offsets = sorted(refusal.journal_offset for refusal in refusals)
        kept_count = self._quarantine.keep(name, ((at, journal.record(at)) for at in offsets))
        self._refused_count += len(refusals)
        LOGGER.error(
            "journal %s: %d hits cannot be stored, %d since the start (%s); %d are kept in %s: "
            "once the cause is mended, rename it to %s-again%s, and they are recorded",
            name,
            len(refusals),
            self._refused_count,
            refusals[0].reason,
            kept_count,
            self._quarantine.path(name).name,
            name.removesuffix(SUFFIX),
            SUFFIX,
        )
        if kept_count < len(refusals):
            LOGGER.critical(
                "journal %s: the quarantine is full: %d hits lost",
                name,
                len(refusals) - kept_count,
            )

    def _block(self, hit: Hit) -> Block | None:
        return self._blocks.find(hit.token_length, hit.link_number)

    async def _cache_blocks(self, hits: Iterable[Hit]) -> None:
        wanted = {(hit.token_length, hit.link_number) for hit in hits if self._block(hit) is None}
        if wanted:
            for block in await list_blocks(self._pool, wanted):
                self._blocks.add(block)

    def _remove(self, journal: JournalReader, recorded_octets: int) -> None:
        torn_octets = journal.size() - recorded_octets
        if torn_octets:
            LOGGER.warning(
                "journal %s: its last record is torn; %d octets dropped",
                journal.path.name,
                torn_octets,
            )
        journal.path.unlink(missing_ok=True)
        self._recorded.pop(journal.path.name, None)
        LOGGER.info("journal %s is recorded and removed", journal.path.name)
