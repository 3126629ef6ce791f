"""Locks on files stay locks when a file is removed by whoever holds it."""

import fcntl
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from shared.embedded_postgres.locking import locked
from tests.support.stack import wait_until


def open_count(descriptor: int) -> int:
    """Return how often this process has a file open."""
    sought, count = os.fstat(descriptor), 0
    for path in Path("/dev/fd").iterdir():
        with suppress(OSError):
            count += os.path.samestat(sought, os.fstat(int(path.name)))
    return count


def take(path: Path) -> os.stat_result:
    with locked(path, fcntl.LOCK_SH) as descriptor:
        other = os.open(path, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(other)
        return os.fstat(descriptor)


def test_who_waited_for_a_file_that_was_removed_meanwhile_holds_the_new_one(
    tmp_path: Path,
) -> None:
    path = tmp_path / "data.users"
    with ThreadPoolExecutor() as threads:
        with locked(path, fcntl.LOCK_EX) as descriptor:
            waiting = threads.submit(take, path)
            wait_until(lambda: open_count(descriptor) == 2, "both have the file open")
            path.unlink()
        taken = waiting.result(timeout=30)

    assert os.path.samestat(taken, path.stat())
