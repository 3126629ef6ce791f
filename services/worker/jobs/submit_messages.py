"""Job: hand the messages of one slice to their carrier, window by window."""

import asyncio
import random  # noqa: TID251 - named for its type; the generator is injected
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncEngine

from services.worker.carriers.handing_over import Answers, hand_over, is_taken, is_throttled
from services.worker.carriers.port import Accepted, Carrier, CarrierError, OutgoingMessage
from services.worker.retrying import TryAgain, decide, retry_delay
from services.worker.rounds import sleep_unless
from services.worker.storage.campaigns import (
    CampaignToSend,
    get_campaign,
    get_control,
    get_personal_texts,
)
from services.worker.storage.messages import (
    ClaimedMessage,
    Settlement,
    apply_settlements,
    claim_window,
    has_due_message,
)
from services.worker.storage.outages import outlive_outages
from services.worker.throttling import Pace
from services.worker.wording import bodies
from shared.domain.campaigns import CampaignControl
from shared.domain.consent import OPTED_OUT
from shared.domain.messages import MessageStatus
from shared.storage.cancelling import BATCH_MESSAGE_COUNT, cancel_messages
from shared.storage.engine import raw_connection
from shared.storage.queue import AT_ONCE, MessageSlice, enqueue_slice

WINDOW_MESSAGE_COUNT = 100
LONGEST_NAP_S = 1.0


@dataclass(frozen=True, slots=True)
class SubmissionLimits:
    """How long things may take.

    Attributes:
        carrier_timeout_s: From claiming a window to its carrier's last answer.
        settle_patience_s: From there until the answers are noted, through an outage of Postgres.
        validity: How long a message is tried, from its first attempt.
    """

    carrier_timeout_s: float = 30.0
    settle_patience_s: float = 15.0
    validity: timedelta = timedelta(hours=12)

    @property
    def claim_lifetime(self) -> timedelta:
        """How long a claimed message is left alone by others: longer than it can be under way."""
        margin_s = 5.0
        return timedelta(seconds=self.carrier_timeout_s + self.settle_patience_s + margin_s)


