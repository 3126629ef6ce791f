"""Become another program that gets a SIGTERM when the process that started it dies.

    python -I -S orphan_guard.py PARENT_PID PROGRAM [ARGUMENT ...]

It works on Linux; elsewhere the program is run without the guard. It is a program between fork
and exec because Python's ``preexec_fn`` may deadlock in a parent with threads. Not SIGKILL, which
would in turn orphan the program's own children, a server's workers for instance.
"""

import ctypes
import os
import signal
import sys

# <linux/prctl.h>; it is kept across exec, except into a set-user-ID program.
PR_SET_PDEATHSIG = 1
NOT_FOUND = 127


def become(parent_pid: int, argv: list[str]) -> None:
    """Replace this process by a program that does not outlive its parent.

    Args:
        parent_pid: The process that started this one.
        argv: The program, searched in PATH, and its arguments.

    Raises:
        SystemExit: The parent is dead already, or there is no such program.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    # Its death before the line above sends no signal.
    if os.getppid() != parent_pid:
        sys.exit(0)
    try:
        os.execvp(argv[0], argv)  # noqa: S606 - the caller's own program, no shell wanted
    except OSError as error:
        sys.stderr.write(f"can't run {argv[0]}: {error.strerror}\n")
        sys.exit(NOT_FOUND)


if __name__ == "__main__":
    become(int(sys.argv[1]), sys.argv[2:])
