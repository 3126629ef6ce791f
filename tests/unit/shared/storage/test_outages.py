"""What counts as Postgres being away."""

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from shared.storage.engine import is_outage


def wrapped(cause: Exception, *, invalidated: bool = False) -> DBAPIError:
    """Wrap an asyncpg error as SQLAlchemy does, which puts its own driver error between."""
    driver_error = Exception("driver")
    driver_error.__cause__ = cause
    return DBAPIError("SELECT 1", None, driver_error, connection_invalidated=invalidated)


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(ConnectionRefusedError(), id="refused"),
        pytest.param(ConnectionResetError(), id="reset"),
        pytest.param(TimeoutError(), id="no-answer"),
        pytest.param(PoolTimeoutError(), id="pool-exhausted"),
        pytest.param(asyncpg.InterfaceError("connection is closed"), id="closed"),
        pytest.param(asyncpg.CannotConnectNowError("starting up"), id="starting-up"),
        pytest.param(asyncpg.AdminShutdownError("terminating"), id="shut-down"),
        pytest.param(asyncpg.TooManyConnectionsError("too many"), id="no-connection-left"),
        pytest.param(asyncpg.ReadOnlySQLTransactionError("read-only"), id="former-primary"),
        pytest.param(wrapped(asyncpg.ReadOnlySQLTransactionError("read-only")), id="wrapped"),
        pytest.param(wrapped(ValueError(), invalidated=True), id="connection-invalidated"),
        pytest.param(ExceptionGroup("two", [OSError(), TimeoutError()]), id="all-of-a-group"),
    ],
)
def test_outage_is_told(error: Exception) -> None:
    assert is_outage(error)


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(ValueError(), id="fault-of-ours"),
        pytest.param(asyncpg.UniqueViolationError("taken"), id="constraint"),
        pytest.param(asyncpg.InvalidPasswordError("no"), id="wrong-password"),
        pytest.param(wrapped(asyncpg.UniqueViolationError("taken")), id="wrapped-constraint"),
        pytest.param(ExceptionGroup("two", [OSError(), ValueError()]), id="some-of-a-group"),
    ],
)
def test_other_faults_are_no_outage(error: Exception) -> None:
    assert not is_outage(error)
