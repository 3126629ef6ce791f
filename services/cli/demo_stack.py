"""The stack that the demo plays on: one that runs, or one of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from services.cli.addresses import Addresses, free_ports
from services.cli.announcing import running_addresses
from services.cli.telling import say, wait_until
from services.supervisor import orphan_guard

# The sum of what its processes may take to stop, one after the other, and Postgres.
STOP_WAIT_S = 150.0
PROBE_S = 2.0


def running_stack(data_dir: Path) -> Addresses | None:
    """Return where a `txlink run` of this folder answers; None if none runs, or none any more.

    Raises:
        SystemExit: One runs, and does not answer in time.
    """
    found = running_addresses(data_dir)
    if found is not None and not _answers(found):
        say(f"Waiting for the txlink that is starting at {found.api}")

    def is_decided() -> bool:
        nonlocal found
        found = running_addresses(data_dir)
        return found is None or _answers(found)

    wait_until("the txlink that runs with this folder to answer", is_decided)
    return found


@contextmanager
def own_stack(data_dir: Path) -> Iterator[Addresses]:
    """Run `txlink run` as a child on free ports; its log goes to a file.

    Yields:
        Where it listens, once it answers.
    """
    log = data_dir / "demo.log"
    api_port, redirector_port = free_ports(2)
    say(f"Starting Postgres, API, redirector, recorder and worker (log: {log})")
    # Guarded, it ends with this process however that ends.
    argv = [sys.executable, "-I", "-S", orphan_guard.__file__, str(os.getpid())]
    argv += [sys.executable, "-m", "services.cli", "run", "--data-dir", str(data_dir)]
    argv += ["--api-port", str(api_port), "--redirector-port", str(redirector_port)]
    # The log shows the demo key, as `txlink run` does on a terminal: its owner alone may read it.
    log.unlink(missing_ok=True)
    log.touch(mode=0o600)
    with log.open("wb") as output:
        # In a session of its own, it is told of a Ctrl-C once, by us.
        child = subprocess.Popen(
            argv,
            env=_without_database(),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    addresses = Addresses.at_ports(api_port=api_port, redirector_port=redirector_port)

    def is_up() -> bool:
        if child.poll() is not None:
            sys.exit(f"txlink: it could not be started; the end of {log}:\n{_last_line(log)}")
        return _answers(addresses)

    try:
        wait_until(f"{addresses.api} and {addresses.redirector} to answer; see {log}", is_up)
        yield addresses
    finally:
        child.terminate()
        child.wait(STOP_WAIT_S)


def _without_database() -> dict[str, str]:
    # A demo sends, and has an account made for it: not in a database of somebody's own.
    return {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}


def _last_line(log: Path) -> str:
    return (log.read_text(errors="replace").splitlines() or ["(empty)"])[-1]


def _answers(addresses: Addresses) -> bool:
    try:
        return all(
            httpx.get(f"{url}/healthz", timeout=PROBE_S, trust_env=False).is_success
            for url in (addresses.api, addresses.redirector)
        )
    except httpx.TransportError:
        return False
