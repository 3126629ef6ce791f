"""The sandbox's network: sends the receipts that are due, whichever worker took the message."""

import asyncio

from sqlalchemy.ext.asyncio import AsyncEngine

from services.worker.carriers import sandbox
from services.worker.storage.delivery_reports import add_reports
from services.worker.storage.sandbox import DueReceipt, claim_due_receipts
from shared.storage.engine import raw_connection
from shared.storage.queue import enqueue_delivery_reports

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


async def send_due_receipts(engine: AsyncEngine) -> int:
    """Send one batch of due receipts, each exactly once; return how many there were."""
    async with engine.begin() as connection:
        receipts = await claim_due_receipts(connection, BATCH_RECEIPT_COUNT)
        if receipts:
            texts = [receipt_text(receipt) for receipt in receipts]
            report_ids = await add_reports(connection, sandbox.NAME, texts)
            raw = await raw_connection(connection)
            await enqueue_delivery_reports(raw, report_ids)
    return len(receipts)


async def run(engine: AsyncEngine) -> None:
    """Send receipts as they fall due, until cancelled."""
    while True:
        if await send_due_receipts(engine) < BATCH_RECEIPT_COUNT:
            await asyncio.sleep(POLL_INTERVAL_S)
