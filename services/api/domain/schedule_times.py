"""When a sender wants a campaign to go out, as they wrote it and as it is understood."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from zoneinfo import ZoneInfo

from services.api.domain.errors import InvalidValueError

FIELD = "scheduleTime"
# A client that means now writes the minute that has begun, by a clock of its own.
TOLERANCE = timedelta(minutes=2)
MAX_AHEAD = timedelta(days=365)
EXAMPLES = "2026-12-31 18:30, or 2026-12-31T18:30:00+05:30"
_QUOTED_LENGTH = 40

# A + that stands in a query as it is arrives as a space.
_TIME = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})(?:T|\s+)"
    r"(?P<time>[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?)"
    r"\s?(?:(?P<utc>Z)|(?P<sign>[+ -])(?P<hours>[0-9]{2}):?(?P<minutes>[0-9]{2}))?",
    re.ASCII | re.IGNORECASE,
)


class ClockChange(Enum):
    """How the clocks of a zone make a local time doubtful."""

    # Clocks went forward over it.
    SKIPPED = "skipped"
    # Clocks went back over it.
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class ScheduledTime:
    """A time as it is understood.

    Attributes:
        moment: In UTC, to the second.
        local: The same in the account's zone, with its offset.
        clock_change: What makes the time as written doubtful; None if nothing does.
    """

    moment: datetime
    local: datetime
    clock_change: ClockChange | None = None

    def is_due(self, now: datetime) -> bool:
        """Tell whether there is nothing left to wait for."""
        return self.moment <= now


def parse_schedule_time(text: str, zone: ZoneInfo, now: datetime) -> ScheduledTime:
    """Understand a time as a sender writes it.

    Without an offset it is of the zone. As RFC 5545 §3.3.5 has it, a local time that the clocks
    skip is counted on from before they change (02:30 becomes 03:30), and of one that comes twice
    the first is meant.

    Args:
        text: ``YYYY-MM-DD HH:MM[:SS]``, or ISO 8601 with an offset.
        zone: The account's.
        now: The present moment.

    Raises:
        InvalidValueError: It is no such time, or one that is past or too far ahead.
    """
    found = _TIME.fullmatch(text.strip())
    try:
        scheduled = None if found is None else _understood(found, zone)
    except (ValueError, OverflowError):
        scheduled = None
    if scheduled is None:
        raise InvalidValueError(
            FIELD,
            f"must be YYYY-MM-DD HH:MM[:SS] in the account's time zone ({zone.key}), or ISO 8601"
            f" with its offset: such as {EXAMPLES}; not {text[:_QUOTED_LENGTH]!r}",
        )
    if scheduled.moment < now - TOLERANCE:
        raise InvalidValueError(
            FIELD,
            f"is past: {_told(scheduled.moment, zone)}, and now it is {_told(now, zone)}. Give a"
            " time ahead, or the present one to send at once",
        )
    if scheduled.moment > now + MAX_AHEAD:
        raise InvalidValueError(
            FIELD,
            f"is too far ahead: {_told(scheduled.moment, zone)}. Give a time within"
            f" {MAX_AHEAD.days} days, which is until {_told(now + MAX_AHEAD, zone)}",
        )
    return scheduled


def _understood(found: re.Match[str], zone: ZoneInfo) -> ScheduledTime:
    written = datetime.fromisoformat(f"{found['day']}T{found['time'][:8]}")
    if found["utc"]:
        return _at(written.replace(tzinfo=UTC), zone)
    if found["hours"]:
        return _at(written.replace(tzinfo=_offset(found)), zone)
    # Python's fold of 0 is what the RFC says, in both cases.
    first, second = written.replace(tzinfo=zone), written.replace(tzinfo=zone, fold=1)
    earlier, later = first.utcoffset(), second.utcoffset()
    change = None
    if earlier != later:
        is_skipped = first.astimezone(UTC) > second.astimezone(UTC)
        change = ClockChange.SKIPPED if is_skipped else ClockChange.REPEATED
    return _at(first, zone, change)


def _offset(found: re.Match[str]) -> timezone:
    hours, minutes = int(found["hours"]), int(found["minutes"])
    if minutes >= 60:  # noqa: PLR2004
        raise ValueError(found["minutes"])
    size = timedelta(hours=hours, minutes=minutes)
    return timezone(-size if found["sign"] == "-" else size)


def _at(moment: datetime, zone: ZoneInfo, change: ClockChange | None = None) -> ScheduledTime:
    # By way of UTC, or a time that the clocks skip would stay what it is.
    exact = moment.astimezone(UTC)
    return ScheduledTime(exact, exact.astimezone(zone), change)


def _told(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S} ({zone.key})"
