"""When something ends, as an operator writes it."""

from datetime import UTC, datetime

from services.api.domain.errors import InvalidValueError


def parse_expiry(text: str) -> datetime | None:
    """Read an aware time, or ``never``, which is None.

    Raises:
        InvalidValueError: It is neither.
    """
    if text == "never":
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            # Overflows where the year would be 0 or 10,000.
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise InvalidValueError(
        "expires_at",
        f"must be a time with its offset such as 2026-12-31T23:59:00+05:30, or never,"
        f" not {text[:60]!r}",
    )
