"""One run of docker-compose.yml under a random name, so that nothing of the host is touched."""

import logging
import os
import secrets
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from shared.domain.sealing import make_key
from shared.schema.grants import Service
from tests.compose.commands import CommandError, run

ROOT = Path(__file__).resolve().parents[2]
REDIRECTOR_COUNT = 2
# What may come from this machine; anything else of its environment could change the stack.
INHERITED = (
    "PATH",
    "HOME",
    "DOCKER_HOST",
    "DOCKER_CONFIG",
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
)

BUILD_S = 400
UP_S = 180
DOWN_S = 120
HEALTHY_S = 90
COMMAND_S = 60
# docker's code for a process that outlived its grace period.
KILLED = 137

LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stack:
    """A running stack.

    Attributes:
        api: Its address on the host.
        redirectors: The address of each redirector on the host.
    """

    api: str
    redirectors: tuple[str, ...]
    _compose: tuple[str, ...]
    _environment: Mapping[str, str]
    _name: str

    def run(self, *arguments: str, timeout_s: float = COMMAND_S, merged: bool = False) -> str:
        """Run one command of Compose and return what it printed.

        Raises:
            CommandError: It failed or took too long.
        """
        command = (*self._compose, "--project-name", self._name, *arguments)
        return run(command, timeout_s=timeout_s, environment=self._environment, merged=merged)

    def wait_until_healthy(self) -> None:
        """Wait until no health check is pending or failing, and every other service runs.

        Raises:
            CommandError: It takes too long.
        """
        deadline = time.monotonic() + HEALTHY_S
        while not all(map(_is_well, self._states())):
            if time.monotonic() > deadline:
                shown = "\n".join(self._states())
                raise CommandError(f"not healthy within {HEALTHY_S} s:\n{shown}")
            time.sleep(0.5)

    def stop(self) -> None:
        """Stop every service as an operator would.

        Raises:
            CommandError: One did not end by itself in the time that it has.
        """
        self.run("stop", timeout_s=DOWN_S)
        killed = [state for state in self._states() if f"({KILLED})" in state]
        if killed:
            raise CommandError("killed, not stopped:\n" + "\n".join(killed))

    def remove(self) -> None:
        """Take everything down that bears this stack's name, its image and volumes too.

        Raises:
            CommandError: Something resists.
        """
        self.run("down", "--volumes", "--remove-orphans", timeout_s=DOWN_S)
        run(["docker", "image", "rm", "--force", self._name], timeout_s=COMMAND_S)

    def log_tail(self) -> str:
        """Return the state of every container and the last lines of their logs."""
        logs = self.run("logs", "--no-color", "--tail", "40", merged=True)
        return "\n".join([*self._states(), logs])

    def _states(self) -> list[str]:
        of_ours = f"label=com.docker.compose.project={self._name}"
        form = "{{.Names}} {{.Status}}"
        listed = ["docker", "ps", "--all", "--filter", of_ours, "--format", form]
        return run(listed, timeout_s=COMMAND_S).splitlines()


@contextmanager
def running_stack(compose: Sequence[str], images: Mapping[str, str]) -> Iterator[Stack]:
    """Build the image, bring everything up and take it down again.

    Args:
        compose: The command of the Compose to use.
        images: Variables of docker-compose.yml that name the base images.

    Raises:
        CommandError: A step failed; what the services logged has been shown.
    """
    stack = _new_stack(compose, images)
    try:
        began = time.monotonic()
        stack.run("build", timeout_s=BUILD_S)
        LOGGER.info("built in %.1f s", time.monotonic() - began)
        began = time.monotonic()
        scale = f"redirector={REDIRECTOR_COUNT}"
        stack.run("up", "--detach", "--scale", scale, timeout_s=UP_S)
        LOGGER.info("up in %.1f s", time.monotonic() - began)
        stack.wait_until_healthy()
        LOGGER.info("healthy in %.1f s", time.monotonic() - began)
        yield stack
        began = time.monotonic()
        stack.stop()
        LOGGER.info("stopped in %.1f s, nothing had to be killed", time.monotonic() - began)
    except BaseException:
        _show_logs(stack)
        raise
    finally:
        stack.remove()


def _new_stack(compose: Sequence[str], images: Mapping[str, str]) -> Stack:
    name = f"txlink-proof-{secrets.token_hex(4)}"
    api_port = _free_ports(1)
    first = _free_ports(REDIRECTOR_COUNT)
    last = first + REDIRECTOR_COUNT - 1
    environment = {
        **{key: os.environ[key] for key in INHERITED if key in os.environ},  # noqa: TID251
        **images,
        "DOCKER_BUILDKIT": "0",
        "POSTGRES_PASSWORD": secrets.token_hex(24),
        "TXLINK_SECRET_KEYS": make_key(),
        **{
            f"TXLINK_{service.upper()}_DATABASE_PASSWORD": secrets.token_hex(24)
            for service in Service
        },
        "TXLINK_IMAGE": name,
        "TXLINK_API_PUBLISH": f"127.0.0.1:{api_port}",
        "TXLINK_REDIRECTOR_PUBLISH": f"127.0.0.1:{first}-{last}",
    }
    # Named, or a docker-compose.override.yml and a .env that are here would count as well.
    files = ("--file", str(ROOT / "docker-compose.yml"), "--env-file", str(ROOT / ".env.example"))
    return Stack(
        api=f"http://127.0.0.1:{api_port}",
        redirectors=tuple(f"http://127.0.0.1:{port}" for port in range(first, last + 1)),
        _compose=(*compose, *files),
        _environment=environment,
        _name=name,
    )


def _free_ports(count: int) -> int:
    """Return the first of so many neighbouring ports that nothing listens on."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            first: int = probe.getsockname()[1]
        if all(map(_is_free, range(first, first + count))):
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return False
    return True


def _is_well(state: str) -> bool:
    if "migrate" in state:
        return "Exited (0)" in state
    return " Up " in state and "unhealthy" not in state and "starting" not in state


def _show_logs(stack: Stack) -> None:
    try:
        LOGGER.error("what the services say:\n%s", stack.log_tail())
    except CommandError as error:
        LOGGER.warning("no logs: %s", error)
