"""A private Postgres is started once, kept between runs, found while it runs, and stopped."""

import socket
from pathlib import Path

import asyncpg
import pytest

from services.cli.addresses import free_ports
from tests.support.postgres_operators import BY_ROOT_AND_OTHERS, Operator, finish, query, started

FIND = "server = find(data_dir); print(server.url() if server else None)"


@BY_ROOT_AND_OTHERS
def test_fresh_folder_gets_a_server_that_answers_over_tcp_and_socket(operator: Operator) -> None:
    server = operator.start()

    assert server.started
    assert query(server.url, "SHOW server_version").startswith("18.")
    assert query(server.socket_url, "SELECT 'here'") == "here"
    assert query(server.url, "SHOW server_encoding") == "UTF8"
    assert query(server.url, "SHOW timezone") == "UTC"
    assert query(server.url, "SHOW fsync") == "off"


def test_running_server_is_reused_even_when_another_port_is_asked_for(operator: Operator) -> None:
    first = operator.start()
    (other_port,) = free_ports(1)

    again = operator.start(port=other_port)

    assert not again.started
    assert (again.port, again.url) == (first.port, first.url)


@BY_ROOT_AND_OTHERS
def test_data_and_password_are_kept_between_runs(operator: Operator) -> None:
    first = operator.start()
    query(first.url, "CREATE TABLE kept (number integer)")
    operator.stop()

    again = operator.start(port=first.port)

    assert again == first
    assert query(again.url, "SELECT count(*) FROM kept") == "0"


@BY_ROOT_AND_OTHERS
def test_starters_at_the_same_time_get_one_server(operator: Operator) -> None:
    processes = [operator.starting() for _ in range(4)]

    servers = [started(process) for process in processes]

    assert len({server.url for server in servers}) == 1
    assert sorted(server.started for server in servers) == [False, False, False, True]


def test_stopping_what_does_not_run_does_nothing(operator: Operator) -> None:
    operator.stop()
    operator.start()
    operator.stop()
    operator.stop()

    assert not operator.pid_file.exists()


def test_given_port_is_used_and_a_taken_one_refused(operator: Operator) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = operator.starting(port=taken.getsockname()[1])
        _, errors = refused.communicate(timeout=60)
    (port,) = free_ports(1)

    server = operator.start(port=port)

    assert refused.returncode != 0
    assert "is taken; choose another" in errors
    assert server.port == port


def test_tcp_wants_the_password_that_only_the_owner_can_read(operator: Operator) -> None:
    server = operator.start()
    password_file = operator.data_dir / "password"

    with pytest.raises(asyncpg.InvalidPasswordError):
        query(server.url.replace(password_file.read_text(), "guessed"), "SELECT 1")

    assert password_file.stat().st_mode & 0o777 == 0o600
    assert operator.data_dir.stat().st_mode & 0o777 == 0o700


def test_folder_too_deep_for_a_socket_gets_a_short_one_that_goes_with_the_server(
    operator: Operator,
) -> None:
    deep = Operator(operator.uid, operator.gid, operator.folder / ("d" * 120))

    server = deep.start()
    answer = query(server.socket_url, "SELECT 1")
    deep.stop()

    assert answer == "1"
    assert len(server.socket_dir) < 88
    assert not Path(server.socket_dir).exists()


@BY_ROOT_AND_OTHERS
def test_only_a_running_server_is_found(operator: Operator) -> None:
    before = finish(operator.process(FIND))
    assert not operator.data_dir.exists()
    server = operator.start()
    while_running = finish(operator.process(FIND))
    operator.stop()

    assert before == "None\n"
    assert while_running == f"{server.url}\n"
    assert finish(operator.process(FIND)) == "None\n"
