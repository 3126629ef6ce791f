"""Append hits to a journal: one write for all hits of an event-loop tick."""

import asyncio
import logging
import os
import time
from asyncio import AbstractEventLoop, Future, Task
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from services.redirector.journal.files import create_locked

LOGGER = logging.getLogger(__name__)

MAX_FILE_OCTETS = 64 << 20
SYNC_INTERVAL_S = 1.0


_T = TypeVar("_T")
_Pending: TypeAlias = tuple[bytes, Callable[[Any, bool], None], Any]


class JournalWriter:
    """The journal of one redirector process.

    Once ``append`` has been answered, a hit survives the death of the process. A power cut may
    take what came in the last ``SYNC_INTERVAL_S``.

    Attributes:
        lost_count: Hits that the disk did not take, since the start of the process.
    """

    def __init__(self, folder: Path, *, max_file_octets: int = MAX_FILE_OCTETS) -> None:
        self.lost_count = 0
        self._folder = folder
        self._max_file_octets = max_file_octets
        self._descriptor = -1
        self._octets = 0
        self._rotate_at = max_file_octets
        self._full: list[int] = []
        self._is_dirty = False
        self._is_new = True
        self._pending: list[_Pending] = []
        self._is_closing = asyncio.Event()
        self._loop: AbstractEventLoop
        self._syncing: Task[None]

    def start(self) -> None:
        """Open a new journal; to be called in the event loop that appends.

        Raises:
            OSError: The folder cannot be made or written to.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._loop = asyncio.get_running_loop()
        self._descriptor, _ = create_locked(self._folder, started_ns=time.time_ns())
        self._syncing = self._loop.create_task(self._sync_forever())

    async def aclose(self) -> None:
        """Write and sync what is pending, and give the journal up to the recorder."""
        self._write_pending()
        self._is_closing.set()
        await self._syncing
        self._full.append(self._descriptor)
        await asyncio.to_thread(_sync_and_close, self._full)

    def append(self, record: bytes) -> Future[bool]:
        """Add a record to this tick's write.

        Returns:
            Done when the write is: True if the file has the record, False if the disk took it
            not, which is counted and logged here.
        """
        future: Future[bool] = self._loop.create_future()
        self.append_then(record, _resolve, future)
        return future

    def append_then(self, record: bytes, done: Callable[[_T, bool], None], argument: _T) -> None:
        """Add a record to this tick's write; a future costs more than the fast lane has.

        Args:
            record: One that ``pack_hit`` made.
            done: Called when the write is, with ``argument`` and whether the file has the record.
            argument: What ``done`` needs.
        """
        if not self._pending:
            self._loop.call_soon(self._write_pending)
        self._pending.append((record, done, argument))

    def _write_pending(self) -> None:
        pending, self._pending = self._pending, []
        if not pending:
            return
        whole_count = self._write([record for record, _, _ in pending])
        self.lost_count += len(pending) - whole_count
        for number, (_, done, argument) in enumerate(pending):
            done(argument, number < whole_count)
        if self._octets >= self._rotate_at:
            self._rotate()

    def _write(self, records: list[bytes]) -> int:
        """Return how many records the file took, from the first on."""
        data = b"".join(records)
        written = 0
        self._is_dirty = True
        try:
            while written < len(data):
                written += os.write(self._descriptor, memoryview(data)[written:])
        except OSError:
            ends = [end for end in accumulate(map(len, records)) if end <= written]
            self._cut_to(self._octets + (ends[-1] if ends else 0))
            return len(ends)
        self._octets += written
        return len(records)

    def _cut_to(self, octets: int) -> None:
        self._octets = octets
        try:
            os.ftruncate(self._descriptor, octets)
        except OSError:
            # Part of a record stays in the middle of the file; the reader skips it.
            LOGGER.exception("the journal could not be cut to its last whole record")
            self._rotate()

    def _rotate(self) -> None:
        try:
            descriptor, _ = create_locked(self._folder, started_ns=time.time_ns())
        except OSError:
            LOGGER.exception("no new journal could be made; the old one grows on")
            self._rotate_at = self._octets + self._max_file_octets
            return
        self._full.append(self._descriptor)
        self._descriptor, self._octets, self._rotate_at = descriptor, 0, self._max_file_octets
        self._is_new = True

    async def _sync_forever(self) -> None:
        reported_count = 0
        closing = self._loop.create_task(self._is_closing.wait())
        while not self._is_closing.is_set():
            await asyncio.wait([closing], timeout=SYNC_INTERVAL_S)
            if self.lost_count > reported_count:
                LOGGER.critical(
                    "the disk took no journal: %d hits lost, %d since the start",
                    self.lost_count - reported_count,
                    self.lost_count,
                )
                reported_count = self.lost_count
            if self._is_new:
                self._is_new = False
                await asyncio.to_thread(_sync_folder, self._folder)
            full, self._full = self._full, []
            await asyncio.to_thread(_sync_and_close, full)
            if self._is_dirty:
                self._is_dirty = False
                await asyncio.to_thread(_sync, self._descriptor)


def _resolve(future: Future[bool], is_written: bool) -> None:  # noqa: FBT001
    if not future.done():
        future.set_result(is_written)


def _sync_and_close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        _sync(descriptor)
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    """Make sure that a new journal is still found after a power cut."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        LOGGER.exception("the journal folder cannot be opened")
        return
    _sync_and_close([descriptor])


def _sync(descriptor: int) -> None:
    try:
        os.fdatasync(descriptor)
    except OSError:
        LOGGER.exception("the journal could not be synced to disk")
