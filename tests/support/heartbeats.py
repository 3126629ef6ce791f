"""Heartbeat files, made old to see whether they get young again."""

import os
from pathlib import Path

from shared.health_probe import is_young

MAX_AGE_S = 60.0
LONG_AGO_S = 1_000_000.0


def grow_old(path: Path) -> None:
    """Make a heartbeat file old, whether or not it is there yet."""
    path.touch()
    os.utime(path, (LONG_AGO_S, LONG_AGO_S))


async def is_beating(path: Path) -> bool:
    """Tell whether the file has got young again; for ``until``."""
    return is_young(path, max_age_s=MAX_AGE_S)
