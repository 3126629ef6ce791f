"""Be rid of a data folder, wherever its data is."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from shared.embedded_postgres.cluster import Cluster
from shared.embedded_postgres.errors import EmbeddedPostgresError
from shared.embedded_postgres.placement import BINARIES_PREFIX, MOVED_OUT_PREFIX, ROOT_FOLDER
from shared.embedded_postgres.server import stop

PROCESSES = Path("/proc")


def remove(data_dir: Path) -> None:
    """Remove a data folder as ``remove_data`` does, and with the last of root's the binaries.

    Args:
        data_dir: As for ``start``; it may be missing.

    Raises:
        EmbeddedPostgresError: The server is in use, or it cannot be stopped.
    """
    remove_data(data_dir)
    _remove_root_folder()


def remove_data(data_dir: Path) -> None:
    """Remove a data folder with its data and what stands beside it.

    Root's data that was put elsewhere goes too. What a symbolic link of somebody's own leads to
    is left alone.

    Args:
        data_dir: As for ``start``; it may be missing.

    Raises:
        EmbeddedPostgresError: The server is in use, or it cannot be stopped.
    """
    data_dir = data_dir.absolute()
    users = data_dir.with_name(f"{data_dir.name}.users")
    with _unused(users):
        home = data_dir.resolve()
        # Left by a process that was killed.
        if Cluster(home, binaries=Path(), account=None).is_listening():
            stop(data_dir)
        _remove_data(data_dir, home)
        users.unlink(missing_ok=True)
        data_dir.with_name(f"{data_dir.name}.lock").unlink(missing_ok=True)


@contextmanager
def _unused(users: Path) -> Iterator[None]:
    try:
        descriptor = os.open(users, os.O_RDONLY)
    except FileNotFoundError:
        yield
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise EmbeddedPostgresError(
            f"The PostgreSQL of {users.with_suffix('')} is in use: stop what uses it first."
        ) from None
    finally:
        os.close(descriptor)


def _remove_data(data_dir: Path, home: Path) -> None:
    if not data_dir.is_symlink():
        shutil.rmtree(data_dir, ignore_errors=not data_dir.exists())
        return
    if home.parent == ROOT_FOLDER and home.name.startswith(MOVED_OUT_PREFIX):
        shutil.rmtree(home, ignore_errors=not home.exists())
    data_dir.unlink()


def _remove_root_folder() -> None:
    """Remove what was copied for root's servers, unless other data folders may need it."""
    if not ROOT_FOLDER.exists() or any(ROOT_FOLDER.glob(f"{MOVED_OUT_PREFIX}*")):
        return
    if os.geteuid() != 0 or _is_in_use(ROOT_FOLDER):
        return
    for path in ROOT_FOLDER.glob(f"{BINARIES_PREFIX}*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    # It holds what is not ours, perhaps.
    with suppress(OSError):
        ROOT_FOLDER.rmdir()


def _is_in_use(folder: Path) -> bool:
    for program in PROCESSES.glob("[0-9]*/exe"):
        with suppress(OSError):
            if program.readlink().is_relative_to(folder):
                return True
    return False
