"""The data folder of a `txlink run` that was ended, made once for all stacks that tests start.

What `txlink run` does with a folder of its own from before is the same for every stack: it need
not make the cluster and run all migrations for each.
"""

import asyncio
import fcntl
import importlib.metadata
import tarfile
from pathlib import Path

from services.cli.demo_account import demo_key
from services.cli.local_database import DATABASE, postgres_folder
from services.cli.preparing import prepare
from services.cli.secret_keys import kept_secret_keys
from services.cli.storage.databases import ensure_database
from shared import embedded_postgres
from shared.domain.sealing import Sealer
from tests.support.database import REPOSITORY, execute, template_name
from tests.support.open_folders import open_temporary_folder

# One file, since root's PostgreSQL may not reach a folder of the checkout.
KEPT = REPOSITORY / ".data" / "prepared"


def lay(data_dir: Path) -> None:
    """Make a data folder as a `txlink run` that was ended has left it."""
    with tarfile.open(_archive()) as archive:
        archive.extractall(data_dir, filter="fully_trusted")  # noqa: S202 - of our own making


def _archive() -> Path:
    """Return the archive of it, made by the first caller of all processes."""
    KEPT.mkdir(parents=True, exist_ok=True)
    version = importlib.metadata.version("embedded-postgres")
    archive = KEPT / f"{template_name()}-{version}.tar"
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not archive.exists():
            for old in KEPT.glob("*.tar*"):
                old.unlink()
            unfinished = archive.with_suffix(".tar.new")
            _make(unfinished)
            unfinished.rename(archive)
    return archive


def _make(archive: Path) -> None:
    with open_temporary_folder() as folder:
        data_dir = folder / "data"
        data_dir.mkdir()
        keys = kept_secret_keys(data_dir)
        with embedded_postgres.running(postgres_folder(data_dir), durable=False) as server:
            asyncio.run(ensure_database(server.url()))
            # Tests kill the server and never the machine, which alone loses what is not synced.
            asyncio.run(execute(server.url(), "ALTER SYSTEM SET fsync TO off"))
            prepare(server.url(DATABASE), None, Sealer.of_setting(keys), is_idle=True)
            demo_key(data_dir, server.url(DATABASE))
        with tarfile.open(archive, "w") as writing:
            writing.add(data_dir, ".")
