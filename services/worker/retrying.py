"""What to do about a message that a carrier did not take."""

import random  # noqa: TID251 - named for its type; the generator is injected
from dataclasses import dataclass
from datetime import timedelta

from services.worker.carriers.port import CarrierError

FIRST_DELAY = timedelta(seconds=1)
LONGEST_DELAY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Put the message back in the queue."""

    cause: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Call the message failed."""

    cause: str


def decide(error: CarrierError, *, tried_for: timedelta, validity: timedelta) -> TryAgain | GiveUp:
    """Decide what becomes of a refused message.

    It is time that uses a message up, not attempts: an outage of the carrier, or a day on which
    it throttles, makes many of these.

    Args:
        error: Why it was refused.
        tried_for: How long ago it was first tried.
        validity: How long it may be tried.
    """
    if error.retryable and tried_for < validity:
        return TryAgain(error.code)
    return GiveUp(error.code)


def retry_delay(attempt: int, jitter: random.Random) -> timedelta:
    """Return how long to wait after a failed attempt; it doubles with each one.

    The lower half is fixed and the upper half drawn, so that messages refused together do not
    come back together.

    Args:
        attempt: How many times it was tried; the first is 1.
        jitter: Where the drawn half comes from.

    Returns:
        Between half and the whole of ``FIRST_DELAY`` doubled ``attempt - 1`` times, at most
        ``LONGEST_DELAY``.
    """
    doublings = min(attempt - 1, 30)
    delay = min(FIRST_DELAY * (1 << doublings), LONGEST_DELAY)
    return delay * jitter.uniform(0.5, 1)
