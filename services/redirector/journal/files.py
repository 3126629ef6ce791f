"""Where journals lie, how they are named, and the lock that says that a writer lives."""

import fcntl
import os
import secrets
from pathlib import Path

SUFFIX = ".journal"


def create_locked(folder: Path, *, started_ns: int) -> tuple[int, Path]:
    """Make an empty journal and hold its lock for as long as its descriptor is open.

    Args:
        folder: Must exist.
        started_ns: Nanoseconds since 1970 in UTC; names sort by it.

    Raises:
        OSError: The folder takes no new file.
    """
    while True:
        path = folder / f"{started_ns:020d}-{secrets.token_hex(6)}{SUFFIX}"
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        # Before the lock was ours, a recorder may have taken the file for a dead writer's.
        if os.fstat(descriptor).st_nlink:
            return descriptor, path
        os.close(descriptor)


def list_journals(folder: Path) -> list[Path]:
    """Return the journals of a folder, the oldest first; none if there is no folder."""
    return sorted(folder.glob(f"*{SUFFIX}"))


def try_lock(descriptor: int) -> bool:
    """Take the lock of a journal unless its writer lives; closing the descriptor gives it back."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
