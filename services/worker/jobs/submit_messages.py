"""Job: hand the messages of one slice to their carrier, window by window."""

import asyncio
import logging
import random  # noqa: TID251 - named for its type; the generator is injected
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy.ext.asyncio import AsyncEngine

from services.worker.carriers.port import Accepted, Carrier, CarrierError, OutgoingMessage
from services.worker.retrying import TryAgain, decide, retry_delay
from services.worker.storage.campaigns import CampaignToSend, get_campaign
from services.worker.storage.messages import (
    ClaimedMessage,
    Settlement,
    apply_settlements,
    claim_window,
)
from services.worker.storage.outages import outlive_outages
from services.worker.wording import bodies
from shared.domain.messages import MessageStatus
from shared.storage.engine import raw_connection
from shared.storage.queue import MessageSlice, enqueue_slice

WINDOW_MESSAGE_COUNT = 100
CARRIER_TIMEOUT_S = 30.0
SETTLE_PATIENCE_S = 15.0

LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SubmitMessages:
    """Submits slices; one object serves all jobs of a worker.

    The caller holds the lease on the slice, so that a message found submitting is one that a
    dead worker left behind: it is sent again.
    """

    engine: AsyncEngine
    carriers: Mapping[str, Carrier]
    jitter: random.Random
    draining: asyncio.Event

    async def run(self, part: MessageSlice, *, urgent: bool) -> bool:
        """Submit what is due of a slice; safe to run any number of times.

        Args:
            part: The messages.
            urgent: Whether retries, too, go ahead of bulk.

        Returns:
            Whether the slice was done; False when the worker drains and left the rest queued.

        Raises:
            KeyError: The campaign's carrier is not set up here.
        """
        async with self.engine.connect() as connection:
            campaign = await get_campaign(connection, part.campaign_id)
        for first in range(0, len(part.positions), WINDOW_MESSAGE_COUNT):
            if self.draining.is_set():
                return False
            window = part.positions[first : first + WINDOW_MESSAGE_COUNT]
            await self._submit_window(campaign, window, urgent=urgent)
        return True

    async def _submit_window(
        self, campaign: CampaignToSend, positions: Sequence[int], *, urgent: bool
    ) -> None:
        carrier = self.carriers[campaign.carrier]
        async with self.engine.begin() as connection:
            claimed = await claim_window(connection, campaign.id, positions)
        if not claimed:
            return
        results = await _submit(carrier, campaign, claimed)
        _report_faults_of_ours(campaign.carrier, results)
        settlements = [
            _settlement(message, result) for message, result in zip(claimed, results, strict=True)
        ]
        # The carrier has the messages: to forget its answers is to send them twice.
        await outlive_outages(
            partial(self._settle, campaign.id, claimed, settlements, urgent=urgent),
            patience_s=SETTLE_PATIENCE_S,
        )

    async def _settle(
        self,
        campaign_id: int,
        claimed: Sequence[ClaimedMessage],
        settlements: Sequence[Settlement],
        *,
        urgent: bool,
    ) -> None:
        again = [
            message
            for message, settlement in zip(claimed, settlements, strict=True)
            if settlement.status is MessageStatus.QUEUED
        ]
        async with self.engine.begin() as connection:
            await apply_settlements(connection, campaign_id, settlements)
            if again:
                retry = MessageSlice(campaign_id, [message.position for message in again])
                delay = retry_delay(max(message.attempt for message in again), self.jitter)
                raw = await raw_connection(connection)
                await enqueue_slice(raw, retry, urgent=urgent, delay=delay)


async def _submit(
    carrier: Carrier, campaign: CampaignToSend, claimed: Sequence[ClaimedMessage]
) -> Sequence[Accepted | CarrierError]:
    texts = bodies(campaign, [message.position for message in claimed])
    messages = [
        OutgoingMessage(message.position, message.msisdn, body, message.attempt)
        for message, body in zip(claimed, texts, strict=True)
    ]
    try:
        async with asyncio.timeout(CARRIER_TIMEOUT_S):
            return await carrier.submit(campaign.terms, messages)
    except TimeoutError:
        error = CarrierError("timeout", retryable=True, throttled=False, ours=False)
    except CarrierError as refusal:
        error = refusal
    LOGGER.warning("carrier %s took no message of a window: %s", campaign.carrier, error.code)
    return [error] * len(messages)


def _report_faults_of_ours(carrier: str, results: Sequence[Accepted | CarrierError]) -> None:
    codes = {result.code for result in results if isinstance(result, CarrierError) and result.ours}
    if codes:
        LOGGER.error("carrier %s finds fault with us: %s", carrier, ", ".join(sorted(codes)))


def _settlement(message: ClaimedMessage, result: Accepted | CarrierError) -> Settlement:
    if isinstance(result, Accepted):
        return Settlement(
            message.position,
            MessageStatus.SUBMITTED,
            carrier_message_id=result.carrier_message_id,
        )
    decision = decide(result, message.attempt)
    status = MessageStatus.QUEUED if isinstance(decision, TryAgain) else MessageStatus.FAILED
    return Settlement(message.position, status, failure_cause=decision.cause)