@dataclass(frozen=True, slots=True)
class SubmitMessages:
    """Submits slices; one object serves all jobs of a worker.

    Any number of jobs, of any number of workers, may be at one slice. A message belongs to whoever
    claimed it until it is settled, or the claim runs out; that it runs out means that a worker
    died or was cut off midway, and the message is sent again.

    Attributes:
        stopping: Set to hand over no further window.
    """

    engine: AsyncEngine
    carriers: Mapping[str, Carrier]
    jitter: random.Random
    stopping: asyncio.Event
    limits: SubmissionLimits = SubmissionLimits()
    _paces: defaultdict[tuple[str, bool], Pace] = field(default_factory=lambda: defaultdict(Pace))

    async def run(self, part: MessageSlice, *, urgent: bool) -> None:
        """Submit what is due of a slice; safe to run any number of times.

        What cannot be submitted now is queued as a job of its own, and so is what is left when
        the worker stops: neither is a fault, which would count against this job.

        Args:
            part: The messages.
            urgent: Whether retries, too, go ahead of bulk.

        Raises:
            KeyError: The campaign's carrier is not set up here.
        """
        async with self.engine.connect() as connection:
            campaign = await get_campaign(connection, part.campaign_id)
        pace = self._paces[campaign.carrier, urgent]
        for first in range(0, len(part.positions), WINDOW_MESSAGE_COUNT):
            rest = part.positions[first:]
            if not await self._has_turn(pace):
                await self._queue_again(MessageSlice(campaign.id, rest), urgent=urgent)
                return
            control = await self._submit_window(
                campaign, rest[:WINDOW_MESSAGE_COUNT], pace, urgent=urgent
            )
            if control is CampaignControl.CANCELLED:
                await self._cancel(MessageSlice(campaign.id, rest), urgent=urgent)
            if control is not CampaignControl.RUNNING:
                # Whoever lets a paused campaign go on queues it anew.
                return

    async def _has_turn(self, pace: Pace) -> bool:
        """Wait for a turn; False when the worker stops."""
        loop = asyncio.get_running_loop()
        while not self.stopping.is_set():
            wait_s = pace.take_turn(loop.time())
            if not wait_s:
                return True
            # The pause may shrink meanwhile.
            await sleep_unless(self.stopping, min(wait_s, LONGEST_NAP_S))
        return False

    async def _submit_window(
        self, campaign: CampaignToSend, positions: Sequence[int], pace: Pace, *, urgent: bool
    ) -> CampaignControl:
        """Hand over what is due of a window, unless the campaign is not to go on.

        Returns:
            What the campaign was under orders to do when the window was claimed.
        """
        carrier = self.carriers[campaign.carrier]
        loop = asyncio.get_running_loop()
        # Reckoned from before the claim, so that it is over before the claim runs out.
        turn_s = loop.time()
        deadline_s = turn_s + self.limits.carrier_timeout_s
        control, claimed = await self._claim(campaign, positions, urgent=urgent)
        if not claimed:
            return control
        held_back = [message for message in claimed if message.is_opted_out]
        due = [message for message in claimed if not message.is_opted_out]
        answers: Answers = []
        if due:
            answers = await hand_over(
                campaign.carrier,
                carrier,
                campaign.terms,
                await self._outgoing(campaign, due),
                deadline_s=deadline_s,
            )
        if is_throttled(answers):
            pace.slow_down(turn_s=turn_s, now_s=loop.time())
        elif is_taken(answers):
            pace.speed_up()
        # The carrier has the messages: to forget its answers is to send them twice. To note them
        # after the claim has run out would be to overrule whoever has the messages then.
        async with asyncio.timeout_at(deadline_s + self.limits.settle_patience_s):
            await outlive_outages(
                partial(self._settle, campaign.id, due, answers, held_back, urgent=urgent),
                patience_s=self.limits.settle_patience_s,
            )
        return control

    async def _outgoing(
        self, campaign: CampaignToSend, claimed: Sequence[ClaimedMessage]
    ) -> list[OutgoingMessage]:
        positions = [message.position for message in claimed]
        if campaign.text is None:
            async with self.engine.connect() as connection:
                texts = await get_personal_texts(connection, campaign.id, positions)
        else:
            texts = [campaign.text] * len(claimed)
        return [
            OutgoingMessage(
                position=message.position,
                msisdn=message.msisdn,
                body=body,
                encoding=text.encoding,
                segment_count=text.segment_count,
                attempt=message.attempt,
            )
            for message, text, body in zip(
                claimed, texts, bodies(texts, campaign.links, positions), strict=True
            )
        ]

    async def _claim(
        self, campaign: CampaignToSend, positions: Sequence[int], *, urgent: bool
    ) -> tuple[CampaignControl, Sequence[ClaimedMessage]]:
        async with self.engine.begin() as connection:
            control = await get_control(connection, campaign.id)
            if control is not CampaignControl.RUNNING:
                return control, ()
            claim = await claim_window(
                connection,
                campaign.id,
                positions,
                lifetime=self.limits.claim_lifetime,
                opt_outs_of=campaign.opt_outs_of,
            )
            if claim.under_way:
                later = MessageSlice(campaign.id, claim.under_way)
                raw = await raw_connection(connection)
                await enqueue_slice(raw, later, urgent=urgent, delay=claim.free_in)
        return control, claim.messages

    async def _cancel(self, rest: MessageSlice, *, urgent: bool) -> None:
        """Cancel what nobody has under way; look after the rest once its claims have run out."""
        for first in range(0, len(rest.positions), BATCH_MESSAGE_COUNT):
            part = rest.positions[first : first + BATCH_MESSAGE_COUNT]
            async with self.engine.begin() as connection:
                under_way = await cancel_messages(connection, rest.campaign_id, part)
                if under_way.positions:
                    later = MessageSlice(rest.campaign_id, under_way.positions)
                    raw = await raw_connection(connection)
                    await enqueue_slice(raw, later, urgent=urgent, delay=under_way.free_in)

    async def _settle(
        self,
        campaign_id: int,
        claimed: Sequence[ClaimedMessage],
        answers: Answers,
        held_back: Sequence[ClaimedMessage],
        *,
        urgent: bool,
    ) -> None:
        settlements = [
            _settlement(message, answer, self.limits.validity)
            for message, answer in zip(claimed, answers, strict=True)
        ]
        again = [
            message
            for message, settlement in zip(claimed, settlements, strict=True)
            if settlement.status is MessageStatus.QUEUED
        ]
        async with self.engine.begin() as connection:
            if again and await get_control(connection, campaign_id) is CampaignControl.CANCELLED:
                settlements, again = list(map(_not_again, settlements)), []
            settlements += [_opted_out(message) for message in held_back]
            await apply_settlements(connection, campaign_id, settlements)
            if again:
                retry = MessageSlice(campaign_id, [message.position for message in again])
                delay = retry_delay(max(message.attempt for message in again), self.jitter)
                raw = await raw_connection(connection)
                await enqueue_slice(raw, retry, urgent=urgent, delay=delay)

    async def _queue_again(self, rest: MessageSlice, *, urgent: bool) -> None:
        async with self.engine.begin() as connection:
            if await has_due_message(connection, rest.campaign_id, rest.positions):
                raw = await raw_connection(connection)
                await enqueue_slice(raw, rest, urgent=urgent, delay=AT_ONCE)


def _not_again(settlement: Settlement) -> Settlement:
    if settlement.status is MessageStatus.QUEUED:
        return replace(settlement, status=MessageStatus.CANCELLED)
    return settlement


def _opted_out(message: ClaimedMessage) -> Settlement:
    return Settlement(message.position, MessageStatus.CANCELLED, failure_cause=OPTED_OUT)


def _settlement(
    message: ClaimedMessage, answer: Accepted | CarrierError, validity: timedelta
) -> Settlement:
    if isinstance(answer, Accepted):
        return Settlement(
            message.position,
            MessageStatus.SUBMITTED,
            carrier_message_id=answer.carrier_message_id,
        )
    decision = decide(answer, tried_for=message.tried_for, validity=validity)
    status = MessageStatus.QUEUED if isinstance(decision, TryAgain) else MessageStatus.FAILED
    return Settlement(message.position, status, failure_cause=decision.cause)
