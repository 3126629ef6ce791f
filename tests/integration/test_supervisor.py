"""The supervisor of ``make run``, with real processes."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path

import pytest

from services.supervisor import Pace, ProcessSpec, SupervisorError, supervise, supervised
from tests.support.database import REPOSITORY

QUICK = Pace(ready_s=10.0, grace_s=5.0, first_delay_s=0.05, longest_delay_s=0.1, healthy_s=60.0)
# Writes its pid and how it was stopped into a journal that the test reads.
LIVE = """
import os, pathlib, signal, sys, time
name, journal = sys.argv[1:]
def note(event):
    with open(journal, "a") as file:
        file.write(f"{event} {name} {os.getpid()}\\n")
def stop(number, frame):
    note("stopped")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
note("started")
print(f"{name} is here", flush=True)
while True:
    time.sleep(60)
"""
SERVE = """
import http.server, sys, time
time.sleep(0.3)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *arguments):
        pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(60)
"""
LEAD = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", *sys.argv[1:]])
time.sleep(60)
"""
# The supervisor in a process of its own, over two LIVE ones, as `make run` is.
SUPERVISE = """
import asyncio, json, sys
from services.supervisor import Pace, ProcessSpec, supervise
async def on_ready():
    print("all ready", flush=True)
specs = [ProcessSpec(**spec) for spec in json.loads(sys.argv[1])]
asyncio.run(supervise(specs, on_ready=on_ready, pace=Pace(grace_s=float(sys.argv[2]))))
"""


class Journal:
    def __init__(self, path: Path) -> None:
        self.path = path

    def spec(self, name: str) -> ProcessSpec:
        return python(name, LIVE, name, str(self.path))

    def events(self) -> list[str]:
        text = self.path.read_text() if self.path.exists() else ""
        return [line.rpartition(" ")[0] for line in text.splitlines()]

    def pids(self) -> list[int]:
        return [int(line.split()[-1]) for line in self.path.read_text().splitlines()]


def python(name: str, code: str, *arguments: str, ready_url: str | None = None) -> ProcessSpec:
    argv = (sys.executable, "-c", code, *arguments)
    return ProcessSpec(name=name, argv=argv, env={}, ready_url=ready_url)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal")


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - files and other processes have no events
            await asyncio.sleep(0.02)


