"""Times of forms, which are by the clocks of the account."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


def to_moment(text: str, zone: ZoneInfo) -> datetime | None:
    """Return the moment that a field of a date and a time holds; None if it is none.

    Of a time that comes twice the first is meant, and one that the clocks skip is counted on from
    before they change, as of schedules.
    """
    try:
        local = datetime.fromisoformat(text.strip())
        return None if local.tzinfo else local.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def to_field(moment: datetime, zone: ZoneInfo) -> str:
    """Return what a field of a date and a time shows for the minute of a moment."""
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


def next_minute(moment: datetime) -> datetime:
    """Return the first whole minute after a moment."""
    return moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
