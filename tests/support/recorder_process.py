"""A recorder as a user starts it, to be killed like one."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.schema.grants import Service
from tests.support.roles import url_as


@contextmanager
def recorder_process(
    database_url: str, data_dir: Path, **settings: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Yield a running recorder; kill it afterwards unless it has ended."""
    environment = {
        **os.environ,  # noqa: TID251 - handed on, not read
        "DATABASE_URL": url_as(Service.RECORDER, database_url),
        "TXLINK_DATA_DIR": str(data_dir),
        **settings,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "services.redirector.recorder"],
        env=environment,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
