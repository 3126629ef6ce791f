"""A real worker process."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from shared.schema.grants import Service
from tests.support.database import REPOSITORY
from tests.support.roles import url_as
from tests.support.sealing import SEALING


@contextmanager
def worker_process(
    database_url: str, **settings: float | str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``python -m services.worker``; kill it at the end if it still runs.

    Args:
        database_url: The database that it works on.
        settings: ``TXLINK_`` settings in small letters, without the prefix.
    """
    environment = {
        **os.environ,  # noqa: TID251 - the child inherits ours
        **SEALING,
        "DATABASE_URL": url_as(Service.WORKER, database_url),
        **{f"TXLINK_{name.upper()}": str(value) for name, value in settings.items()},
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "services.worker"], cwd=REPOSITORY, env=environment
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
