"""A data folder is removed with its server, and nothing else is."""

from pathlib import Path

import pytest

from shared import embedded_postgres
from tests.support.postgres_operators import (
    BY_ROOT_AND_OTHERS,
    HOLD,
    IS_ROOT,
    Operator,
    finish,
    query,
    wait_until_up,
)

REMOVE = "remove(data_dir)"


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
