"""One data folder and the server that may run on it."""

import os
import pwd
import re
import secrets
import shlex
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from shared.embedded_postgres.errors import EmbeddedPostgresError
from shared.embedded_postgres.placement import run_as

_SHORT_FOLDER = Path("/tmp/txlink-pg-")  # noqa: S108 - made by mkdtemp; TMPDIR may be long
# sun_path holds 103 octets on macOS and 107 on Linux, "/.s.PGSQL.65535" included.
_PLAIN_SOCKET_FOLDER = re.compile(r"[\w./-]{1,88}", re.ASCII)
_PG_CTL_WAIT_S = 60
_RETRY_S = 10.0
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A handful of processes have a pool each; tests have those of several at a time.
    "max_connections": "300",
}
_VOLATILE_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens, by its own account in ``postmaster.pid``."""

    port: int
    socket_dir: Path

    def is_listened_at(self) -> bool:
        """Tell whether a server is there, be it still starting or already stopping."""
        # A pid proves nothing: it may be a zombie's, or another program's by now. Only the
        # postmaster of this folder can answer in a folder that nobody else can write to.
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(5)
            try:
                probe.connect(str(self.socket_dir / f".s.PGSQL.{self.port}"))
            except (FileNotFoundError, ConnectionRefusedError):
                return False
            except OSError:
                return True
        return True


@dataclass(frozen=True, slots=True)
class Cluster:
    """Start and stop one folder's server; the caller holds the folder's lock.

    Attributes:
        home: The data folder, symbolic links resolved.
        binaries: Folder of ``initdb``, ``pg_ctl`` and the others.
        account: Who they run as; None for the caller.
    """

    home: Path
    binaries: Path
    account: pwd.struct_passwd | None

    @property
    def _pgdata(self) -> Path:
        return self.home / "cluster"

    @property
    def _pid_file(self) -> Path:
        return self._pgdata / "postmaster.pid"

    def address(self) -> Address | None:
        """Return what the last server wrote down, dead or alive; None if it left cleanly."""
        try:
            lines = self._pid_file.read_text().splitlines()
            return Address(port=int(lines[3]), socket_dir=Path(lines[4]))
        except (FileNotFoundError, IndexError, ValueError):
            return None

    def password(self) -> str:
        """Return the superuser's password for TCP."""
        return (self.home / "password").read_text()

    def is_listening(self) -> bool:
        """Tell whether a server of this folder runs, be it still starting or already stopping."""
        address = self.address()
        return address is not None and address.is_listened_at()

    def initialise(self, *, durable: bool) -> None:
        """Make the cluster with a new password, unless the folder has one.

        Raises:
            EmbeddedPostgresError: ``initdb`` failed.
        """
        if self._pgdata.exists():
            return
        password_file = self.home / "password"
        self._write_privately(password_file, secrets.token_urlsafe(32))
        # Under another name until complete: an interrupted initdb is no cluster.
        unfinished = self.home / "cluster.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        self._run_or_raise(
            "initdb",
            *("--pgdata", unfinished, "--username", "postgres", "--pwfile", password_file),
            *("--auth-local", "trust", "--auth-host", "scram-sha-256"),
            *("--encoding", "UTF8", "--locale", "C", "--no-instructions"),
            *(() if durable else ("--no-sync",)),
        )
        unfinished.rename(self._pgdata)

    def launch(self, port: int | None, *, durable: bool) -> None:
        """Start the server that ``is_listening`` has said is not running.

        Raises:
            EmbeddedPostgresError: The port is taken, or PostgreSQL does not start.
        """
        if port is not None and not _is_free(port):
            raise EmbeddedPostgresError(f"Port {port} on 127.0.0.1 is taken; choose another.")
        self._clear_remains()
        log = self.home / "server.log"
        if log.exists():
            log.replace(self.home / "server.log.1")
        # Backends of a killed postmaster hold its memory for a moment after it, and a free
        # port may be lost again before the server binds it.
        deadline = time.monotonic() + _RETRY_S
        socket_dir = self._socket_folder()
        while not self._try_start(port or _free_port(), socket_dir, log, durable=durable):
            if time.monotonic() > deadline:
                _forget_socket_folder(socket_dir)
                raise EmbeddedPostgresError(
                    f"PostgreSQL does not start; the end of {log}:\n{_tail(log)}"
                )
            time.sleep(0.2)

    def _try_start(self, port: int, socket_dir: Path, log: Path, *, durable: bool) -> bool:
        settings = _SETTINGS | {"port": str(port), "unix_socket_directories": str(socket_dir)}
        if not durable:
            settings |= _VOLATILE_SETTINGS
        options = shlex.join(f"--{name}={value}" for name, value in settings.items())
        started = self._run(
            "pg_ctl",
            *("start", "--wait", "--silent", "--timeout", str(_PG_CTL_WAIT_S)),
            *("--pgdata", self._pgdata, "--log", log, "--options", options),
        )
        return started.returncode == 0

    def is_ready(self) -> bool:
        """Tell whether the server takes queries."""
        address = self.address()
        if address is None:
            return False
        where = ("--host", address.socket_dir, "--port", str(address.port), "--timeout", "3")
        return self._run("pg_isready", "--quiet", *where).returncode == 0

    def shut_down(self) -> None:
        """Stop the running server; open connections are closed.

        Raises:
            EmbeddedPostgresError: It still runs after a minute.
        """
        address = self.address()
        how = ("--mode", "fast", "--wait", "--silent", "--timeout", str(_PG_CTL_WAIT_S))
        self._run_or_raise("pg_ctl", "stop", *how, "--pgdata", self._pgdata)
        if address is not None:
            _forget_socket_folder(address.socket_dir)

    def _clear_remains(self) -> None:
        if address := self.address():
            _forget_socket_folder(address.socket_dir)
        for socket_file in self.home.glob(".s.PGSQL.*"):
            socket_file.unlink()
        try:
            lines = self._pid_file.read_text().splitlines(keepends=True)
        except FileNotFoundError:
            return
        if not lines:
            self._pid_file.unlink()
            return
        # The recorded pid may be a zombie's or a stranger's, and PostgreSQL would wait for it
        # for ever. Ours it takes for its starter's and ignores. The file stays, because its
        # last line names the shared memory by which PostgreSQL sees backends still alive.
        self._write_privately(self._pid_file, "".join([f"{os.getpid()}\n", *lines[1:]]))

    def _socket_folder(self) -> Path:
        if _PLAIN_SOCKET_FOLDER.fullmatch(str(self.home)):
            return self.home
        folder = Path(tempfile.mkdtemp(prefix=_SHORT_FOLDER.name, dir=_SHORT_FOLDER.parent))
        self._give(folder)
        return folder

    def _write_privately(self, path: Path, text: str) -> None:
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        self._give(path)

    def _give(self, path: Path) -> None:
        if self.account:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)

    def _run_or_raise(self, tool: str, *arguments: str | Path) -> None:
        done = self._run(tool, *arguments)
        if done.returncode != 0:
            raise EmbeddedPostgresError(f"{tool} failed on {self.home}:\n{done.stderr.strip()}")

    def _run(self, tool: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return run_as(self.account, self.binaries / tool, *arguments)


def _forget_socket_folder(folder: Path) -> None:
    # Its name comes from a file of another account, perhaps, and root may be removing it.
    if folder.parent == _SHORT_FOLDER.parent and folder.name.startswith(_SHORT_FOLDER.name):
        shutil.rmtree(folder, ignore_errors=True)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As PostgreSQL itself: a connection of the last run in TIME_WAIT is no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-10:]) if log.exists() else ""
