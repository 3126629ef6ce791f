"""Whose Postgres it is: the fixture of these tests."""

import os
import pwd
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.postgres_operators import IS_ROOT, WHEEL, Operator


def account(name: str) -> tuple[int, int]:
    if name == "myself":
        return os.geteuid(), os.getegid()
    if not IS_ROOT:
        pytest.skip("only root can become somebody else")
    if not all(folder.stat().st_mode & stat.S_IXOTH for folder in WHEEL.parents):
        pytest.skip("the wheel is installed where nobody else may go")
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


@pytest.fixture
def operator(request: pytest.FixtureRequest, open_folder: Path) -> Iterator[Operator]:
    uid, gid = account(getattr(request, "param", "myself"))
    os.chown(open_folder, uid, gid)
    operator = Operator(uid, gid, open_folder)
    yield operator
    operator.stop()
