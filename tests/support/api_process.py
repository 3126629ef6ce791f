"""The API as an operator starts it, with everything that it writes."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from services.cli.addresses import free_ports
from shared.schema.grants import Service
from tests.support.database import REPOSITORY
from tests.support.roles import url_as
from tests.support.sealing import SEALING
from tests.support.stack import wait_until

COMMANDS = {
    "python": ("-m", "services.api"),
    # As bare as can be, so with the server's own idea of an access log.
    "uvicorn": ("-m", "uvicorn", "--factory", "services.api.main:app_from_env"),
}


@contextmanager
def api_process(command: str, database_url: str, log: Path) -> Iterator[httpx.Client]:
    """Run the API on a free port, as one of ``COMMANDS`` does, for as long as the context lasts.

    Args:
        command: Its name.
        database_url: The database that it works on.
        log: Takes all that it writes.
    """
    (port,) = free_ports(1)
    argv = [sys.executable, *COMMANDS[command]]
    if command == "uvicorn":
        argv += ["--port", str(port)]
    environment = {
        **os.environ,  # noqa: TID251 - the child inherits ours
        **SEALING,
        "DATABASE_URL": url_as(Service.API, database_url),
        "TXLINK_API_PORT": str(port),
    }
    with (
        log.open("wb") as output,
        subprocess.Popen(
            argv, cwd=REPOSITORY, env=environment, stdout=output, stderr=output
        ) as process,
    ):
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
                wait_until(lambda: _answers(client), "the API")
                yield client
        finally:
            # Not killed, or what it logs after an answer would be missing.
            process.terminate()


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/healthz").is_success
    except httpx.TransportError:
        return False
