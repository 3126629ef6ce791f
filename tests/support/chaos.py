"""Redirector, recorder and Postgres of a test's own, to be killed; and visitors who keep count."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import asyncpg
import httpx
import psutil

from services.cli.addresses import free_ports
from services.cli.migrating import migrate
from shared import embedded_postgres
from tests.support.links import SeededCampaign, seed_campaign
from tests.support.sealing import SEALING
from tests.support.stack import wait_until

CONNECTIONS = 16
PAUSE_S = 0.01
ANSWER_WAIT_S = 10.0
HITS_BY_POSITION = """
SELECT position, count(*) FROM hit WHERE campaign_id = $1 GROUP BY position
"""


@dataclass(slots=True)
class Site:
    """What answers and counts clicks, each part a process to be killed."""

    data_dir: Path
    database_url: str
    postgres_port: int
    port: int
    campaign: SeededCampaign
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    # What each command is started by, such as one that puts it on a disk of its own.
    prefix: Sequence[str] = ()
    worker_count: int = 1

    @property
    def url(self) -> str:
        """Where the redirector answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What redirectors and recorders have said so far."""
        return self._log_path.read_text()

    @property
    def _log_path(self) -> Path:
        return self.data_dir.with_suffix(".log")

    def start(self, module: str, name: str = "") -> None:
        """Start a process of a service; ``name`` tells several of one kind apart."""
        environment = {
            **os.environ,  # noqa: TID251 - handed on, not read
            **SEALING,
            "DATABASE_URL": self.database_url,
            "TXLINK_DATA_DIR": str(self.data_dir),
            "TXLINK_REDIRECTOR_PORT": str(self.port),
            "TXLINK_REDIRECTOR_WORKERS": str(self.worker_count),
        }
        with self._log_path.open("ab") as log:
            self.processes[name or module] = subprocess.Popen(
                [*self.prefix, sys.executable, "-m", module],
                env=environment,
                stdout=log,
                stderr=log,
            )

    def start_redirector(self) -> None:
        """Start the redirector and wait until it answers."""
        self.start("services.redirector")
        wait_until(self._answers, "an answer of the redirector", wait_s=20)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/robots.txt", timeout=1).is_success
        except httpx.TransportError:
            return False

    def start_recorder(self, name: str = "") -> None:
        """Start a recorder."""
        self.start("services.redirector.recorder", name)

    def kill(self, name: str) -> None:
        """Kill a process as nothing can be killed harder."""
        process = self.processes.pop(name)
        process.kill()
        process.wait(10)

    def kill_a_worker(self) -> None:
        """Kill one of the redirector's processes; the others, and who watches them, live on."""
        watcher = psutil.Process(self.processes["services.redirector"].pid)
        next(each for each in watcher.children() if "spawn_main" in str(each.cmdline())).kill()

    def stop_postgres(self) -> None:
        """Stop Postgres as an operator does."""
        embedded_postgres.stop(self.data_dir / "postgres")

    def kill_postgres(self) -> None:
        """Kill the postmaster in the middle of whatever it does."""
        pid_file = self.data_dir / "postgres" / "cluster" / "postmaster.pid"
        os.kill(int(pid_file.read_text().splitlines()[0]), signal.SIGKILL)

    def start_postgres(self) -> None:
        """Start it again where it was."""
        embedded_postgres.start(self.data_dir / "postgres", port=self.postgres_port)

    def stop(self) -> None:
        """End all processes."""
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait(30)

    def hits(self) -> Counter[str]:
        """Return how many hits are recorded of each token."""
        counted: list[tuple[int, int]] = asyncio.run(self._fetch(HITS_BY_POSITION))
        return Counter({self.campaign.tokens[position]: count for position, count in counted})

    def reconcile(self) -> str:
        """Return what ``txlink reconcile`` says."""
        command = [sys.executable, "-m", "services.cli", "reconcile"]
        return subprocess.run(
            [*self.prefix, *command, "--data-dir", str(self.data_dir)],
            env={**os.environ, "DATABASE_URL": self.database_url},  # noqa: TID251 - handed on
            capture_output=True,
            check=False,
            text=True,
            timeout=60,
        ).stdout

    async def _fetch(self, query: str) -> list[tuple[int, int]]:
        connection = await asyncpg.connect(self.database_url)
        rows = await connection.fetch(query, self.campaign.id)
        await connection.close()
        return [tuple(row) for row in rows]

    def wait_until_recorded(self, count: int) -> None:
        """Wait until so many hits are recorded, and nothing more comes for a second."""
        wait_until(lambda: self.hits().total() >= count, f"{count} recorded hits", wait_s=90)
        time.sleep(1)


