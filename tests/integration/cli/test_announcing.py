"""How `txlink demo` finds a `txlink run`, whatever that one is just doing."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from typing_extensions import override

from services.cli.addresses import Addresses, free_ports
from services.cli.announcing import announced, running_addresses
from services.cli.demo_stack import running_stack

# Long enough that a demo that does not wait is caught.
START_S = 0.6


class Healthy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    @override
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def ports() -> tuple[int, int]:
    api_port, redirector_port = free_ports(2)
    return api_port, redirector_port


@contextmanager
def answering_late(ports: tuple[int, int]) -> Iterator[None]:
    """Answer on both ports, but only after a while, as processes that start do."""
    servers: list[HTTPServer] = []
    running: list[threading.Thread] = []

    def start() -> None:
        time.sleep(START_S)
        for port in ports:
            servers.append(HTTPServer(("127.0.0.1", port), Healthy))
            running.append(threading.Thread(target=servers[-1].serve_forever, args=(0.01,)))
            running[-1].start()

    starting = threading.Thread(target=start)
    starting.start()
    try:
        yield
    finally:
        starting.join()
        for server, thread in zip(servers, running, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()


def at(ports: tuple[int, int]) -> Addresses:
    return Addresses.at_ports(api_port=ports[0], redirector_port=ports[1])


def test_a_run_is_found_for_as_long_as_it_lasts(tmp_path: Path, ports: tuple[int, int]) -> None:
    assert running_addresses(tmp_path) is None

    with announced(tmp_path, at(ports)):
        assert running_addresses(tmp_path) == at(ports)

    assert running_addresses(tmp_path) is None


def test_a_second_run_is_refused_and_does_not_hide_the_first(
    tmp_path: Path, ports: tuple[int, int]
) -> None:
    with announced(tmp_path, at(ports)):
        with (
            pytest.raises(SystemExit, match=r"already running with .* at http://127.0.0.1:"),
            announced(tmp_path, at((1, 2))),
        ):
            pytest.fail("two runs hold one folder")

        assert running_addresses(tmp_path) == at(ports)


def test_commands_that_look_never_stand_in_the_way_of_a_run(
    tmp_path: Path, ports: tuple[int, int]
) -> None:
    ended = threading.Event()

    def look() -> None:
        while not ended.is_set():
            running_addresses(tmp_path)

    lookers = [threading.Thread(target=look) for _ in range(4)]
    for looker in lookers:
        looker.start()
    try:
        for _ in range(200):
            with announced(tmp_path, at(ports)):
                assert running_addresses(tmp_path) == at(ports)
    finally:
        ended.set()
        for looker in lookers:
            looker.join()


def test_demo_waits_for_a_run_that_is_starting(
    tmp_path: Path, ports: tuple[int, int], capsys: pytest.CaptureFixture[str]
) -> None:
    with announced(tmp_path, at(ports)), answering_late(ports):
        assert running_stack(tmp_path) == at(ports)

    assert "Waiting for the txlink that is starting" in capsys.readouterr().out


def test_demo_does_without_a_run_that_ends_before_it_answers(
    tmp_path: Path, ports: tuple[int, int]
) -> None:
    holding, ending = threading.Event(), threading.Event()

    def hold() -> None:
        with announced(tmp_path, at(ports)):
            holding.set()
            ending.wait(30)

    run = threading.Thread(target=hold)
    run.start()
    holding.wait(30)
    threading.Timer(START_S, ending.set).start()

    assert running_stack(tmp_path) is None
    run.join()
