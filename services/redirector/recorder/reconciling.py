"""Prove that journals, hits and counts agree, or say where they do not."""

from dataclasses import dataclass
from pathlib import Path

import asyncpg

from services.redirector.journal.files import list_journals
from services.redirector.journal.quarantine import quarantine_path
from services.redirector.journal.reader import open_journal
from services.redirector.storage.connections import driver_url
from services.redirector.storage.reconciling import RecordedJournal, compare

DIFFERENCES_TOLD = 100
BATCH_HITS = 10_000


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What was compared.

    Attributes:
        hits: Stored, and counted as often where there are no differences.
        journaled: Records of the journals that are still on disk, up to where each is recorded.
        waiting: Records behind that, which are yet to be recorded.
        quarantined: Records that Postgres refused, kept beside the journals.
        let_go: Hits that are counted and, by their account's wish, no longer kept.
        marked_campaigns: Campaigns whose hits before some time are not kept: which recipient or
            trait those were counted for cannot be proven any more.
        differences: Sentences; none if all agree.
    """

    hits: int
    journaled: int
    waiting: int
    quarantined: int
    let_go: int
    marked_campaigns: int
    differences: list[str]


@dataclass(frozen=True, slots=True)
class _Counted:
    recorded: int
    waiting: int


async def reconcile(database_url: str, journal_folder: Path) -> Reconciliation:
    """Compare all that is kept of clicks, from the journals up to the counts of campaigns.

    Args:
        database_url: ``postgresql://…``.
        journal_folder: Of this host's redirectors.

    Raises:
        OSError: Postgres is away, or a journal cannot be read.
    """
    names = [path.name for path in list_journals(journal_folder)]
    connection = await asyncpg.connect(driver_url(database_url))
    try:
        compared = await compare(connection, names, limit=DIFFERENCES_TOLD)
    finally:
        await connection.close()
    recorded = {journal.name: journal for journal in compared.journals}
    differences = list(compared.differences)
    sums = _Counted(0, 0)
    quarantined = 0
    for name in names:
        journal = recorded.get(name, RecordedJournal(name, 0, 0, 0))
        counted = _count(journal_folder / name, journal.recorded_octets)
        if counted is None:  # It has been recorded to its end and removed meanwhile.
            continue
        refused = _count(quarantine_path(journal_folder, name), 0)
        refused_count = refused.waiting if refused else 0
        quarantined += refused_count
        sums = _Counted(sums.recorded + counted.recorded, sums.waiting + counted.waiting)
        known_count = journal.stored_hits + journal.let_go_hits + refused_count
        if known_count != counted.recorded:
            let_go = f", {journal.let_go_hits} were let go of" if journal.let_go_hits else ""
            differences.append(
                f"journal {name}: {counted.recorded} records are noted as recorded,"
                f" {journal.stored_hits} hits are stored of them{let_go} and {refused_count} in"
                " quarantine"
                " (fewer are right where links are no more: the recorder's log tells)"
            )
    if not compared.hits + compared.let_go == compared.by_recipient == compared.by_campaign:
        let_go = f" and {compared.let_go} were let go of" if compared.let_go else ""
        differences.append(
            f"in all: {compared.hits} hits are stored{let_go}, {compared.by_recipient} are counted"
            f" by recipient and {compared.by_campaign} by campaign"
        )
    return Reconciliation(
        compared.hits,
        sums.recorded,
        sums.waiting,
        quarantined,
        compared.let_go,
        compared.marked_campaigns,
        differences,
    )


def _count(path: Path, recorded_octets: int) -> _Counted | None:
    """Count the whole records of a journal before and behind an offset; None without a file."""
    before = behind = 0
    with open_journal(path) as journal:
        if journal is None:
            return None
        offset = 0
        while (found := journal.read(offset, limit=BATCH_HITS)).end:
            for at, _ in found.hits:
                if offset + at < recorded_octets:
                    before += 1
                else:
                    behind += 1
            offset += found.end
    return _Counted(before, behind)
