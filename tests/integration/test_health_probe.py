import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from shared.health_probe import is_healthy


@contextmanager
def _service(status: int) -> Iterator[str]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthz" else 404)
            self.end_headers()

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/healthz"
        finally:
            server.shutdown()


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False), (302, False)])
def test_only_a_service_that_answers_200_is_healthy(status: int, *, healthy: bool) -> None:
    with _service(status) as url:
        assert is_healthy(url) is healthy


def test_a_service_that_is_gone_is_not_healthy() -> None:
    with _service(200) as url:
        pass

    assert not is_healthy(url)


def test_the_service_is_asked_directly_whatever_proxy_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    with _service(200) as url:
        assert is_healthy(url)
