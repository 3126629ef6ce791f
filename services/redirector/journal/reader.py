"""Read journals from where they were left off."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from services.redirector.journal.files import try_lock
from services.redirector.journal.records import MAX_RECORD_OCTETS, Scan, first_record, scan

# Far more than a record has, or a scan could stand still before a damaged one.
STRETCH_OCTETS = 4 << 20


@dataclass(frozen=True, slots=True)
class JournalReader:
    """An open journal.

    Attributes:
        path: Where it lies.
        is_complete: Whether its writer is dead or has gone on to another file, so that nothing
            is added any more. No writer is let near while this reader is open.
    """

    path: Path
    is_complete: bool
    _descriptor: int

    def read(self, offset: int, *, limit: int) -> Scan:
        """Read hits from an offset; the scan's own offsets count from there.

        Args:
            offset: Octets of the file to leave out.
            limit: Most hits to return, at least 1.
        """
        return scan(os.pread(self._descriptor, STRETCH_OCTETS, offset), limit=limit)

    def record(self, offset: int) -> bytes:
        """Return the record at an offset, as it was journaled."""
        return first_record(os.pread(self._descriptor, MAX_RECORD_OCTETS, offset))

    def size(self) -> int:
        """Return the octets of the file now."""
        return os.fstat(self._descriptor).st_size


@contextmanager
def open_journal(path: Path) -> Iterator[JournalReader | None]:
    """Open a journal for reading.

    Yields:
        The reader; None if the journal is gone.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        yield None
        return
    try:
        yield JournalReader(path, try_lock(descriptor), descriptor)
    finally:
        os.close(descriptor)