class SmallDisk:
    """A tmpfs in the place of a folder, for those who are started by ``prefix`` and nobody else.

    Args:
        folder: Where it is mounted.
        octets: How much it holds.

    Raises:
        PermissionError: This machine lets nobody make a mount namespace of their own.
    """

    def __init__(self, folder: Path, octets: int) -> None:
        self._filler = folder / "filler"
        mount = f"mount -t tmpfs -o size={octets} small {folder} && echo mounted && exec sleep inf"
        self._holder = subprocess.Popen(
            ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount],  # noqa: S607
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self._holder.stdout
        if self._holder.stdout.readline() != b"mounted\n":
            _, why = self._holder.communicate()
            raise PermissionError(why.decode())
        target = f"--target={self._holder.pid}"
        self.prefix = ("nsenter", target, "--user", "--preserve-credentials", "--mount")

    def fill(self) -> None:
        """Leave no room on it."""
        filled = f"head -c 1G /dev/zero > {self._filler}"
        done = subprocess.run(
            [*self.prefix, "sh", "-c", filled], capture_output=True, check=False, text=True
        )
        assert "No space left" in done.stderr

    def make_room(self) -> None:
        """Take away what fills it."""
        subprocess.run([*self.prefix, "rm", self._filler], check=True)

    def close(self) -> None:
        """Give it up; it goes with the last process that sees it."""
        self._holder.kill()
        self._holder.communicate()


@contextmanager
def running_site(data_dir: Path, *, recipient_count: int = 60_000) -> Iterator[Site]:
    """Run Postgres with a campaign in it; the test starts the rest."""
    server = embedded_postgres.start(data_dir / "postgres")
    site = None
    try:
        url = server.url("postgres")
        migrate(url)
        campaign = asyncio.run(seed_campaign(url, recipient_count=recipient_count))
        site = Site(data_dir, url, server.port, free_ports(1)[0], campaign)
        yield site
    finally:
        if site is not None:
            site.stop()
        embedded_postgres.stop(data_dir / "postgres")


class Visitors:
    """Visitors on keep-alive connections, each token asked for once and no more.

    Attributes:
        redirected: Tokens that were answered with 302.
        turned_away: Tokens that were answered otherwise.
        unanswered: Tokens whose request broke off: it may have been journaled or not.
    """

    def __init__(self, site: Site, tokens: Sequence[str]) -> None:
        self.redirected: set[str] = set()
        self.turned_away: Counter[int] = Counter()
        self.unanswered: set[str] = set()
        self._site = site
        self._tokens = iter(tokens)
        self._is_over = False
        self._thread = threading.Thread(target=lambda: asyncio.run(self._visit()))

    def __enter__(self) -> Self:
        """Let them come."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let no more of them come, and wait for the last."""
        self._is_over = True
        self._thread.join()

    def wait_for(self, count: int) -> None:
        """Wait until so many more are redirected."""
        wanted = len(self.redirected) + count
        wait_until(lambda: len(self.redirected) >= wanted, f"{count} more redirects", wait_s=60)

    async def _visit(self) -> None:
        await asyncio.gather(*(self._come() for _ in range(CONNECTIONS)))

    async def _come(self) -> None:
        while not self._is_over:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self._site.port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            await self._ask(reader, writer)
            writer.close()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Ask for tokens until the connection breaks or it is over."""
        for token in self._tokens:
            self.unanswered.add(token)
            try:
                async with asyncio.timeout(ANSWER_WAIT_S):
                    writer.write(f"GET /{token} HTTP/1.1\r\nhost: tx1.in\r\n\r\n".encode())
                    head = await reader.readuntil(b"\r\n\r\n")
                    await reader.readexactly(_length(head))
            except (OSError, EOFError, TimeoutError):
                return
            self.unanswered.discard(token)
            status = int(head[9:12])
            if status == 302:
                self.redirected.add(token)
            else:
                self.turned_away[status] += 1
            if self._is_over:
                return
            await asyncio.sleep(PAUSE_S)
        self._is_over = True


def _length(head: bytes) -> int:
    return int(head.partition(b"content-length: ")[2].split(b"\r\n")[0])


def told(what: str, visitors: Visitors, hits: Counter[str], *, lost: int = 0) -> None:
    """Print both counts, and fail unless they are one.

    A request that broke off with its connection counts on neither side, unless it is counted
    twice, which no request may be.
    """
    of_redirected = sum(hits[token] for token in visitors.redirected)
    of_broken = sum(hits[token] for token in visitors.unanswered)
    sys.stdout.write(
        f"\n{what}: {len(visitors.redirected):,} answered with 302,"
        f" {of_redirected:,} recorded, {lost:,} counted as lost"
        f" ({len(visitors.unanswered)} requests broke off, {of_broken} of them were journaled)\n"
    )
    assert visitors.redirected
    assert max(hits.values(), default=0) <= 1
    assert of_redirected + lost == len(visitors.redirected)
    assert hits.keys() <= visitors.redirected | visitors.unanswered
