"""Hits that the database refused, kept as they were journaled until somebody has looked."""

import os
from collections.abc import Iterable
from pathlib import Path

from services.redirector.journal.files import SUFFIX

QUARANTINE_SUFFIX = ".quarantine"
MAX_OCTETS = 64 << 20
# What ``st_blocks`` counts in, whatever the blocks of the file system.
BLOCK_OCTETS = 512


class QuarantineError(Exception):
    """The disk does not take a hit into quarantine."""


def quarantine_path(folder: Path, journal_name: str) -> Path:
    """Return where the refused hits of a journal of a folder are kept."""
    return folder / f"{journal_name.removesuffix(SUFFIX)}{QUARANTINE_SUFFIX}"


class Quarantine:
    """The refused hits of a folder's journals, in a file for each journal beside it.

    A hit stands where it stood in its journal, with nothing but holes between two of them, so
    keeping one again after a crash keeps it once. The file is itself a journal: renamed to end in
    ``.journal``, it is recorded.

    Args:
        folder: Where the journals lie.
        max_octets: How much disk all files together may take up, about.
    """

    def __init__(self, folder: Path, *, max_octets: int) -> None:
        self._folder = folder
        self._max_octets = max_octets

    def path(self, journal_name: str) -> Path:
        """Return where the refused hits of a journal are kept."""
        return quarantine_path(self._folder, journal_name)

    def keep(self, journal_name: str, records: Iterable[tuple[int, bytes]]) -> int:
        """Put records on the disk, each at its offset in the journal.

        Returns:
            How many were kept; for the others there is no more room.

        Raises:
            QuarantineError: The disk is full, or the folder cannot be written to.
        """
        try:
            descriptor = os.open(self.path(journal_name), os.O_RDWR | os.O_CREAT, 0o600)
            try:
                return self._write(descriptor, records)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise QuarantineError(f"no hit can be put in quarantine: {error}") from error

    def _write(self, descriptor: int, records: Iterable[tuple[int, bytes]]) -> int:
        room = self._max_octets - self._used_octets()
        kept_count = 0
        for offset, record in records:
            if os.pread(descriptor, len(record), offset) != record:
                room -= len(record)
                if room < 0:
                    continue
                _write_all(descriptor, record, offset)
            kept_count += 1
        os.fsync(descriptor)
        return kept_count

    def _used_octets(self) -> int:
        files = self._folder.glob(f"*{QUARANTINE_SUFFIX}")
        return sum(path.stat().st_blocks * BLOCK_OCTETS for path in files)


def _write_all(descriptor: int, record: bytes, offset: int) -> None:
    written = 0
    while written < len(record):
        written += os.pwrite(descriptor, record[written:], offset + written)
