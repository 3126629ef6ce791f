import logging
from pathlib import Path

import pytest

from shared.heartbeat import Heartbeat
from tests.support.heartbeats import grow_old, is_beating


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "heartbeat"
    grow_old(path)
    return path


async def test_the_file_gets_young_once_every_part_has_made_progress(path: Path) -> None:
    heartbeat = Heartbeat(path, "one", "two", interval_s=0)

    heartbeat.part("one")()
    assert not await is_beating(path)
    heartbeat.part("two")()

    assert await is_beating(path)


async def test_a_part_that_is_stuck_lets_the_file_grow_old(path: Path) -> None:
    heartbeat = Heartbeat(path, "one", "two", interval_s=0)
    one, two = heartbeat.part("one"), heartbeat.part("two")
    one()
    two()
    grow_old(path)

    for _ in range(3):
        one()

    assert not await is_beating(path)


async def test_a_beat_speaks_for_all_parts_and_begins_a_new_round(path: Path) -> None:
    heartbeat = Heartbeat(path, "one", "two", interval_s=0)
    heartbeat.part("one")()

    heartbeat.beat()
    assert await is_beating(path)

    grow_old(path)
    heartbeat.part("two")()
    assert not await is_beating(path)


async def test_a_busy_loop_writes_once_an_interval(path: Path) -> None:
    heartbeat = Heartbeat(path, interval_s=60)
    heartbeat.beat()
    grow_old(path)

    heartbeat.beat()

    assert not await is_beating(path)


def test_without_a_file_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    heartbeat = Heartbeat(None, "one", interval_s=0)

    heartbeat.part("one")()

    assert list(tmp_path.iterdir()) == []


def test_a_part_that_nobody_waits_for_is_refused() -> None:
    with pytest.raises(ValueError, match="'three' is no part"):
        Heartbeat(None, "one", "two").part("three")


async def test_a_file_that_cannot_be_written_is_told_once_and_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    path = tmp_path / "missing" / "heartbeat"
    heartbeat = Heartbeat(path, interval_s=0)

    heartbeat.beat()
    heartbeat.beat()
    assert len(caplog.records) == 1

    path.parent.mkdir()
    heartbeat.beat()
    assert await is_beating(path)
