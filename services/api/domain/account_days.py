"""What an account sent and what came of it, day by day."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from services.api.domain.time_spans import Day


class Sent(NamedTuple):
    """One campaign, by the day on which it was sent."""

    day: date
    messages: int
    delivered: int
    failed: int


class AccountDay(NamedTuple):
    """One day of an account.

    Attributes:
        campaigns: Sent on that day; so are ``messages``, whenever they were ``delivered``.
        hits: Of that day, whenever their links were sent; so are ``clicks``.
    """

    day: date
    campaigns: int
    messages: int
    delivered: int
    failed: int
    hits: int
    clicks: int


def account_days(
    first: date, last: date, followed: Iterable[Day], sent: Iterable[Sent]
) -> list[AccountDay]:
    """Return all days from the first to the last, those on which nothing was, too."""
    counts: Counter[tuple[date, str]] = Counter()
    for day in followed:
        counts[day.day, "hits"] += day.hits
        counts[day.day, "clicks"] += day.clicks
    for campaign in sent:
        counts[campaign.day, "campaigns"] += 1
        counts[campaign.day, "messages"] += campaign.messages
        counts[campaign.day, "delivered"] += campaign.delivered
        counts[campaign.day, "failed"] += campaign.failed
    names = AccountDay._fields[1:]
    return [AccountDay(day, *(counts[day, name] for name in names)) for day in _days(first, last)]


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)
