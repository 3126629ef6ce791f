import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from shared.health_probe import is_healthy, is_young, main


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


@pytest.fixture
def heartbeat(tmp_path: Path) -> Path:
    path = tmp_path / "heartbeat"
    path.touch()
    return path


def _age(path: Path, age_s: float) -> None:
    moment_s = time.time() - age_s
    os.utime(path, (moment_s, moment_s))


@pytest.mark.parametrize(
    ("age_s", "young"),
    [
        pytest.param(0, True, id="just now"),
        pytest.param(50, True, id="within its time"),
        pytest.param(70, False, id="too old"),
        pytest.param(-50, True, id="before the clock was set back"),
        pytest.param(-70, False, id="far in the future"),
    ],
)
def test_a_heartbeat_counts_for_its_time_only(
    heartbeat: Path, age_s: float, *, young: bool
) -> None:
    _age(heartbeat, age_s)

    assert is_young(heartbeat, max_age_s=60) is young


def test_a_process_that_has_not_beaten_yet_is_not_healthy(tmp_path: Path) -> None:
    assert not is_young(tmp_path / "heartbeat", max_age_s=60)


@pytest.mark.parametrize(("age_s", "status"), [(0, 0), (70, 1)])
def test_the_command_ends_with_what_a_health_check_wants(
    heartbeat: Path, age_s: float, status: int
) -> None:
    _age(heartbeat, age_s)

    assert main(["--heartbeat", str(heartbeat), "--max-age-s", "60"]) == status


def test_the_command_still_asks_a_url() -> None:
    with _service(200) as url:
        assert main([url]) == 0
    assert main([url]) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="nothing to look at"),
        pytest.param(["--heartbeat", "h"], id="no age"),
        pytest.param(["http://127.0.0.1/healthz", "--max-age-s", "9"], id="an age for a URL"),
        pytest.param(["http://127.0.0.1/", "--heartbeat", "h", "--max-age-s", "9"], id="both"),
        pytest.param(["--heartbeat", "h", "--max-age-s", "soon"], id="no number"),
    ],
)
def test_wrong_arguments_end_with_status_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
