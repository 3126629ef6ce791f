"""One terminal, shared by many processes."""

import asyncio
from collections.abc import Sequence
from io import TextIOWrapper
from itertools import cycle
from typing import TextIO

_COLOURS = (36, 33, 32, 35, 34, 31)
_OWN_NAME = "supervisor"


class Terminal:
    """Write lines with their process's name before them, coloured if a person reads.

    Attributes:
        closed: Set once the output takes no more.
    """

    def __init__(self, names: Sequence[str], output: TextIO) -> None:
        self.closed = asyncio.Event()
        self._output = output
        if isinstance(output, TextIOWrapper):
            # A character that the terminal lacks must not end the reading of a process.
            output.reconfigure(errors="backslashreplace")
        self._width = max(map(len, (_OWN_NAME, *names)))
        colours = cycle(_COLOURS) if output.isatty() else None
        self._colours = {name: next(colours) for name in names} if colours else {}

    def say(self, line: str) -> None:
        """Write a line of the supervisor's own."""
        self.write(_OWN_NAME, line)

    def write(self, name: str, line: str) -> None:
        """Write a line of the process with this name."""
        prefix = f"{name:{self._width}} |"
        if colour := self._colours.get(name):
            prefix = f"\x1b[{colour}m{prefix}\x1b[0m"
        try:
            self._output.write(f"{prefix} {line}\n")
            self._output.flush()
        except OSError:
            self.closed.set()
