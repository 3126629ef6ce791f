"""What a command tells while it works, and its patience."""

import sys
import time
from collections.abc import Callable

WAIT_S = 60.0
POLL_S = 0.2


def wait_until(what: str, ask: Callable[[], object]) -> None:
    """Ask again and again until the answer is true.

    Raises:
        SystemExit: It took too long.
    """
    deadline = time.monotonic() + WAIT_S
    while not ask():
        if time.monotonic() > deadline:
            sys.exit(f"txlink: waited {WAIT_S:.0f} s in vain for {what}")
        time.sleep(POLL_S)


def say(text: str) -> None:
    """Begin a step of what a command does."""
    print(f"\n── {text}", flush=True)
