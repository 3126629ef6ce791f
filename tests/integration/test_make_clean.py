"""`make clean` removes what it says, wherever root's Postgres keeps it."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared import embedded_postgres
from tests.support.database import REPOSITORY

MAKE = shutil.which("make") or "make"


@pytest.fixture
def copy(open_folder: Path) -> Iterator[Path]:
    """Yield a copy of what `make clean` needs, where only its owner may go."""
    copy = open_folder / "checkout"
    copy.mkdir(mode=0o700)
    shutil.copy(REPOSITORY / "Makefile", copy)
    shutil.copytree(REPOSITORY / "shared", copy / "shared")
    (copy / ".data").mkdir()
    yield copy
    embedded_postgres.remove(copy / ".data" / "postgres")


def clean(copy: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [MAKE, "clean", f"PYTHON={sys.executable}"],
        cwd=copy,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("left_running", [False, True])
def test_clean_leaves_no_data_behind(copy: Path, *, left_running: bool) -> None:
    (copy / ".venv").mkdir()
    server = embedded_postgres.start(copy / ".data" / "postgres", durable=False)
    if not left_running:
        embedded_postgres.stop(copy / ".data" / "postgres")

    done = clean(copy)

    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in copy.iterdir()) == ["Makefile", "shared"]
    assert not server.data_dir.exists()
    assert not server.is_listening()


def test_clean_touches_nothing_while_the_database_is_in_use(copy: Path) -> None:
    with embedded_postgres.running(copy / ".data" / "postgres", durable=False) as server:
        done = clean(copy)

        assert done.returncode != 0
        assert "is in use: stop what uses it first" in done.stderr
        assert server.is_listening()
    clean(copy)


def test_clean_of_a_fresh_checkout_does_nothing(copy: Path) -> None:
    (copy / ".data").rmdir()

    assert clean(copy).returncode == 0
