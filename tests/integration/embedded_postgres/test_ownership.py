"""Root's Postgres runs as somebody else, out of private folders, and touches no one's own."""

import os
import pwd
import shutil
from pathlib import Path

import pytest

from shared import embedded_postgres
from tests.support.postgres_operators import IS_ROOT, WHEEL, Operator, query


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
