"""What is told live of a campaign: clicks, and what becomes of its messages.

Events are stored by the batch: what one transaction has to tell of one campaign and of one kind,
at most ``BATCH_EVENTS`` of them. A batch names the rows that it tells of and holds none of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

BATCH_EVENTS = 100


class EventKind(StrEnum):
    """What happened."""

    CLICK_RECORDED = "click.recorded"
    MESSAGE_SUBMITTED = "message.submitted"
    MESSAGE_DELIVERED = "message.delivered"
    MESSAGE_FAILED = "message.failed"


# Of nothing that happened: what a receiver is tried with.
TEST_KIND = "webhook.test"
# Of the account, and of no campaign: it begins, or is over.
ALERT_KIND: Final = "account.alert"


class EventSource(StrEnum):
    """Who tells, and so whose counter numbers the batches: the recorder, or workers."""

    CLICKS = "clicks"
    DELIVERIES = "deliveries"


@dataclass(frozen=True, slots=True)
class EventBatch:
    """Some events of one kind of a campaign, which came with one transaction.

    Attributes:
        number: From 1 on without gaps, by campaign and source, in the order of the commits.
        places: Of clicks where they stand in their journal, of messages their positions.
        journal_id: Of clicks; so are ``first_at`` and ``last_at``, which hold all their times.
    """

    campaign_id: int
    source: EventSource
    number: int
    kind: EventKind
    created_at: datetime
    places: Sequence[int]
    journal_id: int | None = None
    first_at: datetime | None = None
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One click, or one step of a message.

    Attributes:
        place: Its index among the places of its batch.
        values: The rest of what is told, ready for JSON.
    """

    kind: EventKind
    campaign_uuid: UUID
    place: int
    values: dict[str, Any] = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """Return the event as streams and webhooks tell it."""
        return {"type": str(self.kind), "campaign_uuid": str(self.campaign_uuid)} | self.values


def utc_text(moment: datetime | None) -> str | None:
    """Write a time in UTC as RFC 3339 has it, to the microsecond."""
    if moment is None:
        return None
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
