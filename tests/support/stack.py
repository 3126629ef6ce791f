"""All of txlink as `txlink run` starts it: real processes, real Postgres, real HTTP."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from services.cli.addresses import free_ports
from services.cli.demo_account import demo_key_path
from tests.support import prepared_data

REPOSITORY = Path(__file__).resolve().parents[2]
WAIT_S = 90.0

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stack:
    """A running txlink."""

    data_dir: Path
    api: httpx.Client
    redirector_url: str
    supervisor: psutil.Process

    @property
    def log(self) -> str:
        """Return what it has printed so far."""
        return log_path(self.data_dir).read_text()

    def get(self, path: str, **parameters: object) -> Json:
        """Return what the API answers."""
        response = self.api.get(path, params=parameters)  # type: ignore[arg-type]
        response.raise_for_status()
        answer: Json = response.json()
        return answer

    def process(self, module: str) -> psutil.Process:
        """Return the process that runs a module, waiting until there is one."""
        found: list[psutil.Process] = []

        def find() -> bool:
            found[:] = [
                child
                for child in self.supervisor.children(recursive=True)
                if child.is_running() and _runs(child, module)
            ]
            return bool(found)

        wait_until(find, f"a process of {module}")
        return found[0]

    def kill(self, module: str) -> None:
        """Kill the process that runs a module as nothing can be killed harder."""
        process = self.process(module)
        process.kill()
        process.wait(10)


def log_path(data_dir: Path) -> Path:
    """Return where a stack prints."""
    return data_dir.with_suffix(".log")


def _runs(process: psutil.Process, module: str) -> bool:
    try:
        return process.cmdline()[-2:] == ["-m", module]
    except psutil.Error:
        return False


def _own_environment() -> dict[str, str]:
    """Return ours without the database, and its key, that other tests may be told to use."""
    return {
        name: value
        for name, value in os.environ.items()  # noqa: TID251 - it is handed on
        if name not in {"DATABASE_URL", "TXLINK_SECRET_KEYS"}
    }


@contextmanager
def running_stack(
    data_dir: Path, *, from_nothing: bool = False, **environment: str
) -> Iterator[Stack]:
    """Run `txlink run` on free ports for as long as the context lasts.

    Args:
        data_dir: Its data folder.
        from_nothing: Whether it makes that itself, rather than find what another run has left.
        environment: Its settings.
    """
    if not (from_nothing or data_dir.exists()):
        prepared_data.lay(data_dir)
    api_port, redirector_port = free_ports(2)
    argv = [sys.executable, "-m", "services.cli", "run", "--data-dir", str(data_dir)]
    argv += ["--api-port", str(api_port), "--redirector-port", str(redirector_port)]
    log = log_path(data_dir)
    with log.open("wb") as output:
        process = subprocess.Popen(
            argv,
            cwd=REPOSITORY,
            env=_own_environment() | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until(lambda: "is up" in log.read_text(), f"the stack\n{log.read_text()}")
        key = demo_key_path(data_dir).read_text().strip()
        with httpx.Client(
            base_url=f"http://127.0.0.1:{api_port}", headers={"apikey": key}, timeout=30
        ) as api:
            redirector_url = f"http://127.0.0.1:{redirector_port}"
            yield Stack(data_dir, api, redirector_url, psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait(60)


def wait_until(is_so: Callable[[], bool], what: str, *, wait_s: float = WAIT_S) -> None:
    """Wait until something is so; fail if it takes too long."""
    deadline = time.monotonic() + wait_s
    while not is_so():
        assert time.monotonic() < deadline, f"waited {wait_s} s in vain for {what}"
        time.sleep(0.1)
