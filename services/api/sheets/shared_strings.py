"""A workbook's shared strings, kept on disk: there may be one for every cell."""

import os
import tempfile
from array import array
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from openpyxl.utils.escape import unescape

from services.api.sheets.xml_events import prefix_of, xml_parser

_WRITE_OCTETS = 1 << 18


class SharedStrings:
    """The table of strings that cells refer to by number.

    Args:
        longest: Characters of the longest string that is of use; a longer one is cut behind it,
            so that whoever meets it can tell.
    """

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 -- closed by __exit__
        self._names: tuple[str, ...] | None = None
        self._ends = array("Q", [0])
        self._unwritten = bytearray()
        self._pieces: list[str] = []
        self._length = 0
        self._is_text = False
        self._phonetic_depth = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def __getitem__(self, number: int) -> str:
        if number < 0:
            raise IndexError
        start, end = self._ends[number], self._ends[number + 1]
        return os.pread(self._file.fileno(), end - start, start).decode("utf-8", "surrogatepass")

    def load(self, chunks: Iterable[bytes]) -> None:
        """Read the table, chunk by chunk.

        Raises:
            ExpatError: It is not well-formed.
        """
        parser = xml_parser(self._on_start, self._on_end, self._on_text)
        for chunk in chunks:
            parser.Parse(chunk, False)  # noqa: FBT003 -- takes no keyword
        parser.Parse(b"", True)  # noqa: FBT003
        self._flush()

    def _on_start(self, name: str, attributes: dict[str, str]) -> None:
        del attributes
        if self._names is None:
            prefix = prefix_of(name)
            self._names = tuple(prefix + local for local in ("si", "t", "rPh"))
        item, text, phonetic = self._names
        if name == item:
            self._pieces, self._length = [], 0
        elif name == text:
            # rPh is how a name is pronounced, which the cell does not show.
            self._is_text = not self._phonetic_depth
        elif name == phonetic:
            self._phonetic_depth += 1

    def _on_text(self, text: str) -> None:
        if self._is_text and self._length <= self._longest:
            self._pieces.append(text)
            self._length += len(text)

    def _on_end(self, name: str) -> None:
        item, text, phonetic = self._names or ("",) * 3
        if name == text:
            self._is_text = False
        elif name == phonetic:
            self._phonetic_depth -= 1
        elif name == item:
            self._add(unescape("".join(self._pieces)[: self._longest + 1]))

    def _add(self, string: str) -> None:
        octets = string.encode("utf-8", "surrogatepass")
        self._unwritten += octets
        self._ends.append(self._ends[-1] + len(octets))
        if len(self._unwritten) > _WRITE_OCTETS:
            self._flush()

    def _flush(self) -> None:
        unwritten = memoryview(self._unwritten)
        while unwritten:
            unwritten = unwritten[self._file.write(unwritten) :]
        self._unwritten = bytearray()
