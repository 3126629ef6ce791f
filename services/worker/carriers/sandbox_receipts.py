"""The sandbox's network: sends the receipts that are due, whichever worker took the message."""

import asyncio
from collections.abc import Callable
from functools import partial

from services.worker import rounds
from services.worker.carriers import sandbox
from services.worker.storage.sandbox import DueReceipt, SandboxBook
from shared.domain.carriers import SANDBOX

BATCH_RECEIPT_COUNT = 1000
POLL_INTERVAL_S = 0.25
TEXT_LENGTH = 20


def receipt_text(receipt: DueReceipt) -> str:
    """Write a receipt as an SMSC does (SMPP 3.4 appendix B); times are UTC."""
    delivered = int(receipt.state == "DELIVRD")
    return (
        f"id:{receipt.carrier_message_id} sub:001 dlvrd:00{delivered}"
        f" submit date:{receipt.submitted_at:%y%m%d%H%M} done date:{receipt.done_at:%y%m%d%H%M}"
        f" stat:{receipt.state} err:{sandbox.ERRORS[receipt.state]}"
        f" text:{receipt.body[:TEXT_LENGTH]}"
    )


async def send_due_receipts(book: SandboxBook, on_batch: Callable[[], None] | None = None) -> int:
    """Send all due receipts, in batches; return how many there were.

    Args:
        book: Where they stand.
        on_batch: Called after each batch.
    """
    sent = 0
    while True:
        batch = await book.send_due_receipts(
            SANDBOX, receipt_text, receipt_count=BATCH_RECEIPT_COUNT
        )
        sent += batch
        if on_batch is not None:
            on_batch()
        if batch < BATCH_RECEIPT_COUNT:
            return sent


async def make_rounds(
    book: SandboxBook, ended: asyncio.Event, on_progress: Callable[[], None]
) -> None:
    """Send receipts as they fall due, until told to end.

    Args:
        book: Where they stand.
        ended: As for ``rounds.make_rounds``.
        on_progress: Called after each batch and each round.
    """
    work = partial(send_due_receipts, book, on_progress)
    await rounds.make_rounds(work, interval_s=POLL_INTERVAL_S, ended=ended, on_round=on_progress)
