"""The head of a request is bounded by the server itself, whatever stands before it."""

import json
import socket
from collections.abc import Iterator

import httpx
import pytest

from tests.support.api_process import api_process
from tests.support.database import DatabaseServer

pytestmark = pytest.mark.xdist_group("head-bounds")
FIELD = b"x-padding: " + b"a" * 1_000 + b"\r\n"


@pytest.fixture(scope="module")
def port(
    postgres_server: DatabaseServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[int]:
    log = tmp_path_factory.mktemp("api") / "log"
    with postgres_server.migrated_database() as url, api_process("python", url, log) as client:
        yield httpx.URL(client.base_url).port or 0


def answer_to(port: int, octets: bytes) -> tuple[int, dict[str, str]]:
    """Return the status of the answer, and its JSON; 0 where the connection ends without one."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        try:
            connection.sendall(octets)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        told = b""
        try:
            while piece := connection.recv(1 << 16):
                told += piece
        except OSError:
            pass
    head, _, body = told.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1] if head else 0), json.loads(body or b"{}")


HEADS = {
    "a long query": (b"GET /campaigns?q=" + b"a" * 65_536 + b" HTTP/1.1\r\n", 414, "uri_too_long"),
    "a long path": (b"GET /" + b"a" * 65_536 + b" HTTP/1.1\r\n", 414, "uri_too_long"),
    "a query that does not end": (b"GET /?q=" + b"a" * 99_000, 414, "uri_too_long"),
    "large fields": (b"GET / HTTP/1.1\r\n" + FIELD * 40, 431, "headers_too_large"),
    "many fields": (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 101, 431, "headers_too_large"),
    "a field that does not end": (
        b"GET / HTTP/1.1\r\na: " + b"b" * 900_000,
        431,
        "headers_too_large",
    ),
    "a name that does not end": (b"GET / HTTP/1.1\r\n" + b"b" * 900_000, 431, "headers_too_large"),
}


@pytest.mark.parametrize("name", HEADS)
def test_a_head_that_is_too_large_is_refused(port: int, name: str) -> None:
    octets, status, code = HEADS[name]

    told, values = answer_to(port, octets + b"\r\n")

    assert (told, values.get("code")) == (status, code)


def test_a_head_within_the_bounds_is_taken(port: int) -> None:
    lines = b"GET /whoami?q=" + b"a" * 60_000 + b" HTTP/1.1\r\nhost: a\r\nconnection: close\r\n"

    assert answer_to(port, lines + FIELD * 30 + b"\r\n")[0] == 200


def test_the_server_goes_on_after_all_these(port: int) -> None:
    assert httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
