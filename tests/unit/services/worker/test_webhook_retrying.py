"""What becomes of deliveries that a receiver does not take."""

from datetime import UTC, datetime, timedelta

import pytest

from services.worker.webhook_retrying import (
    DELAYS,
    LONGEST_PAUSE,
    LONGEST_WISH,
    MAX_FAILING,
    Answer,
    Ending,
    decide,
    parse_retry_after,
    pause,
    reason_to_disable,
)
from tests.support.randomness import seeded

TAKEN = Answer(204, None, 5)
BUSY = Answer(503, "answered 503", 5)
SILENT = Answer(None, "no answer within 10 s", 10_000)


def test_what_is_taken_is_delivered() -> None:
    assert decide(TAKEN, attempt=1, jitter=seeded(1)) is Ending.DELIVERED
    assert decide(TAKEN, attempt=99, jitter=seeded(1)) is Ending.DELIVERED


def test_delays_go_from_seconds_to_a_day_and_are_spread() -> None:
    chance = seeded(1)
    delays = [decide(BUSY, attempt=attempt, jitter=chance) for attempt in range(1, 10)]

    for delay, base in zip(delays, DELAYS, strict=True):
        assert isinstance(delay, timedelta)
        assert base * 0.8 <= delay <= base * 1.2
    assert DELAYS[0] == timedelta(seconds=5)
    assert DELAYS[-1] == timedelta(days=1)
    assert sorted(DELAYS) == list(DELAYS)


def test_after_the_last_delay_a_delivery_is_given_up() -> None:
    assert decide(SILENT, attempt=len(DELAYS) + 1, jitter=seeded(1)) is Ending.GIVEN_UP


@pytest.mark.parametrize(
    ("failures", "longest"),
    [(1, timedelta(seconds=1)), (5, timedelta(seconds=16)), (99, LONGEST_PAUSE)],
)
def test_a_receiver_is_left_alone_ever_longer(failures: int, longest: timedelta) -> None:
    assert longest / 2 <= pause(failures, seeded(1)) <= longest


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("120", timedelta(minutes=2)),
        (" 0 ", timedelta(0)),
        ("9" * 400, LONGEST_WISH),
        ("Wed, 25 Nov 2026 12:05:00 GMT", timedelta(minutes=5)),
        ("Wed, 25 Nov 2026 12:05:00 -0000", timedelta(minutes=5)),
        ("Wed, 25 Nov 2026 11:00:00 GMT", timedelta(0)),
        ("Fri, 25 Dec 2026 12:00:00 GMT", LONGEST_WISH),
        ("Wed, 99 Nov 2026 12:00:00 GMT", timedelta(0)),
        ("soon", timedelta(0)),
        ("-5", timedelta(0)),
        ("٣", timedelta(0)),
        ("", timedelta(0)),
    ],
)
def test_what_a_receiver_asks_for_is_read(text: str, wish: timedelta) -> None:
    assert parse_retry_after(text, datetime(2026, 11, 25, 12, tzinfo=UTC)) == wish


def test_a_receiver_is_left_alone_for_as_long_as_it_asks() -> None:
    asks = Answer(429, "answered 429", 5, timedelta(minutes=30))

    assert decide(asks, attempt=1, jitter=seeded(1)) == timedelta(minutes=30)
    assert pause(1, seeded(1), [BUSY, asks]) == timedelta(minutes=30)
    # Its own delay is longer.
    last = decide(asks, attempt=len(DELAYS), jitter=seeded(1))
    assert isinstance(last, timedelta)
    assert last > timedelta(hours=19)


def test_a_receiver_that_is_gone_disables_its_webhook_at_once() -> None:
    gone = Answer(410, "answered 410", 5)

    assert "410" in (reason_to_disable(gone, failing_for=timedelta(0)) or "")


@pytest.mark.parametrize(
    ("answer", "failing_for", "is_disabled"),
    [
        pytest.param(BUSY, MAX_FAILING, False, id="not yet"),
        pytest.param(BUSY, MAX_FAILING + timedelta(seconds=1), True, id="for too long"),
        pytest.param(TAKEN, MAX_FAILING * 2, False, id="it took this"),
    ],
)
def test_a_receiver_that_fails_for_days_disables_its_webhook(
    *, answer: Answer, failing_for: timedelta, is_disabled: bool
) -> None:
    reason = reason_to_disable(answer, failing_for=failing_for)

    assert ("answered 503" in (reason or "")) is is_disabled
