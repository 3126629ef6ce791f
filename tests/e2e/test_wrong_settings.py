"""What an operator sees of a process whose environment is not right."""

import subprocess
import sys

import pytest

from tests.support.database import REPOSITORY
from tests.support.sealing import SEALING

# Nothing listens there: a process that went on to Postgres would not end with status 2.
URL = "postgresql://someone:hidden@127.0.0.1:1/txlink"
PROCESSES = ("api", "redirector", "redirector.recorder", "worker")
COMMANDS = ("cli run", "cli demo", "cli migrate", "cli account-create x", "cli sandbox")


def refused(command: str, **environ: str) -> list[str]:
    """Run a module in an environment of its own, and return what it said in refusing it."""
    done = subprocess.run(
        [sys.executable, "-m", *f"services.{command}".split()],
        cwd=REPOSITORY,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    head, *complaints = done.stderr.splitlines()
    assert head.startswith("txlink: the environment is not right")
    return complaints


@pytest.mark.parametrize("command", [*PROCESSES, *COMMANDS])
def test_unknown_variable_ends_the_process_with_a_suggestion(command: str) -> None:
    complaints = refused(command, **SEALING, DATABASE_URL=URL, TXLINK_API_PROT="8000")

    assert complaints == ["  TXLINK_API_PROT is no setting; did you mean TXLINK_API_PORT?"]


@pytest.mark.parametrize("command", [*PROCESSES, "cli migrate"])
def test_missing_database_ends_the_process(command: str) -> None:
    assert refused(command, **SEALING) == [
        "  DATABASE_URL is not set; it should be postgresql://user:password@host:port/name"
    ]


@pytest.mark.parametrize("command", ["api", "redirector", "worker", "cli run"])
def test_missing_secret_keys_end_the_process(command: str) -> None:
    [complaint] = refused(command, DATABASE_URL=URL)

    assert complaint.startswith("  TXLINK_SECRET_KEYS is not set; it should be keys of 32 octets")


@pytest.mark.parametrize("command", ["api", "cli migrate"])
def test_refused_secret_keys_are_not_shown(command: str) -> None:
    [complaint] = refused(command, DATABASE_URL=URL, TXLINK_SECRET_KEYS="hidden")  # noqa: S106

    assert complaint.startswith("  TXLINK_SECRET_KEYS is refused; it should be keys of 32 octets")
    assert "hidden" not in complaint


@pytest.mark.parametrize("command", ["api", "cli migrate"])
def test_refused_database_url_is_not_shown(command: str) -> None:
    [complaint] = refused(
        command, **SEALING, DATABASE_URL="mysql://someone:hidden@127.0.0.1:1/txlink"
    )

    assert complaint.startswith("  DATABASE_URL is refused; it should start with postgresql://")
    assert "hidden" not in complaint


@pytest.mark.parametrize(
    ("command", "name", "value"),
    [
        pytest.param("api", "TXLINK_API_PORT", "http", id="api"),
        pytest.param("redirector", "TXLINK_REDIRECTOR_WORKERS", "0", id="redirector"),
        pytest.param("worker", "TXLINK_WORKER_DRAIN_TIMEOUT_S", "-1", id="worker"),
        pytest.param("cli run", "TXLINK_WORKER_CONCURRENCY", "1", id="run-for-its-worker"),
    ],
)
def test_wrong_value_ends_the_process(command: str, name: str, value: str) -> None:
    [complaint] = refused(command, **SEALING, **{"DATABASE_URL": URL, name: value})

    assert complaint.startswith(f"  {name} is '{value}'; it should be")


def test_factory_of_the_api_refuses_as_its_process_does() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "uvicorn", "--factory", "services.api.main:app_from_env"],
        cwd=REPOSITORY,
        env={"TXLINK_API_PROT": "8000"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2
    assert "TXLINK_API_PROT is no setting" in done.stderr
    assert "Traceback" not in done.stderr
