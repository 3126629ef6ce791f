"""Run the programs of the host, each bounded in time, each failure with what it printed."""

import subprocess
from collections.abc import Mapping, Sequence


class CommandError(Exception):
    """A program failed, was too slow or is not there."""


def run(
    command: Sequence[str],
    *,
    timeout_s: float,
    environment: Mapping[str, str] | None = None,
    merged: bool = False,
) -> str:
    """Run a program to its end and return what it printed.

    Args:
        command: Looked up on PATH.
        timeout_s: Seconds after which it is killed.
        environment: Instead of this process's own.
        merged: Return what went to stderr as well.

    Raises:
        CommandError: It failed; the message ends with the last 60 lines of its output.
    """
    try:
        done = subprocess.run(
            command,
            check=False,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if merged else subprocess.PIPE,
            text=True,
            timeout=timeout_s,
        )
    except FileNotFoundError as error:
        raise CommandError(f"there is no {command[0]}") from error
    except subprocess.TimeoutExpired as error:
        raise CommandError(f"{' '.join(command)} took more than {timeout_s:g} s") from error
    if done.returncode:
        lines = (done.stdout + (done.stderr or "")).splitlines()[-60:]
        shown = "\n".join(lines)
        raise CommandError(f"{' '.join(command)} ended with {done.returncode}\n{shown}")
    return done.stdout


def succeeds(command: Sequence[str], *, timeout_s: float) -> bool:
    """Say whether a program is there and ends with 0."""
    try:
        run(command, timeout_s=timeout_s)
    except CommandError:
        return False
    return True
