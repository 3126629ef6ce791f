"""What a command tells while it works, and its patience."""

import os
import select
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

WAIT_S = 60.0
POLL_S = 0.2
# What a shell says of a program that SIGPIPE ended.
UNREAD = 141


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


@contextmanager
def ended_by_its_reader() -> Iterator[None]:
    """End quietly once nobody reads what is printed, as in ``txlink sandbox | head``.

    Raises:
        SystemExit: Nobody does any more.
        BrokenPipeError: Of anything else than what is printed.
    """
    try:
        try:
            yield
        finally:
            # Else it would be written, and fail, where nothing can be done about it.
            sys.stdout.flush()
    except BrokenPipeError:
        if not _is_unread():
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(UNREAD)


def _is_unread() -> bool:
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    return any(events & (select.POLLERR | select.POLLHUP) for _, events in poll.poll(0))
