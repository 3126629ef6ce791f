"""Job: interpret raw delivery reports and move their messages to a final status."""

import random  # noqa: TID251 - named for its type; the generator is injected
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncEngine

from services.worker.delivery_reports import (
    REPORT_ATTEMPT_LIMIT,
    DeliveryReport,
    ReportOutcome,
    UnreadableReportError,
    parse_delivery_report,
    weigh,
)
from services.worker.retrying import retry_delay
from services.worker.storage.alerts import count_complaints
from services.worker.storage.delivery_reports import (
    ReportedMessage,
    StoredReport,
    Verdict,
    apply_outcomes,
    apply_verdicts,
    claim_reported_messages,
    claim_reports,
)
from shared.storage.engine import raw_connection
from shared.storage.queue import enqueue_delivery_reports


@dataclass(slots=True)
class _Settling:
    """What a batch of reports comes to."""

    outcomes: dict[int, ReportOutcome] = field(default_factory=dict)
    verdicts: dict[tuple[str, str], Verdict] = field(default_factory=dict)
    waiting: list[StoredReport] = field(default_factory=list)
    erased: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SettleDeliveryReports:
    """Settles delivery reports; one object serves all jobs of a worker."""

    engine: AsyncEngine
    jitter: random.Random

    async def run(self, report_ids: Sequence[int]) -> None:
        """Settle reports; safe to run any number of times.

        A report whose message is not known yet may have overtaken the carrier's answer to the
        submission (SMPP sets no order between the two), so it is tried again later, and given up
        after ``REPORT_ATTEMPT_LIMIT`` attempts.
        """
        async with self.engine.begin() as connection:
            stored = await claim_reports(connection, report_ids)
            settling = _Settling()
            parsed = _parse(stored, settling)
            ids = [report.carrier_message_id for _, report in parsed]
            messages = await claim_reported_messages(connection, ids)
            for report in parsed:
                _weigh(report, messages, settling)
            if settling.verdicts:
                verdicts = list(settling.verdicts.values())
                await apply_verdicts(connection, verdicts)
                settled = [(each.message.campaign_id, each.is_complaint) for each in verdicts]
                await count_complaints(connection, settled)
            waiting = [report.id for report in settling.waiting]
            await apply_outcomes(connection, settling.outcomes, waiting, erased=settling.erased)
            if waiting:
                attempt = 1 + min(report.attempt_count for report in settling.waiting)
                raw = await raw_connection(connection)
                delay = retry_delay(attempt, self.jitter)
                await enqueue_delivery_reports(raw, waiting, delay=delay)


def _parse(
    stored: Sequence[StoredReport], settling: _Settling
) -> list[tuple[StoredReport, DeliveryReport]]:
    parsed = []
    for report in stored:
        try:
            parsed.append((report, parse_delivery_report(report.raw)))
        except UnreadableReportError:
            settling.outcomes[report.id] = ReportOutcome.UNREADABLE
    return parsed


def _weigh(
    reported: tuple[StoredReport, DeliveryReport],
    messages: dict[tuple[str, str], ReportedMessage],
    settling: _Settling,
) -> None:
    stored, report = reported
    key = (stored.carrier, report.carrier_message_id)
    message = messages.get(key)
    if message is None:
        _wait_or_give_up(stored, settling)
        return
    if message.is_erased:
        settling.erased.append(stored.id)
    earlier = settling.verdicts.get(key)
    current = message.status if earlier is None else earlier.status
    outcome = weigh(report, current)
    settling.outcomes[stored.id] = outcome
    if outcome is ReportOutcome.APPLIED and report.verdict is not None:
        settling.verdicts[key] = Verdict(
            message, report.verdict, report.cause, is_complaint=report.is_complaint
        )


def _wait_or_give_up(stored: StoredReport, settling: _Settling) -> None:
    if stored.attempt_count + 1 < REPORT_ATTEMPT_LIMIT:
        settling.waiting.append(stored)
    else:
        settling.outcomes[stored.id] = ReportOutcome.UNKNOWN_MESSAGE
