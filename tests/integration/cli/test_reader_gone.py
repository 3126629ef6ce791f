"""Commands whose output nobody reads to its end."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from typing_extensions import override

from services.cli.addresses import HOST
from tests.support.database import REPOSITORY

UNREAD = 141
MESSAGE = (
    b'{"sender_id": "TXLINK", "mobile": "919876543210", "text": "Hello", "receipt": null, '
    b'"segments": 1, "encoding": "GSM-7"}'
)


class Sandbox(BaseHTTPRequestHandler):
    """The API with more messages than a pipe holds."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"messages": [' + b",".join([MESSAGE] * 2_000) + b"]}")

    @override
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def sandbox_url() -> Iterator[str]:
    with HTTPServer((HOST, 0), Sandbox) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        try:
            yield f"http://{HOST}:{server.server_port}"
        finally:
            server.shutdown()


def ended_unread(*arguments: str, **environ: str) -> tuple[int, str]:
    """Run a command whose reader has gone; return its status and what it said of that."""
    with subprocess.Popen(
        [sys.executable, "-m", "services.cli", *arguments],
        cwd=REPOSITORY,
        env={"TXLINK_API_KEY": "any"} | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
        return process.wait(60), said


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_command_ends_quietly_when_its_reader_goes_away(
    sandbox_url: str, tmp_path: Path, unbuffered: str
) -> None:
    arguments = ("sandbox", "--url", sandbox_url, "--data-dir", str(tmp_path))

    assert ended_unread(*arguments, PYTHONUNBUFFERED=unbuffered) == (UNREAD, "")


def test_help_that_nobody_reads_ends_quietly() -> None:
    assert ended_unread("--help") == (UNREAD, "")
