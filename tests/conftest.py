"""Fixtures for tests that need a real Postgres."""

import gc
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.support.database import DatabaseServer, database_server
from tests.support.open_folders import open_temporary_folder

# Until all tests are there: hardly anything that an import makes is garbage.
gc.disable()

# A busy machine makes an example slow; a slow example is no fault of the product.
hypothesis.settings.register_profile("txlink", deadline=None)
# For `make fuzz`: as many examples of each as end within minutes.
hypothesis.settings.register_profile(
    "fuzz",
    deadline=None,
    max_examples=5_000,
    print_blob=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("txlink")

# Of tests that one worker runs: those of pages in a browser.
SLOWEST_GROUP = "console"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--outage-s", type=float, default=5.0, help="seconds that tests/chaos stops Postgres for"
    )


def pytest_collection_finish(session: pytest.Session) -> None:
    """Look no more for garbage among what was there before any test.

    Raises:
        pytest.UsageError: Tests of one group would be run by several workers.
    """
    gc.freeze()
    gc.enable()
    # As of xdist, which says so to its workers alone, and goes by the end of a test's name.
    if getattr(session.config.option, "loadgroup", False):
        for item in session.items:
            group = item.get_closest_marker("xdist_group")
            if group is not None and not item.nodeid.endswith(f"@{group.args[0]}"):
                message = f"xdist does not keep the group of {item.nodeid} together"
                raise pytest.UsageError(message)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes a worker the longest, which would else be the tail of them all."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    group = item.get_closest_marker("xdist_group")
    if group is None:
        return 2
    return 0 if group.args == (SLOWEST_GROUP,) else 1


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
    with open_temporary_folder() as folder:
        yield folder
