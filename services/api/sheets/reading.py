"""Reading a file of recipients in a process of its own, while this one serves requests."""

import asyncio
import json
import os
import sys
import tempfile
from asyncio import StreamReader
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import IO

from services.api.domain.sheet_errors import SheetError, SheetFault
from services.api.domain.sheets import SheetHeader
from services.api.sheets import frames
from services.api.sheets.child_process import child_output
from services.api.sheets.parsing import SheetBatch
from shared.domain.msisdn import NumberRules

# The longest silence is that before the first row, while shared strings are read.
_FRAME_TIMEOUT_S = 120


@dataclass(frozen=True, slots=True)
class SheetReading:
    """A file under way: its header is known, its rows come batch by batch.

    A batch is asked for only when the one before is done with: so memory stays flat.
    """

    header: SheetHeader
    warnings: list[str]
    batches: AsyncIterator[SheetBatch] = field(repr=False)


@asynccontextmanager
async def reading_sheet(file: IO[bytes], rules: NumberRules) -> AsyncIterator[SheetReading]:
    """Read a file for as long as the context lasts.

    Args:
        file: A file on disk with its content written out; the caller closes it afterwards.
        rules: The account's.

    Yields:
        The header, and the rows as they are asked for.

    Raises:
        SheetError: The file is refused; for what a later row breaks, while batches are read.
    """
    command = [sys.executable, "-m", "services.api.sheets", frames.from_rules(rules)]
    # None of our secrets, and the folder that spooled files lie in.
    env = {
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "TMPDIR": tempfile.gettempdir(),
    }
    async with child_output(command, stdin=file, env=env) as output:
        header, warnings = frames.to_header(await _next_frame(output))
        yield SheetReading(header, warnings, _batches(output))


async def _batches(output: StreamReader) -> AsyncIterator[SheetBatch]:
    while (frame := await _next_frame(output)) != frames.END:
        yield frames.to_batch(frame)


async def _next_frame(output: StreamReader) -> frames.Frame:
    try:
        async with asyncio.timeout(_FRAME_TIMEOUT_S):
            (length,) = frames.LENGTH.unpack(await output.readexactly(frames.LENGTH.size))
            frame: frames.Frame = json.loads(await output.readexactly(length))
    except (asyncio.IncompleteReadError, TimeoutError) as error:
        # It was ended by its limits.
        raise SheetError(SheetFault.UNREADABLE) from error
    if "error" in frame:
        raise frames.to_error(frame)
    return frame
