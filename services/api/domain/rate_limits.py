"""How many calls may be made a minute: who is counted, and how full each of the counts is.

A count is a bucket that leaks (GCRA): it takes a minute's worth at once, and empties steadily.
What a process knows of one is kept here; what all know of it together is in the database.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Address, IPv6Network
from typing import Final

from shared.domain.trusted_proxies import IpAddress

WINDOW_S: Final = 60
MAX_PER_MINUTE: Final = 1_000_000
# A process lets this part of a limit, one call at least, pass before it tells the others.
UNTOLD_PART: Final = 20
# What anybody gets of IPv6 is a /64 or more, so single addresses are no bound at all.
_IPV6_BITS: Final = 64
_SENDING_PATHS: Final = frozenset({"/send", "/SMSApi/send", "/SMSApi/rest/send", "/links"})
# Where forms and calls that are not among those send by POST.
_POSTED: Final = ("/duplicate", "/send-again", "/console/send", "/console/send/test")
# Sums of many small steps are a little off.
_ROUNDING_S: Final = 1e-6


class CallKind(StrEnum):
    """What is counted apart: calls that send, or make links, and all others."""

    SENDS = "sends"
    CALLS = "calls"


@dataclass(frozen=True, slots=True)
class Quotas:
    """How many calls may be made a minute; 0 is any number, None as the default says."""

    calls: int | None = None
    sends: int | None = None

    def of(self, kind: CallKind) -> int | None:
        """Return the one that a call counts to."""
        return self.sends if kind is CallKind.SENDS else self.calls

    def over(self, default: "Quotas") -> "Quotas":
        """Return these, and what the default says where they say nothing."""
        return Quotas(
            default.calls if self.calls is None else self.calls,
            default.sends if self.sends is None else self.sends,
        )


NO_QUOTAS: Final = Quotas()


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A limit that a call counts to.

    Attributes:
        holder: Whose it is: ``address``, ``account`` or ``key``.
        bucket: What is counted, in all processes alike.
        quota: Calls a minute, 1 or more.
    """

    holder: str
    kind: CallKind
    bucket: str
    quota: int

    @property
    def name(self) -> str:
        """What callers know it by."""
        return f"{self.holder}-{self.kind}"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a limit stands behind a call.

    Attributes:
        remaining: Calls that it has room for now.
        reset_s: Whole seconds until it is as good as new; of one that has no room, until it has.
    """

    limit: RateLimit
    remaining: int
    reset_s: int


def call_kind(method: str, path: str) -> CallKind:
    """Tell what a call counts as."""
    is_sending = path in _SENDING_PATHS or (method == "POST" and path.endswith(_POSTED))
    return CallKind.SENDS if is_sending else CallKind.CALLS


def place_of(address: IpAddress | None) -> str:
    """Return what is counted of an address: the IPv4 address, or the /64 of an IPv6 one."""
    if address is None:
        return "none"
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is None:
            return str(IPv6Network((address, _IPV6_BITS), strict=False))
        address = address.ipv4_mapped
    return str(IPv4Network(address).network_address)


def limits_of(
    kind: CallKind, holders: Sequence[tuple[str, int | str, Quotas]]
) -> tuple[RateLimit, ...]:
    """Return the limits that a call counts to, of those who have one.

    Args:
        kind: Of the call.
        holders: Of each the word for it, what tells it from others of that word, and its quotas.
    """
    return tuple(
        RateLimit(holder, kind, f"{holder}/{which}/{kind}", quota)
        for holder, which, quotas in holders
        if (quota := quotas.of(kind))
    )


class Level:
    """How full a bucket is, as far as one process knows.

    Times are seconds of a clock that never steps, and ``lead`` is how long the bucket takes to
    be empty.

    Attributes:
        untold: Calls that the other processes do not know of yet.
    """

    __slots__ = ("_empty_at", "_interval_s", "quota", "telling", "untold")

    def __init__(self, quota: int) -> None:
        self.quota = quota
        self._interval_s = WINDOW_S / quota
        self._empty_at = -math.inf
        self.untold = 0
        self.telling = 0

    def set_quota(self, quota: int) -> None:
        """Go on with another limit; what was counted weighs as much of it as of the old one."""
        if quota != self.quota:
            self.quota = quota
            self._interval_s = WINDOW_S / quota

    def is_empty(self, now: float) -> bool:
        """Tell whether nothing is left of what was counted."""
        return self._empty_at <= now

    def lead_s(self, now: float) -> float:
        """Return the seconds until it is empty."""
        return max(self._empty_at - now, 0.0)

    def wait_s(self, now: float) -> float:
        """Return the seconds until it has room for one call; 0 if it has."""
        wait = self.lead_s(now) + self._interval_s - WINDOW_S
        return wait if wait > _ROUNDING_S else 0.0

    def take(self, now: float) -> None:
        """Count a call."""
        self._empty_at = max(self._empty_at, now) + self._interval_s
        self.untold += 1

    @property
    def must_tell(self) -> bool:
        """Whether no further call may pass before the others know of those that did."""
        return self.untold >= max(1, self.quota // UNTOLD_PART)

    @property
    def should_tell(self) -> bool:
        """Whether it is time to tell, so that no call has to wait for it."""
        return 2 * self.untold >= max(1, self.quota // UNTOLD_PART)

    def tell(self) -> float:
        """Return the seconds of lead that all untold calls are; they are being told now."""
        self.telling = self.untold
        return self.telling * self._interval_s

    def told(self, lead_s: float, now: float) -> None:
        """Take over what all processes know together.

        Args:
            lead_s: Of the bucket that they share, behind what was told.
            now: The time.
        """
        self.untold -= self.telling
        self.telling = 0
        known = now + lead_s + self.untold * self._interval_s
        # Theirs is never less than ours, unless the database was emptied.
        self._empty_at = max(self._empty_at, known)

    def standing(self, limit: RateLimit, now: float) -> Standing:
        """Return what a caller is told of it."""
        lead = self.lead_s(now)
        remaining = max(0, math.floor((WINDOW_S - lead + _ROUNDING_S) / self._interval_s))
        reset = lead if remaining else self.wait_s(now)
        return Standing(limit, remaining, max(1, math.ceil(reset)) if lead else 0)
