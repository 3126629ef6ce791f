"""Days of a time zone as moments."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.api.domain.errors import InvalidValueError


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the first moment of a day, in UTC; where midnight is left out, the next there is."""
    return datetime.combine(day, time(0), zone).astimezone(UTC)


def moments(
    first: date | None, last: date | None, zone: ZoneInfo
) -> tuple[datetime | None, datetime | None]:
    """Return when the first day begins and when the last, which is included, is over.

    Raises:
        InvalidValueError: The last is before the first, or the calendar ends with it.
    """
    if first and last and last < first:
        raise InvalidValueError("to", "must not be before from")
    try:
        end = start_of(last + timedelta(days=1), zone) if last else None
        begin = start_of(first, zone) if first else None
    except OverflowError:
        raise InvalidValueError("to", "must be a day of the years 2 to 9998") from None
    return begin, end
