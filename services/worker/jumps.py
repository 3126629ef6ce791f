"""Whether a rate has jumped: a Shewhart u-chart with a floor, a least count and hysteresis.

A u-chart watches how many of something come for a unit of exposure (messages, hours) where that
varies. Its centre line is the account's own rate before; its limit stands three standard
deviations of a Poisson count above it. Of much exposure three deviations are next to nothing, so
that a jump is also to be half as much again as the usual; of little, one or two would do, so that
it is also to be a least count. What is below a floor counts as usual for everybody.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Final

DEVIATIONS_TO_BEGIN: Final = 3.0
DEVIATIONS_TO_END: Final = 1.0
TIMES_TO_BEGIN: Final = 1.5
TIMES_TO_END: Final = 1.25


@dataclass(frozen=True, slots=True)
class Counted:
    """How many there were, for how much exposure: messages, or hours."""

    count: int
    exposure: float

    @property
    def rate(self) -> float:
        """How many for a unit; 0 where there was no exposure."""
        return self.count / self.exposure if self.exposure > 0 else 0.0


@dataclass(frozen=True, slots=True)
class JumpRule:
    """What is looked at before anybody is told.

    Attributes:
        least_count: Fewer are no jump, whatever their rate.
        floor_rate: The least that counts as usual.
        least_exposure: Of the time before; with less of it the floor alone is usual.
    """

    least_count: int
    floor_rate: float
    least_exposure: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """How a rate stands.

    Attributes:
        is_high: Whether an alert begins, or goes on.
        limit_rate: What it would have to be above, to begin.
    """

    is_high: bool
    usual_rate: float
    limit_rate: float


def usual_rate(before: Counted, rule: JumpRule) -> float:
    """Return what is usual, by the time before."""
    known = before.rate if before.exposure >= rule.least_exposure else 0.0
    return max(known, rule.floor_rate)


def has_begun(now: Counted, before: Counted, rule: JumpRule) -> Judgement:
    """Judge a rate of which there is no alert."""
    usual = usual_rate(before, rule)
    limit = _limit(now, usual, DEVIATIONS_TO_BEGIN, TIMES_TO_BEGIN)
    return Judgement(now.count >= rule.least_count and now.rate > limit, usual, limit)


def goes_on(now: Counted, usual: float) -> bool:
    """Tell whether an alert goes on, by what was usual when it began.

    By what is usual by now a rate that stays high would soon be no jump any more.
    """
    return now.rate > _limit(now, usual, DEVIATIONS_TO_END, TIMES_TO_END)


def _limit(now: Counted, usual: float, deviations: float, times: float) -> float:
    spread = sqrt(usual / now.exposure) if now.exposure > 0 else 0.0
    return max(usual + deviations * spread, times * usual)
