"""A private Postgres starts again after whatever ended it."""

import os
import pwd
import shutil
import subprocess

from tests.support.postgres_operators import BY_ROOT_AND_OTHERS, IS_ROOT, Operator, query

TRUE = shutil.which("true") or "true"


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


def owner(operator: Operator) -> tuple[int, int]:
    """Return who owns a data folder of the operator: root's servers run as nobody."""
    if operator.uid != 0:
        return operator.uid, operator.gid
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid
