"""Those who share a private Postgres keep it up, and a watch tells them of its death."""

import subprocess
import sys

import pytest

from tests.support.database import REPOSITORY
from tests.support.postgres_operators import (
    BY_ROOT_AND_OTHERS,
    HOLD,
    Operator,
    query,
    wait_until_up,
)


@BY_ROOT_AND_OTHERS
def test_last_of_those_who_share_a_server_stops_it(operator: Operator) -> None:
    first, second = operator.process(HOLD), operator.process(HOLD)
    wait_until_up(first, second)
    url = operator.start().url

    first.communicate(timeout=60)
    answer = query(url, "SELECT 1")
    second.communicate(timeout=60)

    assert answer == "1"
    assert not operator.pid_file.exists()


def test_killed_sharer_does_not_keep_the_server_up(operator: Operator) -> None:
    killed, other = operator.process(HOLD), operator.process(HOLD)
    wait_until_up(killed, other)

    killed.kill()
    killed.communicate(timeout=60)
    other.communicate(timeout=60)

    assert not operator.pid_file.exists()


def watching(operator: Operator, port: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "shared.embedded_postgres", "watch"),
            *(str(operator.data_dir), str(port)),
        ],
        cwd=REPOSITORY,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_watch_ends_when_the_server_dies_and_the_next_one_starts_it_at_its_port(
    operator: Operator,
) -> None:
    server = operator.start(durable=True)
    query(server.url, "CREATE TABLE kept (number integer)")
    first = watching(operator, server.port)
    with pytest.raises(subprocess.TimeoutExpired):
        first.wait(2)

    operator.kill_postmaster()
    _, said = first.communicate(timeout=20)
    second = watching(operator, server.port)
    assert second.stderr is not None
    line = second.stderr.readline()
    answer = query(server.url, "SELECT count(*) FROM kept")
    second.terminate()
    second.communicate(timeout=20)

    assert (first.returncode, second.returncode) == (1, 0)
    assert "has died" in said
    assert line.endswith(f"it does now, at port {server.port}\n")
    assert answer == "0"


def test_the_end_of_a_watch_leaves_the_server_to_those_who_share_it(operator: Operator) -> None:
    sharer = operator.process(HOLD)
    wait_until_up(sharer)
    server = operator.start()
    watch = watching(operator, server.port)
    with pytest.raises(subprocess.TimeoutExpired):
        watch.wait(2)

    watch.terminate()
    _, said = watch.communicate(timeout=20)

    assert (watch.returncode, said) == (0, "")
    assert query(server.url, "SELECT 1") == "1"
    sharer.communicate(timeout=60)
