"""How fast a carrier lets itself be served."""

import math
from dataclasses import dataclass

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 30.0
GROWTH = 2.0
SHRINKAGE = 0.8


@dataclass(slots=True)
class Pace:
    """Keeps the windows of one carrier apart while it finds us too fast.

    All times are readings of one monotonic clock, in seconds.

    Attributes:
        pause_s: From one window to the next, at least; 0 while the carrier never throttled, or
            has long taken all it was given.
    """

    pause_s: float = 0.0
    _last_turn_s: float = -math.inf
    _slowed_at_s: float = -math.inf

    def take_turn(self, now_s: float) -> float:
        """Take the turn to hand over a window, if there is one.

        Returns:
            0 when it is taken; else how long to wait before asking again, in seconds.
        """
        wait_s = self._last_turn_s + self.pause_s - now_s
        if wait_s > 0:
            return wait_s
        self._last_turn_s = now_s
        return 0.0

    def slow_down(self, *, turn_s: float, now_s: float) -> None:
        """Note that a window was throttled, wholly or in part: the pause grows.

        It grows once for all windows that were under way together.

        Args:
            turn_s: When the window had its turn.
            now_s: The time now.
        """
        if turn_s < self._slowed_at_s:
            return
        self._slowed_at_s = now_s
        self.pause_s = min(max(self.pause_s * GROWTH, FIRST_PAUSE_S), LONGEST_PAUSE_S)

    def speed_up(self) -> None:
        """Note that a window was taken and not throttled: the pause shrinks, in the end to 0."""
        shorter_s = self.pause_s * SHRINKAGE
        self.pause_s = shorter_s if shorter_s >= FIRST_PAUSE_S / 2 else 0.0
