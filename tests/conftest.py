"""Fixtures for tests that need a real Postgres."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.database import DatabaseServer, database_server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[DatabaseServer]:
    with database_server() as server:
        yield server


@pytest.fixture
def database_url(postgres_server: DatabaseServer) -> Iterator[str]:
    """Yield a plain ``postgresql://`` URL of a fresh database with all migrations applied."""
    with postgres_server.migrated_database() as url:
        yield url


@pytest.fixture
def empty_database_url(postgres_server: DatabaseServer) -> Iterator[str]:
    """Yield a plain ``postgresql://`` URL of a fresh database without tables."""
    with postgres_server.empty_database() as url:
        yield url


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Yield a folder that every account may enter, as pytest's ``tmp_path`` is not.

    An embedded Postgres of root's runs as ``nobody``; in ``tmp_path`` its data would be moved out
    to a folder that no test run removes.
    """
    with tempfile.TemporaryDirectory(prefix="txlink-test-") as name:
        folder = Path(name).resolve()
        folder.chmod(0o755)
        yield folder
