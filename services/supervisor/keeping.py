"""Keep one process running."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import httpx

from services.supervisor import orphan_guard
from services.supervisor.terminal import Terminal

_CHUNK_OCTETS = 65_536
_POLL_S = 0.1
_PROBE_S = 2.0
_LAST_OUTPUT_S = 1.0


class SupervisorError(RuntimeError):
    """Say which process could not be brought up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSpec:
    """Describe a process to keep running.

    Attributes:
        name: Stands before each line of its output.
        argv: The program, searched in PATH, and its arguments.
        env: Its whole environment.
        ready_url: Answers GET with 200 once it is ready; None if it is so from its start.
        grace_s: How long it may take to end after SIGTERM, in seconds, before SIGKILL; None for
            the pace's.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    ready_url: str | None = None
    grace_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Set the supervisor's patience, in seconds.

    Attributes:
        ready_s: How long a process may take from its start to its first 200.
        grace_s: How long a process may take to end after SIGTERM that says nothing else itself.
        first_delay_s: How long to wait before it is started again; doubles with each death.
        longest_delay_s: Where the doubling ends.
        healthy_s: After how long a life the doubling begins anew.
    """

    ready_s: float = 60.0
    grace_s: float = 10.0
    first_delay_s: float = 0.5
    longest_delay_s: float = 30.0
    healthy_s: float = 60.0


class Keeper:
    """Start a process, start it again when it dies, and stop it.

    Args:
        spec: The process.
        terminal: Where its output and its deaths are shown.
        pace: How patient to be with it.
    """

    def __init__(self, spec: ProcessSpec, terminal: Terminal, pace: Pace) -> None:
        self._spec = spec
        self._terminal = terminal
        self._pace = pace
        self._stopping = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the process and wait until it is ready.

        Raises:
            SupervisorError: Its URL answers before it, or not in time after it has started.
        """
        url = self._spec.ready_url
        if url is None:
            self._task = asyncio.create_task(self._keep())
            return
        async with httpx.AsyncClient(timeout=_PROBE_S, trust_env=False) as client:
            if await _status(client, url) is not None:
                raise SupervisorError(
                    f"{self._spec.name} can't be started: something else answers at {url}; "
                    "stop it or choose another port."
                )
            self._task = asyncio.create_task(self._keep())
            await self._wait_until_ready(client, url)

    async def _wait_until_ready(self, client: httpx.AsyncClient, url: str) -> None:
        try:
            async with asyncio.timeout(self._pace.ready_s):
                while await _status(client, url) != httpx.codes.OK:  # noqa: ASYNC110 - it can't tell
                    await asyncio.sleep(_POLL_S)
        except TimeoutError:
            raise SupervisorError(
                f"{self._spec.name} did not answer 200 at {url} within {self._pace.ready_s:g} s."
            ) from None

    async def stop(self, hurry: asyncio.Event) -> None:
        """End the process for good: SIGTERM, then SIGKILL to its group.

        Args:
            hurry: Ends the time of grace between the two early.
        """
        if self._task is None:
            return
        self._stopping.set()
        self._terminate()
        hurried = asyncio.create_task(hurry.wait())
        grace_s = self._pace.grace_s if self._spec.grace_s is None else self._spec.grace_s
        await asyncio.wait(
            {self._task, hurried},
            timeout=grace_s,
            return_when=asyncio.FIRST_COMPLETED,
        )
        hurried.cancel()
        if not self._task.done():
            self._terminal.say(f"{self._spec.name} has not stopped; killing it")
            self._kill()
        await self._task

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        delay_s = self._pace.first_delay_s
        while True:
            born_at = loop.time()
            end = await self._live()
            if self._stopping.is_set():
                return
            if loop.time() - born_at >= self._pace.healthy_s:
                delay_s = self._pace.first_delay_s
            self._terminal.say(f"{self._spec.name} {end}; starting it again in {delay_s:g} s")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay_s)
                return
            delay_s = min(2 * delay_s, self._pace.longest_delay_s)

    async def _live(self) -> str:
        """Run the process once, from start to end, and say how it ended."""
        # Not asyncio's own pipe: waiting for the end would wait for whoever inherited it, too.
        reading, writing = os.pipe()
        try:
            self._process = process = await self._spawn(writing)
        except OSError as error:
            os.close(reading)
            return f"could not be started ({error.strerror})"
        finally:
            os.close(writing)
        pump = asyncio.create_task(self._pump(reading))
        if self._stopping.is_set():
            self._terminate()
        status = await process.wait()
        # What it leaves of its group would hold its ports against its successor.
        self._kill()
        await asyncio.wait({pump}, timeout=_LAST_OUTPUT_S)
        pump.cancel()
        if status < 0:
            return f"was killed by {signal.Signals(-status).name}"
        return f"exited with status {status}"

    async def _spawn(self, output: int) -> asyncio.subprocess.Process:
        # Isolated and without site-packages, it starts in milliseconds whatever ``env`` says.
        guard = (sys.executable, "-I", "-S", orphan_guard.__file__, str(os.getpid()))
        return await asyncio.create_subprocess_exec(
            *guard,
            *self._spec.argv,
            env=dict(self._spec.env),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )

    async def _pump(self, reading: int) -> None:
        reader = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(reading, "rb", buffering=0)
        )
        rest = b""
        try:
            while chunk := await reader.read(_CHUNK_OCTETS):
                *lines, rest = (rest + chunk).split(b"\n")
                if len(rest) > _CHUNK_OCTETS:
                    lines, rest = [*lines, rest], b""
                for line in lines:
                    self._terminal.write(self._spec.name, line.decode(errors="replace"))
        finally:
            if rest:
                self._terminal.write(self._spec.name, rest.decode(errors="replace"))
            transport.close()

    def _terminate(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.terminate()

    def _kill(self) -> None:
        if self._process is not None:
            # PermissionError is macOS's word for a group of zombies.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)


async def _status(client: httpx.AsyncClient, url: str) -> int | None:
    try:
        return (await client.get(url)).status_code
    except httpx.TransportError:
        return None
