"""When a rate has jumped, when that is over, and when it is none of both."""

import pytest

from services.worker.jumps import Counted, JumpRule, goes_on, has_begun, usual_rate

RULE = JumpRule(least_count=20, floor_rate=0.003, least_exposure=1_000)


@pytest.mark.parametrize(
    ("now", "before", "is_high"),
    [
        pytest.param(Counted(30, 4_000), Counted(0, 0), True, id="new-account-above-the-floor"),
        pytest.param(Counted(19, 100), Counted(0, 0), False, id="too-few-whatever-the-rate"),
        pytest.param(Counted(20, 100), Counted(0, 0), True, id="just-enough"),
        pytest.param(Counted(20, 0), Counted(0, 0), False, id="no-exposure"),
        pytest.param(Counted(22, 4_000), Counted(0, 0), False, id="within-three-deviations"),
        pytest.param(Counted(58, 4_000), Counted(1_000, 100_000), False, id="usual-for-it"),
        pytest.param(Counted(81, 4_000), Counted(1_000, 100_000), True, id="unusual-for-it"),
        pytest.param(Counted(60, 4_000), Counted(9, 900), True, id="too-little-before"),
        # Three deviations of a large exposure are a few in a hundred.
        pytest.param(Counted(11_000, 10**6), Counted(10**5, 10**7), False, id="large-and-near"),
        # 20 of 1,800 is 1.8 times the usual, and within three deviations of a small exposure.
        pytest.param(Counted(20, 1_800), Counted(60, 10_000), False, id="small-and-by-chance"),
    ],
)
def test_a_jump_is_above_the_limit_of_the_chart_and_of_enough(
    now: Counted, before: Counted, *, is_high: bool
) -> None:
    judged = has_begun(now, before, RULE)

    assert judged.is_high is is_high
    assert judged.limit_rate >= 1.5 * judged.usual_rate


@pytest.mark.parametrize(
    ("before", "usual"),
    [
        (Counted(0, 0), 0.003),
        (Counted(500, 999), 0.003),
        (Counted(50, 1_000), 0.05),
        (Counted(1, 100_000), 0.003),
    ],
)
def test_what_is_usual_is_its_own_rate_before_and_never_below_the_floor(
    before: Counted, usual: float
) -> None:
    assert usual_rate(before, RULE) == usual


@pytest.mark.parametrize(
    ("now", "is_high"),
    [
        pytest.param(Counted(200, 10_000), True, id="still-twice"),
        pytest.param(Counted(130, 10_000), True, id="below-what-began-it"),
        pytest.param(Counted(120, 10_000), False, id="nearly-usual"),
        pytest.param(Counted(0, 10_000), False, id="quiet"),
        pytest.param(Counted(0, 0), False, id="nothing-sent"),
    ],
)
def test_an_alert_ends_lower_than_it_begins(now: Counted, *, is_high: bool) -> None:
    assert goes_on(now, 0.01) is is_high
