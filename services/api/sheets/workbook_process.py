"""The process that writes one workbook: rows in frames from standard input to a file in a folder.

It is in nobody's way: other processes go first, its memory is bounded, and if the one that feeds
it is gone before the last row, it takes its folder with it.
"""

import json
import os
import resource
import shutil
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from services.api.sheets import frames
from services.api.sheets.workbook_writing import TableShape, WorkbookWriter

FILE_NAME = "table.xlsx"
DONE = b"done"
NICENESS = 10
# Of address space; a workbook of any size takes a fifth of it.
MEMORY_OCTETS = 512 << 20


def main() -> int:
    """Write the workbook.

    Returns:
        The exit code; whether it is whole is said on standard output.
    """
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_OCTETS, MEMORY_OCTETS))
    folder = Path(sys.argv[1])
    try:
        with open(0, "rb") as source:
            is_whole = write_workbook(source, folder / FILE_NAME)
    except Exception as error:  # noqa: BLE001 -- this is the process's edge
        # Without the error's own words, which may hold a cell.
        traceback.print_tb(error.__traceback__)
        sys.stderr.write(f"{type(error).__name__}\n")
        return 1
    if not is_whole:
        shutil.rmtree(folder, ignore_errors=True)
        return 1
    sys.stdout.buffer.write(DONE)
    return 0


def write_workbook(source: IO[bytes], path: Path) -> bool:
    """Write the table that comes in frames; False if its end does not come."""
    pieces = _frames(source)
    shape = next(pieces, None)
    if shape is None:
        return False
    writer = WorkbookWriter(path, TableShape(**shape))
    for piece in pieces:
        if piece == frames.END:
            writer.close()
            return True
        for row in piece["rows"]:
            writer.add(row)
    return False


def _frames(source: IO[bytes]) -> Iterator[frames.Frame]:
    while len(length := source.read(frames.LENGTH.size)) == frames.LENGTH.size:
        (octet_count,) = frames.LENGTH.unpack(length)
        octets = source.read(octet_count)
        if len(octets) < octet_count:
            return
        yield json.loads(octets)


if __name__ == "__main__":
    sys.exit(main())
