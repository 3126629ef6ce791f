"""Fixtures for every test that needs a real Postgres."""

from collections.abc import Iterator

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
