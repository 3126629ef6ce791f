"""Worker and recorder have no HTTP and no other port: there is nothing to be let in to."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.recorder_process import recorder_process
from tests.support.waiting import until
from tests.support.worker_process import worker_process

LISTENING = "0A"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def listening(process: subprocess.Popen[bytes]) -> list[str]:
    """Return the addresses that a process listens on, TCP and Unix."""
    proc = Path(f"/proc/{process.pid}")
    links = [str(each.readlink()) for each in (proc / "fd").iterdir()]
    inodes = {match[1] for link in links if (match := re.fullmatch(r"socket:\[(\d+)\]", link))}
    found: list[str] = []
    for table in ("tcp", "tcp6"):
        for line in (proc / "net" / table).read_text().splitlines()[1:]:
            _, address, _, state, *rest = line.split()
            if state == LISTENING and rest[5] in inodes:
                found.append(address)
    for line in (proc / "net" / "unix").read_text().splitlines()[1:]:
        _, _, _, flags, _, _, inode, *path = line.split()
        # __SO_ACCEPTCON
        if inode in inodes and int(flags, 16) & 0x10000:
            found += path
    return found


async def test_a_worker_listens_on_nothing(database_url: str, tmp_path: Path) -> None:
    heartbeat = tmp_path / "heartbeat"
    with worker_process(database_url, worker_heartbeat_file=str(heartbeat)) as process:

        async def is_up() -> bool:
            return heartbeat.exists()

        await until(is_up)
        assert listening(process) == []


async def test_a_recorder_listens_on_nothing(database_url: str, tmp_path: Path) -> None:
    heartbeat = tmp_path / "heartbeat"
    settings = {"TXLINK_RECORDER_HEARTBEAT_FILE": str(heartbeat)}
    with recorder_process(database_url, tmp_path, **settings) as process:

        async def is_up() -> bool:
            return heartbeat.exists()

        await until(is_up)
        assert listening(process) == []
