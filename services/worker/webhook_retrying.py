"""What to do about a delivery that a webhook's receiver did not take."""

import random  # noqa: TID251 - named for its type; the generator is injected
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum

# From one attempt to the next; behind the last of them a delivery is given up, after two days.
DELAYS = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=12),
    timedelta(hours=24),
)
MAX_FAILING = timedelta(days=3)
FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=10)
# What a receiver asks for beyond this is not given: it would rather be tried now and then.
LONGEST_WISH = timedelta(hours=1)
GONE = 410


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one attempt.

    Attributes:
        status: What the receiver answered; None if it did not.
        cause: Why it is no success, for the receiver's owner to read; None if it is one.
        duration_ms: How long the attempt took.
        retry_after: How long it asks to be left alone, if it does.
    """

    status: int | None
    cause: str | None
    duration_ms: int
    retry_after: timedelta = timedelta(0)

    @property
    def is_success(self) -> bool:
        """Whether the receiver took the delivery."""
        return self.cause is None


class Ending(Enum):
    """That a delivery is not tried any more."""

    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


def decide(answer: Answer, *, attempt: int, jitter: random.Random) -> Ending | timedelta:
    """Return what becomes of a delivery, or how long to wait before it is tried again.

    Args:
        answer: What came of the attempt.
        attempt: Which one it was; the first is 1.
        jitter: Draws from four to six fifths of a delay, so that what failed together does not
            come back together.
    """
    if answer.is_success:
        return Ending.DELIVERED
    if attempt > len(DELAYS):
        return Ending.GIVEN_UP
    return max(DELAYS[attempt - 1] * jitter.uniform(0.8, 1.2), answer.retry_after)


def pause(failure_count: int, jitter: random.Random, answers: Iterable[Answer] = ()) -> timedelta:
    """Return how long to leave a receiver alone that took nothing so many times in a row.

    It doubles with each failure: whatever waits for a receiver that is down is not all tried on
    it, but a few at a time. It is at least what the receiver asks for.
    """
    doublings = min(failure_count - 1, 30)
    own = min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE) * jitter.uniform(0.5, 1)
    return max([own, *(answer.retry_after for answer in answers)])


def parse_retry_after(text: str, now: datetime) -> timedelta:
    """Read the header ``Retry-After`` (RFC 9110 §10.2.3): seconds or a date; else it is nothing.

    Returns:
        At least nothing, and ``LONGEST_WISH`` at most.
    """
    text = text.strip()
    if text.isascii() and text.isdigit():
        # More digits than these are no number of seconds that anybody waits for.
        return min(timedelta(seconds=int(text[:9])), LONGEST_WISH)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return timedelta(0)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(moment - now, timedelta(0)), LONGEST_WISH)


def reason_to_disable(answer: Answer, *, failing_for: timedelta) -> str | None:
    """Return why a webhook is not to be called any more; None if it is.

    Args:
        answer: Of the last attempt.
        failing_for: How long ago the first attempt failed since which none succeeded.
    """
    if answer.status == GONE:
        return "its receiver answered 410 Gone"
    if not answer.is_success and failing_for > MAX_FAILING:
        return f"its receiver took nothing for {MAX_FAILING.days} days; last: {answer.cause}"
    return None
