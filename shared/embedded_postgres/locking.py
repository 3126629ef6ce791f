"""Locks between processes that vanish with their holder."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.embedded_postgres.errors import EmbeddedPostgresError

_WAIT_S = 120.0


@contextmanager
def locked(path: Path, how: int) -> Iterator[int]:
    """Hold a lock on a file, which is made when missing.

    Whoever removes it holds its lock; those who waited for that then take the lock of a new one.

    Args:
        path: The file; its folder exists.
        how: ``fcntl.LOCK_EX`` or ``fcntl.LOCK_SH``.

    Yields:
        The file's descriptor.

    Raises:
        EmbeddedPostgresError: No access, or somebody else held it for two minutes.
    """
    deadline = time.monotonic() + _WAIT_S
    while True:
        descriptor = _open(path)
        try:
            _take(descriptor, how, path, deadline=deadline)
            if _is_still(path, descriptor):
                yield descriptor
                return
        finally:
            os.close(descriptor)


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_CREAT, 0o644)
    except PermissionError as error:
        raise EmbeddedPostgresError(f"No access to {path}.") from error


def _take(descriptor: int, how: int, path: Path, *, deadline: float) -> None:
    while True:
        try:
            return fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(f"Another process keeps {path} locked.") from None
        time.sleep(0.05)


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
