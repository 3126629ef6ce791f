"""One round of wrk against a server, each with a core of its own, and what the server took."""

import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

CONNECTIONS = 64
ROUND_S = 2
READY_S = 30.0
SERVER_CORE, CLIENT_CORE = 0, 1
PHONE = (
    "Mozilla/5.0 (Linux; Android 14; SM-A546E) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/124.0.0.0 Mobile Safari/537.36"
)
SCRIPT = """
local requests, at = {}, 0
local headers = {
  ["User-Agent"] = "%s",
  ["Accept"] = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
  ["Accept-Language"] = "en-IN,en-GB;q=0.9,en;q=0.8",
  ["Accept-Encoding"] = "gzip, deflate, br",
  ["Upgrade-Insecure-Requests"] = "1",
}
-- Written out beforehand, or wrk would be what is measured.
init = function()
  for target in io.lines("%s") do
    requests[#requests + 1] = wrk.format("GET", target, headers)
  end
end
request = function()
  at = at %% #requests + 1
  return requests[at]
end
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What one round of wrk saw, and what the server took for it."""

    requests: int
    per_s: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    rss_mib: float
    refused: int


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a server, and what it is asked for in each round."""

    name: str
    process: psutil.Process
    port: int
    scripts: Sequence[Path]
    after: Callable[[], None] = lambda: None
    beside: Callable[[], AbstractContextManager[object]] = nullcontext


def on_core(core: int, *command: str, **options: object) -> subprocess.Popen[bytes]:
    """Start a server on one core."""
    environment = os.environ | {name: str(value) for name, value in options.items()}  # noqa: TID251
    pinned = ["taskset", "-c", str(core), *command]
    return subprocess.Popen(pinned, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603


@contextmanager
def running(
    process: subprocess.Popen[bytes], port: int, path: str, *, every_s: float = 0.05
) -> Iterator[psutil.Process]:
    """Wait until a server answers, asking ever so often, and stop it in the end.

    Yields:
        The process.

    Raises:
        HTTPError: It does not answer.
    """
    deadline = time.monotonic() + READY_S
    try:
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}{path}", timeout=2)
                break
            except httpx.HTTPError:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise
                time.sleep(every_s)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(30)


def script(folder: Path, name: str, targets: Sequence[str]) -> Path:
    listed, made = folder / f"{name}.targets", folder / f"{name}.lua"
    listed.write_text("\n".join(targets))
    made.write_text(SCRIPT % (PHONE, listed))
    return made


def cpu_seconds(process: psutil.Process) -> float:
    processes = [process, *process.children(recursive=True)]
    return sum(sum(each.cpu_times()[:2]) for each in processes)


def load(row: Row, made: Path) -> Load:
    before = cpu_seconds(row.process)
    command = ["taskset", "-c", str(CLIENT_CORE), "wrk", "-t1", f"-c{CONNECTIONS}"]
    command += [f"-d{ROUND_S}s", "--latency", "-s", str(made), f"http://127.0.0.1:{row.port}"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603
    spent = cpu_seconds(row.process) - before
    count = int(found(r"(\d+) requests in", told))
    rss = max(each.memory_info().rss for each in [row.process, *row.process.children()])
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", told)
    return Load(
        requests=count,
        per_s=float(found(r"Requests/sec:\s+([\d.]+)", told)),
        p50_ms=milliseconds(found(r"\n\s+50%\s+(\S+)", told)),
        p99_ms=milliseconds(found(r"\n\s+99%\s+(\S+)", told)),
        cpu_us=spent / count * 1e6,
        rss_mib=rss / (1 << 20),
        refused=int(refused[1]) if refused else 0,
    )


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match, text
    return match[1]


def milliseconds(told: str) -> float:
    for unit, factor in (("us", 1e-3), ("ms", 1.0), ("s", 1e3)):
        if told.endswith(unit):
            return float(told.removesuffix(unit)) * factor
    raise ValueError(told)
