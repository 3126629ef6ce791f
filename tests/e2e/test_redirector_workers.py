"""Several server processes of one redirector, as its own watcher keeps them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from services.cli.addresses import free_ports
from shared.schema.grants import Service
from tests.support.roles import url_as
from tests.support.sealing import SEALING
from tests.support.stack import wait_until

# A loaded machine, a busy disk or the move of a virtual host can hold a process up for so long.
STALL_S = 8.0


@pytest.fixture
def watcher(database_url: str, tmp_path: Path) -> Iterator[psutil.Process]:
    environment = {
        **os.environ,  # noqa: TID251 - handed on, not read
        **SEALING,
        "DATABASE_URL": url_as(Service.REDIRECTOR, database_url),
        "TXLINK_DATA_DIR": str(tmp_path),
        "TXLINK_REDIRECTOR_PORT": str(free_ports(1)[0]),
        "TXLINK_REDIRECTOR_WORKERS": "2",
    }
    process = subprocess.Popen([sys.executable, "-m", "services.redirector"], env=environment)
    yield psutil.Process(process.pid)
    process.terminate()
    process.wait(30)


def workers(watcher: psutil.Process) -> list[psutil.Process]:
    return [child for child in watcher.children() if "spawn_main" in str(child.cmdline())]


def test_worker_that_is_held_up_for_a_while_is_not_killed(
    watcher: psutil.Process, tmp_path: Path
) -> None:
    journals = tmp_path / "journal"
    wait_until(
        lambda: len(list(journals.glob("*.journal"))) == 2, "a journal of each worker", wait_s=30
    )
    held_up, other = workers(watcher)

    held_up.send_signal(signal.SIGSTOP)
    time.sleep(STALL_S)
    held_up.send_signal(signal.SIGCONT)
    time.sleep(1)

    assert workers(watcher) == [held_up, other]
