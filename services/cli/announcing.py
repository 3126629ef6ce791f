"""One `txlink run` a data folder, and how other commands find it."""

import fcntl
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from services.cli.addresses import Addresses

POLL_S = 0.02


@contextmanager
def announced(data_dir: Path, addresses: Addresses) -> Iterator[None]:
    """Hold the folder's lock, with the addresses in it, so that `txlink demo` finds them.

    Raises:
        SystemExit: Another `txlink run` has the folder.
    """
    with _lock_path(data_dir).open("a+") as file:
        # A look of ``running_addresses`` keeps the lock for an instant, and is no `txlink run`.
        while not _has_locked(file, fcntl.LOCK_EX):
            if running := running_addresses(data_dir):
                sys.exit(
                    f"txlink: already running with {data_dir} at {running.api}: "
                    "stop it with Ctrl-C there, or choose another --data-dir"
                )
        file.truncate(0)
        file.write(json.dumps(asdict(addresses)))
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def running_addresses(data_dir: Path) -> Addresses | None:
    """Return where a running `txlink run` of this folder listens; None if none runs.

    It may be about to start or to stop, and not answer there.
    """
    try:
        file = _lock_path(data_dir).open()
    except FileNotFoundError:
        return None
    with file:
        while not _has_locked(file, fcntl.LOCK_SH):
            file.seek(0)
            if text := file.read():
                return Addresses(**json.loads(text))
            # Its holder has yet to write them, or is about to let go.
            time.sleep(POLL_S)
    return None


def _has_locked(file: TextIO, how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock_path(data_dir: Path) -> Path:
    return data_dir / "run.lock"
