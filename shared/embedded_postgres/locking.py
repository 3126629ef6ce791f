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
    """Hold a lock on a file, which is made when missing and never removed.

    Args:
        path: The file; its folder exists.
        how: ``fcntl.LOCK_EX`` or ``fcntl.LOCK_SH``.

    Yields:
        The file's descriptor.

    Raises:
        EmbeddedPostgresError: No access, or somebody else held it for two minutes.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CREAT, 0o644)
    except PermissionError as error:
        raise EmbeddedPostgresError(f"No access to {path}.") from error
    try:
        _take(descriptor, how, path)
        yield descriptor
    finally:
        os.close(descriptor)


def _take(descriptor: int, how: int, path: Path) -> None:
    deadline = time.monotonic() + _WAIT_S
    while True:
        try:
            return fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(f"Another process keeps {path} locked.") from None
        time.sleep(0.05)
