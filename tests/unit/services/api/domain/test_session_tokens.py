"""A session's token is exchanged now and then, and no request under way is lost by it."""

from datetime import timedelta

import pytest

from services.api.domain.session_tokens import (
    GRACE,
    NOTED_AFTER,
    ROTATED_AFTER,
    SessionAge,
    SessionSteps,
    digest,
    is_same,
    make_token,
    steps_of,
)

NOW, LONG = timedelta(0), timedelta(hours=1)
YES, NO = True, False


@pytest.mark.parametrize(
    ("age", "steps"),
    [
        pytest.param(SessionAge(YES, NOW, NOW, NO), (NO, NO, NO), id="young"),
        pytest.param(SessionAge(YES, NOW, NOTED_AFTER, NO), (NO, NO, YES), id="unseen"),
        pytest.param(SessionAge(YES, ROTATED_AFTER, NOW, NO), (YES, NO, NO), id="due"),
        pytest.param(SessionAge(YES, NOW, NOW, YES), (NO, YES, NO), id="first use"),
        pytest.param(SessionAge(YES, LONG, NOW, YES), (NO, YES, NO), id="late first use"),
        pytest.param(SessionAge(NO, NOW, NOW, YES), (NO, NO, NO), id="under way"),
        pytest.param(SessionAge(NO, GRACE, NOW, YES), (YES, NO, NO), id="answer lost"),
        pytest.param(SessionAge(NO, LONG, LONG, NO), (NO, NO, YES), id="in grace"),
    ],
)
def test_what_is_due(age: SessionAge, steps: tuple[bool, bool, bool]) -> None:
    rotate, begin_grace, note = steps

    assert steps_of(age) == SessionSteps(rotate, begin_grace, note)
    assert bool(steps_of(age)) is any(steps)


def test_tokens_are_random_and_compared_whole() -> None:
    token, other = make_token(), make_token()

    assert len(token) == 43
    assert digest(token) != digest(other)
    assert is_same(token, token)
    assert not any(is_same(given, token) for given in (other, "", token[:-1], "\ud83d"))
