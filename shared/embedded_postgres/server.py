"""Start, share and stop the server of a data folder."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from shared.embedded_postgres.cluster import Address, Cluster
from shared.embedded_postgres.errors import EmbeddedPostgresError
from shared.embedded_postgres.locking import locked
from shared.embedded_postgres.placement import place

_READY_WAIT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Tell how to reach a running server.

    Attributes:
        port: TCP port on 127.0.0.1.
        socket_dir: Folder of the Unix socket, for ``psql -h``.
        data_dir: Where the data is, symbolic links resolved.
        password: The superuser's, for TCP.
        started: Whether this call started it, rather than found it running.
    """

    port: int
    socket_dir: Path
    data_dir: Path
    password: str = field(repr=False)
    started: bool

    def url(self, database: str = "postgres") -> str:
        """Return the superuser's URL for a database, password included."""
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{database}"

    def is_listening(self) -> bool:
        """Tell whether it still runs."""
        return Address(self.port, self.socket_dir).is_listened_at()


@contextmanager
def running(data_dir: Path, *, port: int | None = None, durable: bool = True) -> Iterator[Server]:
    """Share a running server; the last of the processes that share it stops it.

    A process that dies without leaving, even by ``kill -9``, no longer counts.

    Args:
        data_dir: As for ``start``.
        port: As for ``start``.
        durable: As for ``start``.

    Yields:
        The server, for as long as the context lasts.
    """
    data_dir = _absolute(data_dir)
    with locked(data_dir.with_name(f"{data_dir.name}.users"), fcntl.LOCK_SH) as users:
        try:
            yield start(data_dir, port=port, durable=durable)
        finally:
            with suppress(BlockingIOError):
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                stop(data_dir)


def start(data_dir: Path, *, port: int | None = None, durable: bool = True) -> Server:
    """Start the server of a data folder unless it runs already, and wait until it answers.

    Whoever gets ``started=True`` stops it; callers that may overlap use ``running`` instead.
    Calls at the same time, from any process, get one server. What a killed server or machine
    left behind is cleared away.

    Args:
        data_dir: Made when missing, kept between runs, of one operating system user.
        port: TCP port on 127.0.0.1; None takes a free one. A running server keeps its own.
        durable: False trades the data's safety in a crash for speed, for tests: killing the
            server loses its last commits. A running server keeps its own setting.

    Returns:
        The running server.

    Raises:
        EmbeddedPostgresError: No binaries, no access, a taken port, or no start in a minute.
    """
    data_dir = _absolute(data_dir)
    with _only_one(data_dir):
        cluster = Cluster(*place(data_dir))
        started = _bring_up(cluster, port, durable=durable)
        server = _server(cluster, started=started)
        if server is None:
            raise EmbeddedPostgresError(f"The PostgreSQL of {data_dir} has just been stopped.")
        return server


def find(data_dir: Path) -> Server | None:
    """Return the server of a data folder if it runs and takes queries.

    Args:
        data_dir: As for ``start``; not made when missing.

    Raises:
        EmbeddedPostgresError: No access.
    """
    data_dir = data_dir.absolute()
    if not data_dir.exists():
        return None
    with _only_one(data_dir):
        cluster = Cluster(*place(data_dir))
        return _server(cluster, started=False) if cluster.is_ready() else None


def _server(cluster: Cluster, *, started: bool) -> Server | None:
    address = cluster.address()
    if address is None:
        return None
    return Server(
        port=address.port,
        socket_dir=address.socket_dir,
        data_dir=cluster.home,
        password=cluster.password(),
        started=started,
    )


def stop(data_dir: Path) -> None:
    """Stop the server of a data folder, if one runs: open connections are closed.

    Args:
        data_dir: As for ``start``; its data stays.

    Raises:
        EmbeddedPostgresError: No access, or it still runs after a minute.
    """
    data_dir = _absolute(data_dir)
    if not data_dir.exists():
        return
    with _only_one(data_dir):
        cluster = Cluster(*place(data_dir))
        if cluster.is_listening():
            cluster.shut_down()


def _bring_up(cluster: Cluster, port: int | None, *, durable: bool) -> bool:
    """Return once the server takes queries, and whether it had to be started for that.

    Raises:
        EmbeddedPostgresError: It could not be started, or does not answer.
    """
    started = False
    deadline = time.monotonic() + _READY_WAIT_S
    while not cluster.is_ready():
        if not cluster.is_listening():
            cluster.initialise(durable=durable)
            cluster.launch(port, durable=durable)
            started = True
        elif time.monotonic() > deadline:
            raise EmbeddedPostgresError(f"The PostgreSQL of {cluster.home} does not answer.")
        else:
            # It is starting or, on somebody's signal, shutting down.
            time.sleep(0.1)
    return started


def _absolute(data_dir: Path) -> Path:
    # Not resolved: the folder may be a link that is made anew, and its lock stands beside it.
    data_dir = data_dir.absolute()
    try:
        data_dir.parent.mkdir(parents=True, exist_ok=True)
    except PermissionError as error:
        raise EmbeddedPostgresError(f"No access to {error.filename}.") from error
    return data_dir


@contextmanager
def _only_one(data_dir: Path) -> Iterator[None]:
    with locked(data_dir.with_name(f"{data_dir.name}.lock"), fcntl.LOCK_EX):
        yield
