"""What every kind of file comes to: numbered records of cells."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple


class Record(NamedTuple):
    """One row as the file has it.

    Attributes:
        row_number: As a spreadsheet counts, from 1.
        cells: From the left; rows need not be of one length.
    """

    row_number: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Records:
    """The rows of a file, read as they are asked for.

    Attributes:
        octets_read: Tells how far in the file the reading is.
    """

    rows: Iterator[Record] = field(repr=False)
    warnings: list[str]
    octets_read: Callable[[], int] = field(repr=False)
