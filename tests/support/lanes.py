"""Two redirectors on one database, the one with the fast lane and the other without."""

import asyncio
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
import uvloop
from pydantic import SecretStr
from starlette.types import Receive, Scope, Send

from services.redirector.context import Redirector
from services.redirector.journal.files import list_journals
from services.redirector.journal.records import Hit, scan
from services.redirector.main import SERVER_OPTIONS, create_app
from services.redirector.routes import ShortLinks
from services.redirector.settings import RedirectorSettings
from shared.schema.grants import Service
from tests.support.roles import url_as
from tests.support.sealing import SECRET_KEYS

DATE = re.compile(rb"\r\ndate: [^\r]*")
QUIET_S = 1.0


class CountedApp:
    """The application, and how many requests reached it."""

    def __init__(self, app: ShortLinks) -> None:
        self._app = app
        self.request_count = 0

    @property
    def redirector(self) -> Redirector:
        """What the fast lane answers from."""
        return self._app.redirector

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count a request and pass it on."""
        self.request_count += scope["type"] == "http"
        await self._app(scope, receive, send)


@dataclass(frozen=True, slots=True)
class Lane:
    """A running redirector."""

    port: int
    app: CountedApp
    server: uvicorn.Server
    journal_folder: Path

    def exchange(self, *pieces: bytes) -> bytes:
        """Send a connection's octets piece by piece; return all that comes back, undated."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=QUIET_S) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                for piece in pieces:
                    connection.sendall(piece)
                    # So that the pieces are read one by one.
                    time.sleep(0.002)
            except (BrokenPipeError, ConnectionResetError):
                pass  # It was refused before it was whole.
            return DATE.sub(b"", _read_all(connection))

    def hits(self) -> list[Hit]:
        """Return what was journaled, as of one moment."""
        return [
            hit._replace(occurred_ns=0)
            for path in list_journals(self.journal_folder)
            for _, hit in scan(path.read_bytes(), limit=1_000_000).hits
        ]


def _read_all(connection: socket.socket) -> bytes:
    received = b""
    try:
        while more := connection.recv(65_536):
            received += more
    except (TimeoutError, ConnectionResetError):
        pass
    return received


def _serve(server: uvicorn.Server) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(server.serve())


@contextmanager
def running_lane(
    database_url: str,
    data_dir: Path,
    http: type[asyncio.Protocol],
    **options: float,
) -> Iterator[Lane]:
    """Run a redirector in a thread, with this protocol and these options of uvicorn's."""
    settings = RedirectorSettings(
        database_url=SecretStr(url_as(Service.REDIRECTOR, database_url)),
        secret_keys=SECRET_KEYS,
        data_dir=data_dir,
        # Both lanes are asked for many that do not exist, and not always for as many.
        unknown_links_per_minute=1_000_000,
    )
    app = CountedApp(create_app(settings))
    chosen = {**SERVER_OPTIONS, "loop": "none", "log_level": "critical", "http": http, **options}
    server = uvicorn.Server(uvicorn.Config(app, port=0, **chosen))
    thread = threading.Thread(target=_serve, args=(server,))
    thread.start()
    while not server.started:
        assert thread.is_alive()
        thread.join(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Lane(port, app, server, settings.journal_folder)
    finally:
        server.should_exit = True
        thread.join()
