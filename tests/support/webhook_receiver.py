"""Somebody's receiver of webhooks: a real HTTP server, of which we know nothing but its URL."""

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import standardwebhooks
from typing_extensions import override


@dataclass
class Receiver:
    """What came in, and how it is answered.

    Attributes:
        statuses: Answers of the first requests; each further one gets 200.
        delay_s: For how long each answer is kept back.
    """

    url: str = ""
    port: int = 0
    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    body: bytes = b"thanks"
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    arrived_s: list[float] = field(default_factory=list)

    def verified(self, secret: str) -> list[Any]:
        """Return all bodies, having proved by another's code who signed them."""
        return [
            standardwebhooks.Webhook(secret).verify(body, headers)
            for headers, body in self.requests
        ]

    def events(self, secret: str) -> list[dict[str, Any]]:
        """Return all events that came, in the order in which they did."""
        return [event for body in self.verified(secret) for event in body["data"]["events"]]


@contextmanager
def receiver(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Run a receiver on a free port of this host for as long as the context lasts."""
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            found.arrived_s.append(time.monotonic())
            found.requests.append(({k.lower(): v for k, v in self.headers.items()}, body))
            status = found.statuses.pop(0) if found.statuses else 200
            time.sleep(found.delay_s)
            self.send_response(status)
            for name, value in found.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(found.body)))
            self.end_headers()
            self.wfile.write(found.body)

        def do_GET(self) -> None:
            asked = {name.lower(): value for name, value in self.headers.items()}
            found.requests.append((asked, b""))
            time.sleep(found.delay_s)
            etag = found.headers.get("etag")
            is_known = etag is not None and asked.get("if-none-match") == etag
            status = found.statuses.pop(0) if found.statuses else 304 if is_known else 200
            body = found.body if status == 200 else b""
            self.send_response(status)
            for name, value in found.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        @override
        def handle_error(self, request: object, client_address: object) -> None:
            pass  # The caller hung up.

    with Server(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        found.port = server.server_address[1]
        found.url = f"{'https' if tls else 'http'}://127.0.0.1:{found.port}/hook"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()
