"""What should not rise: signs that an account, or somebody else, does what nobody asked for."""

from datetime import datetime, timedelta
from enum import StrEnum

# Of counts that no account can be named for; no account has it.
NOBODY = 0
QUARTER = timedelta(minutes=15)


class Signal(StrEnum):
    """What is counted; the word is what the database keeps."""

    # Requests for short links that are unknown, paused or have ended.
    UNKNOWN_TOKEN = "unknown_token"  # noqa: S105 - no secret
    # Messages that their recipients did not want, by a carrier's word or their own.
    COMPLAINT = "complaint"


def quarter_of(moment: datetime) -> datetime:
    """Return the start of the quarter of an hour that a moment is in."""
    return moment - timedelta(
        minutes=moment.minute % 15, seconds=moment.second, microseconds=moment.microsecond
    )
