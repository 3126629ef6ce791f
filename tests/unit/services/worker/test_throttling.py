"""A carrier that throttles gets its windows further and further apart, within bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.worker.throttling import FIRST_PAUSE_S, LONGEST_PAUSE_S, Pace


def slowed_down(times: int) -> Pace:
    pace = Pace()
    for second in range(times):
        pace.slow_down(turn_s=second, now_s=second)
    return pace


def test_carrier_that_never_throttled_gets_windows_at_once() -> None:
    pace = Pace()

    assert [pace.take_turn(5.0) for _ in range(3)] == [0, 0, 0]


def test_throttled_windows_go_one_pause_apart() -> None:
    pace = slowed_down(3)
    assert pace.take_turn(100.0) == 0

    assert pace.take_turn(100.0) == pytest.approx(4 * FIRST_PAUSE_S)
    assert pace.take_turn(100.3) == pytest.approx(4 * FIRST_PAUSE_S - 0.3)
    assert pace.take_turn(100.0 + 4 * FIRST_PAUSE_S) == 0


@pytest.mark.parametrize(
    ("times", "pause_s"),
    [
        pytest.param(1, FIRST_PAUSE_S, id="first"),
        pytest.param(2, 2 * FIRST_PAUSE_S, id="doubled"),
        pytest.param(50, LONGEST_PAUSE_S, id="the-longest"),
    ],
)
def test_pause_doubles_up_to_the_longest(times: int, pause_s: float) -> None:
    assert slowed_down(times).pause_s == pytest.approx(pause_s)


def test_windows_under_way_together_slow_us_down_once() -> None:
    pace = Pace()

    for now_s in (10.5, 10.6, 10.7):
        pace.slow_down(turn_s=10.0, now_s=now_s)

    assert pace.pause_s == FIRST_PAUSE_S


def test_pause_shrinks_with_success_until_there_is_none() -> None:
    pace = slowed_down(50)
    pauses = [pace.pause_s]

    while pace.pause_s:
        pace.speed_up()
        pauses.append(pace.pause_s)

    assert pauses == sorted(pauses, reverse=True)
    assert len(pauses) < 40


@given(st.lists(st.booleans(), max_size=200))
def test_wait_is_never_beyond_the_longest_pause(throttled: list[bool]) -> None:
    pace = Pace()

    for now_s, is_throttled in enumerate(throttled):
        if is_throttled:
            pace.slow_down(turn_s=now_s, now_s=now_s)
        else:
            pace.speed_up()
        assert 0 <= pace.take_turn(now_s) <= LONGEST_PAUSE_S
