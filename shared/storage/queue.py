"""Putting work on the queue, in the transaction of the rows that the work is about."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Self

import asyncpg
from pgqueuer import Queries

SLICE_MESSAGE_COUNT = 500
AT_ONCE = timedelta(0)


class Entrypoint(StrEnum):
    """The kinds of job, by the names that the queue knows them by.

    Workers keep hands for each kind, so that none waits for another: urgent messages not for bulk,
    delivery reports not for either, and nothing for somebody's slow receiver of webhooks.
    """

    SUBMIT_MESSAGES = "submit_messages"
    SUBMIT_URGENT_MESSAGES = "submit_urgent_messages"
    SETTLE_DELIVERY_REPORTS = "settle_delivery_reports"
    SEND_WEBHOOKS = "send_webhooks"


@dataclass(frozen=True, slots=True)
class MessageSlice:
    """Some messages of one campaign, in rising order of position."""

    campaign_id: int
    positions: Sequence[int]

    def to_payload(self) -> bytes:
        """Write the slice as a job carries it; a range stays a range."""
        if isinstance(self.positions, range):
            span = [self.positions.start, self.positions.stop]
            return json.dumps({"campaign_id": self.campaign_id, "span": span}).encode()
        positions = list(self.positions)
        return json.dumps({"campaign_id": self.campaign_id, "positions": positions}).encode()

    @classmethod
    def from_payload(cls, payload: bytes) -> Self:
        """Read a slice back.

        Raises:
            KeyError: The payload is another job's.
            ValueError: The payload is not JSON.
        """
        fields = json.loads(payload)
        if "span" in fields:
            return cls(fields["campaign_id"], range(*fields["span"]))
        return cls(fields["campaign_id"], tuple(fields["positions"]))


async def enqueue_slices(
    raw: asyncpg.Connection,
    campaign_id: int,
    message_count: int,
    *,
    urgent: bool,
    only: Sequence[int] | None = None,
) -> None:
    """Queue all messages of a campaign, a job for every ``SLICE_MESSAGE_COUNT`` of them.

    Args:
        raw: Connection inside the transaction that stores the campaign, or lets it go on.
        campaign_id: The campaign.
        message_count: How many messages it has; their positions are 0 to that less one.
        urgent: Whether they go ahead of bulk: one-time passwords and single messages.
        only: Numbers, from 0, of the slices to queue; None queues all.
    """
    firsts = range(0, message_count, SLICE_MESSAGE_COUNT)
    payloads = [
        MessageSlice(
            campaign_id, range(first, min(first + SLICE_MESSAGE_COUNT, message_count))
        ).to_payload()
        for first in (firsts if only is None else (firsts[number] for number in only))
    ]
    await _enqueue(raw, _submitting(urgent=urgent), payloads, delay=AT_ONCE)


async def enqueue_slice(
    raw: asyncpg.Connection, part: MessageSlice, *, urgent: bool, delay: timedelta
) -> None:
    """Queue some messages again, after a delay, in the caller's transaction."""
    await _enqueue(raw, _submitting(urgent=urgent), [part.to_payload()], delay=delay)


async def enqueue_delivery_reports(
    raw: asyncpg.Connection, report_ids: Sequence[int], *, delay: timedelta = AT_ONCE
) -> None:
    """Queue stored raw delivery reports to be interpreted, in the caller's transaction."""
    payload = json.dumps({"report_ids": list(report_ids)}).encode()
    await _enqueue(raw, Entrypoint.SETTLE_DELIVERY_REPORTS, [payload], delay=delay)


def report_ids_from_payload(payload: bytes) -> list[int]:
    """Read which delivery reports a job is about.

    Raises:
        KeyError: The payload is another job's.
        ValueError: The payload is not JSON.
    """
    report_ids: list[int] = json.loads(payload)["report_ids"]
    return report_ids


async def enqueue_webhooks(raw: asyncpg.Connection, jobs: Sequence[tuple[int, int]]) -> None:
    """Queue a job a webhook, by id and job number, in the caller's transaction."""
    payloads = [
        json.dumps({"webhook_id": webhook_id, "job_number": job_number}).encode()
        for webhook_id, job_number in jobs
    ]
    await _enqueue(raw, Entrypoint.SEND_WEBHOOKS, payloads, delay=AT_ONCE)


def webhook_from_payload(payload: bytes) -> tuple[int, int]:
    """Read which webhook a job is about, and which job of it this is.

    Raises:
        KeyError: The payload is another job's.
        ValueError: The payload is not JSON.
    """
    fields = json.loads(payload)
    return fields["webhook_id"], fields["job_number"]


def _submitting(*, urgent: bool) -> Entrypoint:
    return Entrypoint.SUBMIT_URGENT_MESSAGES if urgent else Entrypoint.SUBMIT_MESSAGES


async def _enqueue(
    raw: asyncpg.Connection, kind: Entrypoint, payloads: Sequence[bytes], *, delay: timedelta
) -> None:
    await Queries.from_asyncpg_connection(raw).enqueue(
        [str(kind)] * len(payloads),
        list(payloads),
        [0] * len(payloads),
        [delay] * len(payloads),
    )
