"""Writing a workbook in a process of its own, while this one serves requests."""

import asyncio
import os
import shutil
import sys
import tempfile
from asyncio import StreamReader
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import asdict
from pathlib import Path
from typing import IO

from services.api.sheets import frames
from services.api.sheets.child_process import child_output
from services.api.sheets.feeding import Feed
from services.api.sheets.workbook_process import DONE, FILE_NAME
from services.api.sheets.workbook_writing import Cell, TableShape

FOLDER_PREFIX = "txlink-table-"


class WorkbookProcessError(Exception):
    """The process that writes ended before the workbook did."""


@asynccontextmanager
async def written_workbook(
    shape: TableShape, batches: AsyncIterator[Sequence[Sequence[Cell]]]
) -> AsyncIterator[IO[bytes]]:
    """Write a table as a workbook, and hold its file for as long as the context lasts.

    Args:
        shape: Its names.
        batches: Its rows, which are asked for as fast as they can be written.

    Yields:
        The whole file. It has no name any more, so nothing is left of it however this ends.

    Raises:
        WorkbookProcessError: It could not be written, as on a full disk.
    """
    try:
        file = await _written(shape, batches)
    except OSError as error:
        # As it is, it would be taken for one of the connection to Postgres.
        raise WorkbookProcessError from error
    with closing(file):
        yield file


async def _written(
    shape: TableShape, batches: AsyncIterator[Sequence[Sequence[Cell]]]
) -> IO[bytes]:
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix=FOLDER_PREFIX))
    try:
        await _write(folder, shape, batches)
        return (folder / FILE_NAME).open("rb")
    finally:
        # Shielded: whoever is cancelled leaves no folder behind.
        await asyncio.shield(asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True))


async def _write(
    folder: Path, shape: TableShape, batches: AsyncIterator[Sequence[Sequence[Cell]]]
) -> None:
    command = [sys.executable, "-m", "services.api.sheets.workbook_process", str(folder)]
    # None of our secrets.
    env = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    stdin, pipe = _pipe()
    feed = Feed()
    try:
        with stdin:
            await feed.open(pipe)
            async with child_output(command, stdin=stdin, env=env) as output:
                # So that the child's is the only one, and its death is noticed.
                stdin.close()
                await _feed(feed, shape, batches)
                await _require_done(output)
    finally:
        feed.close()


def _pipe() -> tuple[IO[bytes], IO[bytes]]:
    reading, writing = os.pipe()
    return os.fdopen(reading, "rb"), os.fdopen(writing, "wb", buffering=0)


async def _feed(
    feed: Feed, shape: TableShape, batches: AsyncIterator[Sequence[Sequence[Cell]]]
) -> None:
    is_read = await feed.write(frames.to_octets(asdict(shape)))
    async for batch in batches:
        if not is_read:
            return
        is_read = await feed.write(frames.to_octets({"rows": batch}))
    await feed.write(frames.to_octets(frames.END))


async def _require_done(output: StreamReader) -> None:
    if await output.read() != DONE:
        raise WorkbookProcessError
