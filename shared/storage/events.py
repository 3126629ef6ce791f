"""Reading what is told live: batches of events, and the rows that they name."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.erasing import shown_number
from shared.domain.events import Event, EventBatch, EventKind, EventSource, utc_text
from shared.domain.messages import MessageStatus

_BATCH = """
    SELECT campaign_id, source, number, kind, created_at, places, journal_id, first_at, last_at
    FROM event_batch
"""
# Walks event_batch_pkey. The columns are a constant of this module.
LIST_BATCHES = text(
    _BATCH
    + """
    WHERE campaign_id = :campaign_id AND source = :source AND number >= :first_number
    AND account_id = :account_id
    ORDER BY number LIMIT :row_limit
    """
)
# By event_batch_pkey.
GET_BATCHES = text(
    _BATCH  # noqa: S608
    + """
    WHERE account_id = :account_id AND (campaign_id, source, number) IN (
        SELECT * FROM unnest(
            CAST(:campaign_ids AS bigint[]), CAST(:sources AS text[]), CAST(:numbers AS bigint[])
        )
    )
    ORDER BY campaign_id, source, number
    """
)
# Walks hit_pkey over the time of one batch, so in a month or two, and message_pkey beside it.
LIST_CLICKS = text("""
    SELECT campaign.uuid, message.msisdn, hit.journal_offset AS place, hit.position,
        hit.occurred_at, host(hit.address) AS ip, hit.country, hit.region, hit.city, hit.browser,
        hit.os, hit.device_type, hit.device, hit.referrer
    FROM hit
    JOIN campaign ON campaign.id = hit.campaign_id AND campaign.account_id = :account_id
    JOIN message
        ON message.campaign_id = hit.campaign_id AND message.position = hit.position
    WHERE hit.campaign_id = :campaign_id AND hit.occurred_at BETWEEN :first_at AND :last_at
    AND hit.journal_id = :journal_id AND hit.journal_offset = ANY(CAST(:places AS bigint[]))
    AND hit.click_class = 'person' AND message.campaign_id = :campaign_id
""")
# By message_pkey.
LIST_MESSAGES = text("""
    SELECT campaign.uuid, message.msisdn, message.position AS place, message.position,
        message.status, message.failure_cause, message.submitted_at, message.settled_at
    FROM message
    JOIN campaign ON campaign.id = message.campaign_id AND campaign.account_id = :account_id
    WHERE message.campaign_id = :campaign_id
    AND message.position = ANY(CAST(:places AS integer[]))
""")
_OF_CLICKS = ("ip", "country", "region", "city", "browser", "os", "device_type", "device")


async def list_batches(
    connection: AsyncConnection,
    account_id: int,
    campaign_id: int,
    source: EventSource,
    *,
    first_number: int,
    row_limit: int,
) -> list[EventBatch]:
    """Return the batches of a campaign from a number on, in order."""
    rows = await connection.execute(
        LIST_BATCHES,
        {
            "account_id": account_id,
            "campaign_id": campaign_id,
            "source": str(source),
            "first_number": first_number,
            "row_limit": row_limit,
        },
    )
    return [_batch(row) for row in rows]


async def get_batches(
    connection: AsyncConnection, account_id: int, keys: Iterable[tuple[int, str, int]]
) -> list[EventBatch]:
    """Return batches by campaign, source and number; those that are purged are missing."""
    campaign_ids, sources, numbers = zip(*keys, strict=True)
    rows = await connection.execute(
        GET_BATCHES,
        {
            "account_id": account_id,
            "campaign_ids": list(campaign_ids),
            "sources": list(sources),
            "numbers": list(numbers),
        },
    )
    return [_batch(row) for row in rows]


async def list_events(
    connection: AsyncConnection, account_id: int, batch: EventBatch
) -> list[Event]:
    """Return the events of a batch in order.

    What has no row any more is missing, and so are clicks that have since been found to be no
    person's.
    """
    values = {
        "account_id": account_id,
        "campaign_id": batch.campaign_id,
        "places": list(batch.places),
    }
    if batch.source is EventSource.CLICKS:
        values |= {
            "journal_id": batch.journal_id,
            "first_at": batch.first_at,
            "last_at": batch.last_at,
        }
        rows = (await connection.execute(LIST_CLICKS, values)).all()
        return _in_order(batch, rows, [_click_values(row) for row in rows])
    rows = (await connection.execute(LIST_MESSAGES, values)).all()
    return _in_order(batch, rows, [_message_values(row, batch.kind) for row in rows])


def _in_order(
    batch: EventBatch, rows: Sequence[Row[Any]], told: Sequence[dict[str, Any]]
) -> list[Event]:
    turns = {place: turn for turn, place in enumerate(batch.places)}
    events = [
        Event(batch.kind, row.uuid, turns[row.place], values)
        for row, values in zip(rows, told, strict=True)
    ]
    return sorted(events, key=lambda event: event.place)


def _click_values(row: Row[Any]) -> dict[str, Any]:
    return {
        "position": row.position,
        "mobile": shown_number(row.msisdn),
        "occurred_at": utc_text(row.occurred_at),
        **{name: getattr(row, name) for name in _OF_CLICKS},
        "referrer": row.referrer,
    }


def _message_values(row: Row[Any], kind: EventKind) -> dict[str, Any]:
    # What it was told as; by now it may have come further.
    is_submitted = kind is EventKind.MESSAGE_SUBMITTED
    status = MessageStatus.SUBMITTED if is_submitted else MessageStatus(row.status)
    return {
        "position": row.position,
        "mobile": shown_number(row.msisdn),
        "status": status.word,
        "failure_cause": row.failure_cause if kind is EventKind.MESSAGE_FAILED else None,
        "submitted_at": utc_text(row.submitted_at),
        "settled_at": None if is_submitted else utc_text(row.settled_at),
    }


def _batch(row: Row[Any]) -> EventBatch:
    return EventBatch(
        row.campaign_id,
        EventSource(row.source),
        row.number,
        EventKind(row.kind),
        row.created_at,
        row.places,
        row.journal_id,
        row.first_at,
        row.last_at,
    )
