"""A file that stays young while a process makes progress, for a health check to look at."""

import logging
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

INTERVAL_S = 1.0

LOGGER = logging.getLogger(__name__)


class Heartbeat:
    """Make a file young once every part of a process has made progress together.

    One part that is stuck lets the file grow old, however busy the others are.

    Args:
        path: The file; None keeps none.
        parts: Names of the loops that do the process's work.
        interval_s: Least time from one writing to the next, in seconds.
    """

    def __init__(self, path: Path | None, *parts: str, interval_s: float = INTERVAL_S) -> None:
        self._path = path
        self._parts = frozenset(parts)
        self._waited_for = set(parts)
        self._interval_s = interval_s
        self._due_s = 0.0
        self._can_write = True

    def part(self, name: str) -> Callable[[], None]:
        """Return what a loop calls whenever it has made progress.

        Raises:
            ValueError: There is no such part.
        """
        if name not in self._parts:
            raise ValueError(f"{name!r} is no part of this process: {sorted(self._parts)}")
        return partial(self._progress, name)

    def beat(self) -> None:
        """Make the file young for all parts: whoever calls it speaks for the whole process."""
        self._waited_for = set(self._parts)
        now_s = time.monotonic()
        if self._path is None or now_s < self._due_s:
            return
        self._due_s = now_s + self._interval_s
        try:
            self._path.touch()
        except OSError as error:
            # The work goes on; the file's age tells the rest.
            if self._can_write:
                LOGGER.warning("no heartbeat: %s", error)
            self._can_write = False
        else:
            self._can_write = True

    def _progress(self, name: str) -> None:
        self._waited_for.discard(name)
        if not self._waited_for:
            self.beat()
