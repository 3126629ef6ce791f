"""Counts as shades: few steps, so that each can be told from the next and named in a legend."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

STEPS: Final = 5


@dataclass(frozen=True, slots=True)
class Shade:
    """A shade, and the counts that have it.

    Attributes:
        step: 0 for nothing, then 1 to ``STEPS``.
        lowest: Of its counts.
        highest: Of its counts, which belongs to it.
    """

    step: int
    lowest: int
    highest: int


def step_of(count: int, most: int) -> int:
    """Return the shade of a count, where the most there is has the last one."""
    return -(-count * STEPS // most) if count > 0 else 0


def legend(most: int) -> Sequence[Shade]:
    """Return the shades that counts up to the most may have, nothing first."""
    bounds = [(step, (step - 1) * most // STEPS + 1, step * most // STEPS) for step in _STEPS]
    return [Shade(0, 0, 0), *(Shade(*each) for each in bounds if each[1] <= each[2])]


_STEPS: Final = range(1, STEPS + 1)
