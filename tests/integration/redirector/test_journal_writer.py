import asyncio
import fcntl
import os
import resource
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from services.redirector.journal.files import create_locked, list_journals
from services.redirector.journal.reader import open_journal
from services.redirector.journal.records import pack_hit
from services.redirector.journal.writer import JournalWriter
from tests.support.redirector import journaled_hits


def a_record(number: int) -> bytes:
    return pack_hit(1_700_000_000_000_000_000, bytes(16), number, 6, b"GET /SAlhjS HTTP/1.1\r\n")


RECORD_OCTETS = len(a_record(0))


@asynccontextmanager
async def a_writer(
    folder: Path, *, max_file_octets: int = 1 << 20
) -> AsyncIterator[JournalWriter]:
    writer = JournalWriter(folder, max_file_octets=max_file_octets)
    writer.start()
    try:
        yield writer
    finally:
        await writer.aclose()


@contextmanager
def files_no_longer_than(octets: int) -> Iterator[None]:
    """Make writes fall short as a full disk does; Python ignores the signal that comes along."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def link_numbers(folder: Path) -> list[int]:
    return [hit.link_number for hit in journaled_hits(folder)]


async def test_hits_of_one_tick_are_in_the_file_when_their_future_is_done(tmp_path: Path) -> None:
    async with a_writer(tmp_path) as writer:
        futures = [writer.append(a_record(number)) for number in range(3)]
        assert link_numbers(tmp_path) == []

        assert await asyncio.gather(*futures) == [True, True, True]

        assert link_numbers(tmp_path) == [0, 1, 2]


async def test_an_answer_that_is_no_longer_waited_for_holds_up_no_other(tmp_path: Path) -> None:
    async with a_writer(tmp_path) as writer:
        first, second = writer.append(a_record(1)), writer.append(a_record(2))
        first.cancel()

        assert await second

    assert link_numbers(tmp_path) == [1, 2]


async def test_a_full_file_is_followed_by_a_new_one_that_sorts_behind_it(tmp_path: Path) -> None:
    async with a_writer(tmp_path, max_file_octets=2 * RECORD_OCTETS) as writer:
        for number in range(5):
            await writer.append(a_record(number))

        assert len(list_journals(tmp_path)) == 3
        assert link_numbers(tmp_path) == [0, 1, 2, 3, 4]


async def test_journals_are_for_their_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "journal"
    async with a_writer(folder) as writer:
        await writer.append(a_record(1))

        [path] = list_journals(folder)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_a_journal_is_complete_only_once_its_writer_is_gone(tmp_path: Path) -> None:
    async with a_writer(tmp_path) as writer:
        await writer.append(a_record(1))
        [path] = list_journals(tmp_path)
        with open_journal(path) as journal:
            assert journal is not None
            assert not journal.is_complete

    with open_journal(path) as journal:
        assert journal is not None
        assert journal.is_complete


async def test_a_disk_that_is_full_loses_hits_countedly_and_leaves_only_whole_records(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with a_writer(tmp_path) as writer:
        assert await writer.append(a_record(0))
        with files_no_longer_than(3 * RECORD_OCTETS + 7):
            taken = await asyncio.gather(*(writer.append(a_record(n)) for n in (1, 2, 3, 4)))

        assert taken == [True, True, False, False]
        assert writer.lost_count == 2
        [path] = list_journals(tmp_path)
        assert path.stat().st_size == 3 * RECORD_OCTETS

        assert await writer.append(a_record(5))
        assert link_numbers(tmp_path) == [0, 1, 2, 5]

    assert "2 hits lost" in caplog.text


def test_a_journal_that_is_removed_before_it_is_locked_is_not_the_one_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_lock = fcntl.flock

    def lock_late(descriptor: int, operation: int) -> None:
        monkeypatch.undo()
        [early] = list_journals(tmp_path)
        with open_journal(early) as journal:
            assert journal is not None
            assert journal.is_complete
            early.unlink()
        really_lock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", lock_late)

    descriptor, path = create_locked(tmp_path, started_ns=1)

    assert list_journals(tmp_path) == [path]
    assert os.path.samestat(os.fstat(descriptor), path.stat())
    os.close(descriptor)
