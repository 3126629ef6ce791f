"""What the sandbox carrier was given, and the receipts it owes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.worker.carriers.port import SendingTerms
from services.worker.storage.delivery_reports import add_reports
from shared.storage.engine import raw_connection
from shared.storage.queue import enqueue_delivery_reports

ADD_MESSAGES = text("""
    INSERT INTO sandbox_message (
        carrier_message_id, account_id, sender_id, msisdn, body, encoding, segment_count,
        receipt_state, receipt_due_at
    )
    SELECT
        taken.carrier_message_id, :account_id, :sender_id, taken.msisdn, taken.body,
        taken.encoding, taken.segment_count, taken.receipt_state, taken.receipt_due_at
    FROM unnest(
        CAST(:carrier_message_ids AS text[]),
        CAST(:msisdns AS bigint[]),
        CAST(:bodies AS text[]),
        CAST(:encodings AS text[]),
        CAST(:segment_counts AS smallint[]),
        CAST(:receipt_states AS text[]),
        CAST(:receipts_due_at AS timestamptz[])
    ) WITH ORDINALITY AS taken(
        carrier_message_id, msisdn, body, encoding, segment_count, receipt_state, receipt_due_at,
        place
    )
    ORDER BY taken.place
""")

# By sandbox_message's partial index on receipt_due_at. SKIP LOCKED: several workers share it.
TAKE_DUE_RECEIPTS = text("""
    UPDATE sandbox_message SET receipt_sent_at = now()
    WHERE id = ANY(ARRAY(
        SELECT id FROM sandbox_message
        WHERE receipt_sent_at IS NULL AND receipt_due_at <= now()
        ORDER BY receipt_due_at
        LIMIT :receipt_count
        FOR UPDATE SKIP LOCKED
    ))
    RETURNING carrier_message_id, received_at, receipt_due_at, receipt_state, body
""")


@dataclass(frozen=True, slots=True)
class SandboxMessage:
    """A message that the sandbox took, and the receipt it will send for it."""

    carrier_message_id: str
    msisdn: int = field(repr=False)
    body: str = field(repr=False)
    encoding: str
    segment_count: int
    receipt_state: str
    receipt_due_at: datetime


@dataclass(frozen=True, slots=True)
class DueReceipt:
    """A receipt that is to be sent now."""

    carrier_message_id: str
    submitted_at: datetime
    done_at: datetime
    state: str
    body: str = field(repr=False)


class SandboxBook:
    """The sandbox carrier's own records.

    They stand for another company's system, so they open their own transactions: what the
    sandbox took stays taken, even if the worker dies before it has noted the answer.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add(self, terms: SendingTerms, messages: Sequence[SandboxMessage]) -> None:
        """Keep what the sandbox was given."""
        async with self._engine.begin() as connection:
            await connection.execute(
                ADD_MESSAGES,
                {
                    "account_id": terms.account_id,
                    "sender_id": terms.sender_id,
                    "carrier_message_ids": [message.carrier_message_id for message in messages],
                    "msisdns": [message.msisdn for message in messages],
                    "bodies": [message.body for message in messages],
                    "encodings": [message.encoding for message in messages],
                    "segment_counts": [message.segment_count for message in messages],
                    "receipt_states": [message.receipt_state for message in messages],
                    "receipts_due_at": [message.receipt_due_at for message in messages],
                },
            )

    async def send_due_receipts(
        self, carrier: str, write: Callable[[DueReceipt], str], *, receipt_count: int
    ) -> int:
        """Store receipts that are due as delivery reports, each once, and queue their reading.

        Args:
            carrier: The name that the reports come under.
            write: Makes the text of a receipt.
            receipt_count: Send at most this many.

        Returns:
            How many were sent.
        """
        async with self._engine.begin() as connection:
            receipts = await _claim_due_receipts(connection, receipt_count)
            if receipts:
                texts = [write(receipt) for receipt in receipts]
                report_ids = await add_reports(connection, carrier, texts)
                await enqueue_delivery_reports(await raw_connection(connection), report_ids)
        return len(receipts)


async def _claim_due_receipts(connection: AsyncConnection, receipt_count: int) -> list[DueReceipt]:
    rows = await connection.execute(TAKE_DUE_RECEIPTS, {"receipt_count": receipt_count})
    return [
        DueReceipt(
            row.carrier_message_id,
            row.received_at,
            row.receipt_due_at,
            row.receipt_state,
            row.body,
        )
        for row in rows
    ]
