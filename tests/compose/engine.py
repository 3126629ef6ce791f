"""A Docker engine: the machine's own, else one that is installed or started for the proof."""

import logging
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.compose.commands import CommandError, run, succeeds

INSTALL_S = 600
START_S = 60
STOP_S = 60
COMPANIONS = {"docker-compose": "docker-compose", "mmdebstrap": "mmdebstrap"}

LOGGER = logging.getLogger(__name__)


class NoEngineError(Exception):
    """No Docker engine answers, and none can be started here."""


@contextmanager
def docker_engine() -> Iterator[None]:
    """Hold an engine that ``docker`` reaches; one that was started for it is stopped at the end.

    Raises:
        NoEngineError: There is none to be had.
    """
    _install_missing()
    if _answers():
        yield
        return
    with tempfile.TemporaryDirectory(prefix="txlink-dockerd-") as folder:
        log = Path(folder, "dockerd.log")
        server = _start(log)
        try:
            _wait_until_it_answers(server, log)
            yield
        finally:
            _stop(server)


def _install_missing() -> None:
    wanted = COMPANIONS if _answers() else {**COMPANIONS, "dockerd": "docker.io"}
    missing = [package for program, package in wanted.items() if not shutil.which(program)]
    if not missing or os.geteuid() or not shutil.which("apt-get"):
        return
    LOGGER.info("installing %s", " ".join(missing))
    install = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "--yes"]
    try:
        run([*install, "update"], timeout_s=INSTALL_S)
        run([*install, "install", "--no-install-recommends", *missing], timeout_s=INSTALL_S)
    except CommandError as error:
        LOGGER.warning("%s", error)


def _answers() -> bool:
    return succeeds(["docker", "info"], timeout_s=30)


def _start(log: Path) -> subprocess.Popen[bytes]:
    if os.geteuid() or not shutil.which("dockerd"):
        raise NoEngineError("none answers; starting one takes root and dockerd")
    LOGGER.info("starting dockerd")
    with log.open("wb") as output:
        # A group of its own, or Ctrl-C would stop the engine before the containers.
        return subprocess.Popen(
            ["dockerd"],  # noqa: S607 - the one on root's PATH
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _wait_until_it_answers(server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while not _answers():
        if server.poll() is not None or time.monotonic() > deadline:
            last = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            raise NoEngineError(f"dockerd does not come up here:\n{last}")
        time.sleep(0.5)


def _stop(server: subprocess.Popen[bytes]) -> None:
    LOGGER.info("stopping dockerd")
    server.terminate()
    try:
        server.wait(STOP_S)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
