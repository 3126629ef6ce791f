"""Rounds go on whatever happens, and say whether they are sound."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from services.worker.rounds import make_rounds

ROUNDS = 3


async def rounds_of(work: Callable[[], Awaitable[object]]) -> int:
    """Make three rounds; return after how many of them ``on_round`` was called."""
    ended = asyncio.Event()
    made = 0
    beats = 0

    async def count_and_work() -> None:
        nonlocal made
        made += 1
        if made == ROUNDS:
            ended.set()
        await work()

    def beat() -> None:
        nonlocal beats
        beats += 1

    await make_rounds(count_and_work, interval_s=0.001, ended=ended, on_round=beat)
    assert made == ROUNDS
    return beats


@pytest.mark.parametrize(
    ("error", "beats", "level"),
    [
        pytest.param(OSError(), ROUNDS, "WARNING", id="outage-is-waited-out"),
        pytest.param(ZeroDivisionError(), 0, "ERROR", id="fault-is-logged-and-does-not-beat"),
    ],
)
async def test_round_that_fails_is_made_again(
    error: Exception, beats: int, level: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        raise error

    assert await rounds_of(fail) == beats
    assert [record.levelname for record in caplog.records] == [level] * ROUNDS


async def test_sound_rounds_beat_and_say_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async def rest() -> None:
        return

    assert await rounds_of(rest) == ROUNDS
    assert caplog.records == []
