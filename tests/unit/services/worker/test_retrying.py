"""What becomes of a message that a carrier did not take."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.worker.carriers.port import CarrierError
from services.worker.retrying import (
    FIRST_DELAY,
    LONGEST_DELAY,
    GiveUp,
    TryAgain,
    decide,
    retry_delay,
)
from tests.support.randomness import seeded

VALIDITY = timedelta(hours=2)


def an_error(*, retryable: bool, throttled: bool = False) -> CarrierError:
    return CarrierError("ESME_RWHY", retryable=retryable, throttled=throttled, ours=False)


@pytest.mark.parametrize(
    ("error", "tried_for", "expected"),
    [
        pytest.param(
            an_error(retryable=True), timedelta(0), TryAgain("ESME_RWHY"), id="first-refusal"
        ),
        pytest.param(
            an_error(retryable=True),
            timedelta(minutes=119),
            TryAgain("ESME_RWHY"),
            id="carrier-away-for-two-hours",
        ),
        pytest.param(
            an_error(retryable=True, throttled=True),
            timedelta(minutes=119),
            TryAgain("ESME_RWHY"),
            id="throttled-for-two-hours",
        ),
        pytest.param(
            an_error(retryable=True), VALIDITY, GiveUp("ESME_RWHY"), id="validity-is-over"
        ),
        pytest.param(
            an_error(retryable=True, throttled=True),
            VALIDITY,
            GiveUp("ESME_RWHY"),
            id="throttled-beyond-its-validity",
        ),
        pytest.param(
            an_error(retryable=False), timedelta(0), GiveUp("ESME_RWHY"), id="final-refusal"
        ),
    ],
)
def test_refused_message_is_retried_or_given_up(
    error: CarrierError, tried_for: timedelta, expected: TryAgain | GiveUp
) -> None:
    assert decide(error, tried_for=tried_for, validity=VALIDITY) == expected


def test_message_is_still_tried_when_its_delays_have_long_been_the_longest() -> None:
    jitter = seeded()
    tried_for = sum((retry_delay(attempt, jitter) for attempt in range(1, 30)), timedelta(0))

    assert tried_for > timedelta(hours=1)
    assert isinstance(
        decide(an_error(retryable=True), tried_for=tried_for, validity=timedelta(hours=12)),
        TryAgain,
    )


@pytest.mark.parametrize(
    ("attempt", "whole"),
    [
        pytest.param(1, timedelta(seconds=1), id="first"),
        pytest.param(2, timedelta(seconds=2), id="doubled"),
        pytest.param(5, timedelta(seconds=16), id="doubled-four-times"),
        pytest.param(9, timedelta(seconds=256), id="below-the-longest"),
        pytest.param(10, LONGEST_DELAY, id="the-longest"),
        pytest.param(32_767, LONGEST_DELAY, id="as-many-as-the-column-holds"),
    ],
)
def test_delay_doubles_up_to_the_longest(attempt: int, whole: timedelta) -> None:
    delay = retry_delay(attempt, seeded())

    assert whole / 2 <= delay <= whole


@given(attempt=st.integers(1, 32_767), seed=st.integers())
def test_delay_is_never_nothing_and_never_beyond_the_longest(attempt: int, seed: int) -> None:
    delay = retry_delay(attempt, seeded(seed))

    assert FIRST_DELAY / 2 <= delay <= LONGEST_DELAY


def test_messages_refused_together_come_back_apart() -> None:
    jitter = seeded()

    delays = {retry_delay(4, jitter) for _ in range(100)}

    assert len(delays) == 100
