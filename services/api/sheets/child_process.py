"""A child process that is started beside the event loop, and ends with whoever wanted it.

asyncio starts processes within the loop, and uvloop copies this process's page tables for it:
each start would stop every request for tens of milliseconds.
"""

import asyncio
import os
import subprocess
from asyncio import ReadTransport, StreamReader, StreamReaderProtocol
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import IO


@dataclass(frozen=True, slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    output: StreamReader
    transport: ReadTransport


@asynccontextmanager
async def child_output(
    command: Sequence[str], *, stdin: IO[bytes], env: Mapping[str, str]
) -> AsyncIterator[StreamReader]:
    """Run a child for as long as the context lasts; it is killed then, if it still runs.

    Args:
        command: Its program and arguments.
        stdin: Its standard input; no other file of ours is open in it but standard error.
        env: All of its environment.

    Yields:
        Its standard output; it waits while nobody reads.
    """
    # A copy, since the caller may be gone, and its file closed, before a thread comes to it.
    starting = asyncio.create_task(_start(command, os.dup(stdin.fileno()), env))
    # Shielded, both: whoever is cancelled leaves no child behind, however far it had come.
    try:
        child = await asyncio.shield(starting)
        yield child.output
    finally:
        await asyncio.shield(_end(starting))


async def _start(command: Sequence[str], stdin: int, env: Mapping[str, str]) -> _Child:
    process = await asyncio.to_thread(_open, command, stdin, env)
    output = StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: StreamReaderProtocol(output), process.stdout
    )
    return _Child(process, output, transport)


def _open(command: Sequence[str], stdin: int, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - our own program, without a shell
            command,
            stdin=stdin,
            stdout=subprocess.PIPE,
            # Ctrl-C at a terminal is for this process, which ends the other one.
            start_new_session=True,
            env=env,
        )
    finally:
        os.close(stdin)


async def _end(starting: asyncio.Task[_Child]) -> None:
    try:
        child = await starting
    except OSError:
        # Told to whoever waited for its start.
        return
    child.process.kill()
    child.transport.close()
    await asyncio.to_thread(child.process.wait)
