"""Job: deliver what is due to one webhook."""

import asyncio
import json
import logging
import random  # noqa: TID251 - named for its type; the generator is injected
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.worker.calling import Caller
from services.worker.storage.alerts import find_alert
from services.worker.storage.webhooks import (
    DueDelivery,
    WebhookToCall,
    apply_answer,
    begin_job,
    disable,
    end_job,
    list_due_deliveries,
    note_failure,
    note_success,
)
from services.worker.webhook_retrying import Answer, Ending, decide, pause, reason_to_disable
from shared.clock import Clock
from shared.domain.events import ALERT_KIND, TEST_KIND, Event, utc_text
from shared.domain.webhook_secrets import sign
from shared.storage.events import get_batches, list_events

AT_A_TIME = 4
# Then others have their turn; what is still due is found by the next round of dispatching.
TURN_S = 10.0
NOTHING_LEFT = Answer(None, "nothing of it is left to tell", 0)

LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SendWebhooks:
    """Delivers to webhooks; one object serves all jobs of a worker.

    A delivery is sent at least once: again, if what came of it could not be noted.

    Attributes:
        stopping: Set to send no further delivery.
    """

    engine: AsyncEngine
    caller: Caller
    jitter: random.Random
    clock: Clock
    stopping: asyncio.Event

    async def run(self, webhook_id: int, job_number: int) -> None:
        """Deliver what is due to a webhook, until its turn is over or it fails.

        No connection to Postgres is held while the receiver is called.
        """
        loop = asyncio.get_running_loop()
        turn_ends = loop.time() + TURN_S
        has_more = True
        while has_more and loop.time() < turn_ends and not self.stopping.is_set():
            has_more = await self._deliver_some(webhook_id, job_number)
        async with self.engine.begin() as connection:
            await end_job(connection, webhook_id, job_number)

    async def _deliver_some(self, webhook_id: int, job_number: int) -> bool:
        """Try a few deliveries; return whether to go on."""
        async with self.engine.begin() as connection:
            webhook = await begin_job(connection, webhook_id, job_number)
            if webhook is None:
                return False
            due = await list_due_deliveries(connection, webhook_id, row_limit=AT_A_TIME)
            bodies = [await self._body(connection, webhook, delivery) for delivery in due]
        answers = await asyncio.gather(
            *(
                self._send(webhook, delivery, body)
                for delivery, body in zip(due, bodies, strict=True)
            )
        )
        async with self.engine.begin() as connection:
            return await self._settle(connection, webhook, due, answers)

    async def _body(
        self, connection: AsyncConnection, webhook: WebhookToCall, delivery: DueDelivery
    ) -> bytes | None:
        if delivery.kind == TEST_KIND:
            return _encode(TEST_KIND, utc_text(delivery.created_at), [])
        if delivery.kind == ALERT_KIND:
            return await self._alert_body(connection, webhook, delivery)
        batches = await get_batches(connection, webhook.account_id, delivery.batches)
        events: list[Event] = []
        for batch in batches:
            events += await list_events(connection, webhook.account_id, batch)
        if not events:
            return None
        return _encode(delivery.kind, utc_text(max(batch.created_at for batch in batches)), events)

    async def _alert_body(
        self, connection: AsyncConnection, webhook: WebhookToCall, delivery: DueDelivery
    ) -> bytes | None:
        # It stands where batches do; what is told is how the alert stands by now.
        [(alert_id, _, _)] = delivery.batches
        alert = await find_alert(connection, webhook.account_id, alert_id)
        if alert is None:
            return None
        event = {"type": ALERT_KIND} | alert
        return _encoded(ALERT_KIND, utc_text(delivery.created_at), [event])

    async def _send(
        self, webhook: WebhookToCall, delivery: DueDelivery, body: bytes | None
    ) -> Answer:
        if body is None:
            return NOTHING_LEFT
        message_id = f"msg_{delivery.uuid.hex}"
        timestamp_s = int(self.clock.now().timestamp())
        headers = {
            "content-type": "application/json",
            "user-agent": "txlink-webhooks/1",
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp_s),
            "webhook-signature": sign(message_id, timestamp_s, body, webhook.keys),
        }
        return await self.caller.post(webhook.url, headers, body)

    async def _settle(
        self,
        connection: AsyncConnection,
        webhook: WebhookToCall,
        due: Sequence[DueDelivery],
        answers: Sequence[Answer],
    ) -> bool:
        called = [answer for answer in answers if answer is not NOTHING_LEFT]
        has_failed = bool(called) and not any(answer.is_success for answer in called)
        reason = None
        # The webhook is locked before its deliveries, as by everyone.
        if has_failed:
            delay = pause(webhook.failure_count + 1, self.jitter, called)
            failing_for = await note_failure(connection, webhook.id, pause=delay)
            reasons = (reason_to_disable(answer, failing_for=failing_for) for answer in called)
            reason = next(filter(None, reasons), None)
        else:
            await note_success(connection, webhook.id)
        for delivery, answer in zip(due, answers, strict=True):
            decision = (
                Ending.GIVEN_UP
                if answer is NOTHING_LEFT
                else decide(answer, attempt=delivery.attempt, jitter=self.jitter)
            )
            await apply_answer(connection, delivery.id, answer, decision)
        if reason:
            LOGGER.warning("webhook %d is disabled: %s", webhook.id, reason)
            await disable(connection, webhook.id, reason)
        return not has_failed and len(due) == AT_A_TIME


def _encode(kind: str, timestamp: str | None, events: Sequence[Event]) -> bytes:
    return _encoded(kind, timestamp, [event.to_json() for event in events])


def _encoded(kind: str, timestamp: str | None, events: Sequence[Mapping[str, object]]) -> bytes:
    return json.dumps(
        {"type": kind, "timestamp": timestamp, "data": {"events": events}},
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()