def is_running(pid: int) -> bool:
    """Tell whether a process lives; a zombie, whose parent has yet to look, does not."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (ProcessLookupError, FileNotFoundError):
        return False


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


async def test_processes_are_stopped_in_reverse_order(journal: Journal) -> None:
    async with supervised([journal.spec("one"), journal.spec("two")], output=StringIO()):
        await until(lambda: len(journal.events()) == 2)

    assert journal.events()[2:] == ["stopped two", "stopped one"]


async def test_each_line_carries_the_name_of_its_process_in_one_width(journal: Journal) -> None:
    output = StringIO()
    shout = python("shout", "print('ä'); import sys; sys.stderr.write('no newline')")

    async with supervised([journal.spec("api"), shout], output=output, pace=QUICK):
        await until(lambda: "no newline" in output.getvalue())
        await until(lambda: "api is here" in output.getvalue())

    lines = output.getvalue().splitlines()
    assert "api        | api is here" in lines
    assert "shout      | ä" in lines
    assert "shout      | no newline" in lines
    assert "\x1b" not in output.getvalue()


async def test_names_are_coloured_on_a_terminal(journal: Journal) -> None:
    terminal = StringIO()
    terminal.isatty = lambda: True  # type: ignore[method-assign]

    async with supervised([journal.spec("api")], output=terminal):
        await until(lambda: "api is here" in terminal.getvalue())

    assert "\x1b[36mapi        |\x1b[0m api is here" in terminal.getvalue()


async def test_character_that_the_terminal_lacks_is_spelled_out() -> None:
    written = BytesIO()
    terminal = TextIOWrapper(written, encoding="ascii")

    async with supervised([python("api", "print('ä')")], output=terminal, pace=QUICK):
        await until(lambda: b"xe4" in written.getvalue())

    assert b"api        | \\xe4" in written.getvalue()


async def test_line_without_end_is_shown_in_pieces(tmp_path: Path) -> None:
    output, written = StringIO(), tmp_path / "written"
    endless = python(
        "endless",
        "import pathlib, time; print('x' * 200_000, end='', flush=True); "
        f"pathlib.Path({str(written)!r}).touch(); time.sleep(60)",
    )

    async with supervised([endless], output=output):
        await until(lambda: output.getvalue().count("x") > 60_000 and written.exists())

    assert output.getvalue().count("x") == 200_000


async def test_killed_process_is_started_again(journal: Journal) -> None:
    output = StringIO()

    async with supervised([journal.spec("worker")], output=output, pace=QUICK):
        await until(lambda: len(journal.events()) == 1)
        os.kill(journal.pids()[0], signal.SIGKILL)
        await until(lambda: len(journal.events()) == 2)

    assert journal.events() == ["started worker", "started worker", "stopped worker"]
    assert "worker was killed by SIGKILL; starting it again in 0.05 s" in output.getvalue()


async def test_process_that_keeps_dying_is_started_less_and_less_often() -> None:
    output = StringIO()
    pace = Pace(first_delay_s=0.01, longest_delay_s=0.04)

    async with supervised([python("bad", "exit(3)")], output=output, pace=pace):
        await until(lambda: output.getvalue().count("status 3") == 4)

    delays = [line.split()[-2] for line in output.getvalue().splitlines() if "status 3" in line]
    assert delays[:4] == ["0.01", "0.02", "0.04", "0.04"]


async def test_long_enough_life_makes_the_next_restart_quick_again() -> None:
    output = StringIO()
    pace = Pace(first_delay_s=0.01, longest_delay_s=0.04, healthy_s=0.0)

    async with supervised([python("bad", "exit(3)")], output=output, pace=pace):
        await until(lambda: output.getvalue().count("status 3") == 3)

    delays = [line.split()[-2] for line in output.getvalue().splitlines() if "status 3" in line]
    assert delays[:3] == ["0.01", "0.01", "0.01"]


async def test_missing_program_is_named_and_tried_again() -> None:
    output = StringIO()
    spec = ProcessSpec(name="bad", argv=("/nowhere/program",), env={})

    async with supervised([spec], output=output, pace=QUICK):
        await until(lambda: output.getvalue().count("status 127") == 2)

    assert (
        "bad        | can't run /nowhere/program: No such file or directory" in output.getvalue()
    )


async def test_process_that_the_system_refuses_is_tried_again() -> None:
    output = StringIO()
    spec = ProcessSpec(name="bad", argv=(sys.executable,), env={"TOO_LONG": "x" * 3_000_000})

    async with supervised([spec], output=output, pace=QUICK):
        await until(lambda: output.getvalue().count("Argument list too long") == 2)

    assert "bad could not be started" in output.getvalue()


@pytest.mark.skipif(sys.platform != "linux", reason="reads process states from /proc")
async def test_what_a_dead_process_leaves_of_its_group_is_killed(journal: Journal) -> None:
    leader = python("leader", LEAD, LIVE, "child", str(journal.path))

    async with supervised([leader], output=StringIO(), pace=QUICK):
        await until(lambda: len(journal.events()) == 1)
        child_pid = journal.pids()[0]
        os.kill(os.getpgid(child_pid), signal.SIGKILL)
        await until(lambda: not is_running(child_pid))
        await until(lambda: len(journal.events()) == 2)


async def test_context_is_entered_once_the_url_answers() -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/"

    async with supervised([python("web", SERVE, str(port), ready_url=url)], output=StringIO()):
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            pass


async def test_process_that_never_gets_ready_stops_the_others(journal: Journal) -> None:
    url = f"http://127.0.0.1:{free_port()}/"
    specs = [journal.spec("one"), python("mute", LIVE, "mute", str(journal.path), ready_url=url)]
    pace = Pace(ready_s=1.0)

    with pytest.raises(SupervisorError, match=f"mute did not answer 200 at {url} within 1 s"):
        async with supervised(specs, output=StringIO(), pace=pace):
            pass

    assert journal.events()[2:] == ["stopped mute", "stopped one"]


async def test_port_of_something_else_is_told_from_readiness() -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    web = python("web", SERVE, str(port), ready_url=url)

    async with supervised([web], output=StringIO()):
        with pytest.raises(SupervisorError, match="api can't be started: something else answers"):
            async with supervised(
                [python("api", SERVE, str(port), ready_url=url)], output=StringIO()
            ):
                pass


async def test_process_that_ignores_sigterm_is_killed_after_the_grace() -> None:
    output = StringIO()

    async with supervised([python("rock", STUBBORN)], output=output, pace=Pace(grace_s=0.3)):
        await until(lambda: "up" in output.getvalue())
        began = time.monotonic()

    assert "rock has not stopped; killing it" in output.getvalue()
    assert 0.3 <= time.monotonic() - began < 5


@pytest.mark.parametrize(("own_s", "shared_s"), [(0.3, 60.0), (0.3, 0.0)])
async def test_a_process_may_have_a_grace_of_its_own(own_s: float, shared_s: float) -> None:
    output = StringIO()
    rock = replace(python("rock", STUBBORN), grace_s=own_s)

    async with supervised([rock], output=output, pace=Pace(grace_s=shared_s)):
        await until(lambda: "up" in output.getvalue())
        began = time.monotonic()

    assert "rock has not stopped; killing it" in output.getvalue()
    assert 0.3 <= time.monotonic() - began < 5


async def test_failing_on_ready_stops_all(journal: Journal) -> None:
    async def fail() -> None:
        await until(lambda: len(journal.events()) == 1)
        raise LookupError

    with pytest.raises(LookupError):
        await supervise([journal.spec("one")], on_ready=fail, output=StringIO())

    assert journal.events() == ["started one", "stopped one"]


async def test_cancelled_supervisor_stops_all_and_stays_cancelled(journal: Journal) -> None:
    task = asyncio.create_task(supervise([journal.spec("one")], output=StringIO()))
    await until(lambda: len(journal.events()) == 1)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert journal.events() == ["started one", "stopped one"]


def run_supervisor(*specs: ProcessSpec, grace_s: float = 10.0) -> subprocess.Popen[str]:
    listed = [{"name": spec.name, "argv": spec.argv, "env": {}} for spec in specs]
    return subprocess.Popen(
        [sys.executable, "-c", SUPERVISE, json.dumps(listed), str(grace_s)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.fixture
def live_supervisor(journal: Journal) -> Iterator[subprocess.Popen[str]]:
    with run_supervisor(journal.spec("one"), journal.spec("two")) as process:
        try:
            asyncio.run(until(lambda: len(journal.events()) == 2))
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_stops_all_in_reverse_order_and_ends_well(
    live_supervisor: subprocess.Popen[str], journal: Journal, number: signal.Signals
) -> None:
    live_supervisor.send_signal(number)
    output, _ = live_supervisor.communicate(timeout=20)

    assert live_supervisor.returncode == 0
    assert "all ready" in output
    assert journal.events()[2:] == ["stopped two", "stopped one"]


def test_ctrl_c_of_the_terminal_reaches_the_supervisor_alone(
    live_supervisor: subprocess.Popen[str], journal: Journal
) -> None:
    os.killpg(live_supervisor.pid, signal.SIGINT)
    live_supervisor.communicate(timeout=20)

    assert live_supervisor.returncode == 0
    assert journal.events()[2:] == ["stopped two", "stopped one"]


def test_second_ctrl_c_ends_the_grace() -> None:
    with run_supervisor(python("rock", STUBBORN), grace_s=30) as process:
        assert process.stdout is not None
        await_line(process, "rock       | up")
        began = time.monotonic()

        process.send_signal(signal.SIGINT)
        await_line(process, "supervisor | stopping")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)

    assert time.monotonic() - began < 10


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of a parent's death")
def test_killed_supervisor_leaves_no_orphan(
    live_supervisor: subprocess.Popen[str], journal: Journal
) -> None:
    live_supervisor.kill()
    live_supervisor.wait(timeout=20)

    asyncio.run(until(lambda: not any(map(is_running, journal.pids()))))
    assert sorted(journal.events()[2:]) == ["stopped one", "stopped two"]


@pytest.mark.skipif(sys.platform != "linux", reason="reads process states from /proc")
def test_reader_of_the_output_that_goes_away_stops_all(
    live_supervisor: subprocess.Popen[str], journal: Journal
) -> None:
    assert live_supervisor.stdout is not None
    live_supervisor.stdout.close()

    os.kill(journal.pids()[0], signal.SIGKILL)

    asyncio.run(until(lambda: not any(map(is_running, journal.pids()))))
    live_supervisor.wait(timeout=20)


def await_line(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdout is not None
    assert f"{line}\n" in iter(process.stdout.readline, "")
