"""The carrier that a newcomer sends to: a network that behaves, and misbehaves when asked.

It keeps every message it was given, where ``GET /sandbox/messages`` shows it, and sends a
delivery receipt for it after a delay. Most messages arrive. The last four digits of the number
ask for another fate:

====  =========================================================================
0001  taken, then undeliverable: ``UNDELIV``, error 001
0002  taken, then never reached before its validity ended: ``EXPIRED``, error 002
0003  taken, then turned down by the network: ``REJECTD``, error 003
0004  refused at once and for good: ``ESME_RINVDSTADR``
0005  refused at the first attempt as too fast, ``ESME_RTHROTTLED``, then taken
====  =========================================================================
"""

import asyncio
import random  # noqa: TID251 - named for its type; the generator is injected
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.worker.carriers.port import Accepted, CarrierError, OutgoingMessage, SendingTerms
from services.worker.storage.sandbox import SandboxBook, SandboxMessage
from shared.clock import Clock

ERRORS = {"DELIVRD": "000", "UNDELIV": "001", "EXPIRED": "002", "REJECTD": "003"}
_RECEIPT_STATES = {1: "UNDELIV", 2: "EXPIRED", 3: "REJECTD"}
_REFUSED = 4
_THROTTLED_ONCE = 5


@dataclass(frozen=True, slots=True)
class SandboxTiming:
    """How quick the sandbox's network is.

    Attributes:
        submit_delay_s: How long it takes to answer a window, in seconds.
        delivery_delay_s: How long until the receipt, in seconds, on the average.
    """

    submit_delay_s: float
    delivery_delay_s: float


def receipt_state(msisdn: int) -> str:
    """Return how a message to this number ends."""
    return _RECEIPT_STATES.get(msisdn % 10_000, "DELIVRD")


def refusal(message: OutgoingMessage) -> CarrierError | None:
    """Return why the sandbox will not take a message now; None when it will."""
    fate = message.msisdn % 10_000
    if fate == _REFUSED:
        return CarrierError("ESME_RINVDSTADR", retryable=False, throttled=False, ours=False)
    if fate == _THROTTLED_ONCE and message.attempt == 1:
        return CarrierError("ESME_RTHROTTLED", retryable=True, throttled=True, ours=False)
    return None


def delivery_delay(mean_s: float, draw: random.Random) -> timedelta:
    """Draw how long until the receipt: near the mean, at least half and at most 3 times it."""
    half_s = mean_s / 2
    return timedelta(seconds=min(half_s + half_s * draw.expovariate(1), 3 * mean_s))


@dataclass(frozen=True, slots=True)
class SandboxCarrier:
    """Takes messages into a table."""

    book: SandboxBook
    timing: SandboxTiming
    draw: random.Random
    clock: Clock

    async def submit(
        self, terms: SendingTerms, messages: Sequence[OutgoingMessage]
    ) -> list[Accepted | CarrierError]:
        """Keep the messages, and promise receipts."""
        await asyncio.sleep(self.timing.submit_delay_s)
        now = self.clock.now()
        answers = [refusal(message) or self._take(message, now) for message in messages]
        taken = [answer for answer in answers if isinstance(answer, SandboxMessage)]
        await self.book.add(terms, taken)
        return [_result(answer) for answer in answers]

    def _take(self, message: OutgoingMessage, now: datetime) -> SandboxMessage:
        return SandboxMessage(
            carrier_message_id=secrets.token_hex(8),
            msisdn=message.msisdn,
            body=message.body,
            encoding=message.encoding,
            segment_count=message.segment_count,
            receipt_state=receipt_state(message.msisdn),
            receipt_due_at=now + delivery_delay(self.timing.delivery_delay_s, self.draw),
        )


def _result(answer: SandboxMessage | CarrierError) -> Accepted | CarrierError:
    if isinstance(answer, SandboxMessage):
        return Accepted(answer.carrier_message_id)
    return answer
