"""Finding the message of a delivery report, and moving it and its campaign's counts."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.worker.delivery_reports import ReportOutcome
from services.worker.storage.event_batches import NEWS, TOLD
from services.worker.storage.failures import COUNT_FAILURES
from shared.domain.messages import FAILURES, UNSENT, MessageStatus
from shared.storage.refunds import OWED, refund

LOCK_REPORTS = text("""
    SELECT id, carrier, raw, attempt_count FROM delivery_report
    WHERE id = ANY(CAST(:report_ids AS bigint[])) AND settled_at IS NULL
    ORDER BY id
    FOR UPDATE
""")

# By message's index on carrier_message_id. Messages are locked in the order of their key, which
# is the order everywhere.
LOCK_MESSAGES = text("""
    SELECT
        campaign.carrier, message.carrier_message_id,
        message.campaign_id, message.position, message.status, message.msisdn = 0 AS is_erased
    FROM message JOIN campaign ON campaign.id = message.campaign_id
    WHERE message.carrier_message_id = ANY(CAST(:carrier_message_ids AS text[]))
    ORDER BY message.campaign_id, message.position
    FOR UPDATE OF message
""")

APPLY_VERDICTS = text(
    """
    WITH verdict AS (
        SELECT * FROM unnest(
            CAST(:campaign_ids AS bigint[]),
            CAST(:positions AS integer[]),
            CAST(:statuses AS smallint[]),
            CAST(:failure_causes AS text[])
        ) AS verdict(campaign_id, position, status, failure_cause)
    ), settled AS (
        UPDATE message SET
            status = verdict.status, failure_cause = verdict.failure_cause, settled_at = now()
        FROM verdict
        WHERE message.campaign_id = verdict.campaign_id AND message.position = verdict.position
        AND message.status = :submitted
        RETURNING
            message.campaign_id, message.position, message.status, message.failure_cause
    )
    """  # noqa: S608 - nothing but constants
    + NEWS
    + """
    , moved AS (
        SELECT
            campaign_id,
            (SELECT count(*) FROM news WHERE news.campaign_id = settled.campaign_id)
                AS batch_count,
            count(*) AS message_count,
            count(*) FILTER (WHERE status = :delivered) AS to_delivered,
            count(*) FILTER (WHERE status = :undelivered) AS to_undelivered,
            count(*) FILTER (WHERE status = :expired) AS to_expired,
            count(*) FILTER (WHERE status = :rejected) AS to_rejected
        FROM settled GROUP BY campaign_id
    ), locked AS MATERIALIZED (
        SELECT campaign_id FROM campaign_delivery
        WHERE campaign_id IN (SELECT campaign_id FROM moved)
        ORDER BY campaign_id
        FOR UPDATE
    ), counted AS (
        UPDATE campaign_delivery SET
            submitted = submitted - moved.message_count,
            delivered = delivered + moved.to_delivered,
            undelivered = undelivered + moved.to_undelivered,
            expired = expired + moved.to_expired,
            rejected = rejected + moved.to_rejected,
            event_batch_count = event_batch_count + moved.batch_count
        FROM moved JOIN locked USING (campaign_id)
        WHERE campaign_delivery.campaign_id = moved.campaign_id
        RETURNING campaign_delivery.campaign_id, campaign_delivery.event_batch_count
    )
    """
    + OWED
    + TOLD
    + COUNT_FAILURES
)

# What a report repeats of its message's text is of no use once it is read, and of one whose
# recipient is erased nothing is.
CLOSE_REPORTS = text(r"""
    UPDATE delivery_report SET
        attempt_count = attempt_count + 1, settled_at = now(), outcome = closed.outcome,
        raw = CASE
            WHEN delivery_report.id = ANY(CAST(:erased_ids AS bigint[])) THEN ''
            ELSE regexp_replace(raw, '(^|\s)text:.*$', '', 'i')
        END
    FROM unnest(CAST(:report_ids AS bigint[]), CAST(:outcomes AS text[])) AS closed(id, outcome)
    WHERE delivery_report.id = closed.id
""")

KEEP_REPORTS = text("""
    UPDATE delivery_report SET attempt_count = attempt_count + 1
    WHERE id = ANY(CAST(:report_ids AS bigint[]))
""")

ADD_REPORTS = text("""
    INSERT INTO delivery_report (carrier, raw)
    SELECT :carrier, raw FROM unnest(CAST(:raws AS text[])) AS report(raw)
    RETURNING id
""")


@dataclass(frozen=True, slots=True)
class StoredReport:
    """A raw delivery report that waits to be settled."""

    id: int
    carrier: str
    raw: str
    attempt_count: int


@dataclass(frozen=True, slots=True)
class ReportedMessage:
    """A message that a report is about, and where it stands."""

    campaign_id: int
    position: int
    status: MessageStatus
    is_erased: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a message becomes, and why if it did not arrive."""

    message: ReportedMessage
    status: MessageStatus
    failure_cause: str | None
    is_complaint: bool = False


async def claim_reports(
    connection: AsyncConnection, report_ids: Sequence[int]
) -> list[StoredReport]:
    """Lock and return those reports that are not settled yet, oldest first."""
    rows = await connection.execute(LOCK_REPORTS, {"report_ids": list(report_ids)})
    return [StoredReport(row.id, row.carrier, row.raw, row.attempt_count) for row in rows]


async def claim_reported_messages(
    connection: AsyncConnection, carrier_message_ids: Sequence[str]
) -> dict[tuple[str, str], ReportedMessage]:
    """Lock and return messages by carrier and carrier's id.

    A carrier that uses an id again means its newest message.
    """
    rows = await connection.execute(
        LOCK_MESSAGES, {"carrier_message_ids": list(carrier_message_ids)}
    )
    return {
        (row.carrier, row.carrier_message_id): ReportedMessage(
            row.campaign_id, row.position, MessageStatus(row.status), row.is_erased
        )
        for row in rows
    }


async def apply_verdicts(connection: AsyncConnection, verdicts: Sequence[Verdict]) -> None:
    """Move submitted messages to their final status.

    What those that are rejected cost in credit is given back. That locks accounts' balances, so
    that no message or count may be locked behind it.
    """
    await connection.execute(
        APPLY_VERDICTS,
        {
            "campaign_ids": [verdict.message.campaign_id for verdict in verdicts],
            "positions": [verdict.message.position for verdict in verdicts],
            "statuses": [int(verdict.status) for verdict in verdicts],
            "failure_causes": [verdict.failure_cause for verdict in verdicts],
            "submitted": int(MessageStatus.SUBMITTED),
            "delivered": int(MessageStatus.DELIVERED),
            "undelivered": int(MessageStatus.UNDELIVERED),
            "expired": int(MessageStatus.EXPIRED),
            "rejected": int(MessageStatus.REJECTED),
            "failures": list(map(int, FAILURES)),
        },
    )
    unsent = {each.message.campaign_id for each in verdicts if each.status in UNSENT}
    if unsent:
        await refund(connection, sorted(unsent))


async def apply_outcomes(
    connection: AsyncConnection,
    outcomes: dict[int, ReportOutcome],
    waiting: Sequence[int],
    *,
    erased: Sequence[int] = (),
) -> None:
    """Close reports with their outcomes, and note one more attempt on those that wait.

    Of those that are ``erased`` nothing is kept but that they came.
    """
    await connection.execute(
        CLOSE_REPORTS,
        {
            "report_ids": list(outcomes),
            "outcomes": [outcome.value for outcome in outcomes.values()],
            "erased_ids": list(erased),
        },
    )
    if waiting:
        await connection.execute(KEEP_REPORTS, {"report_ids": list(waiting)})


async def add_reports(connection: AsyncConnection, carrier: str, raws: Sequence[str]) -> list[int]:
    """Store delivery reports as they came; return their ids."""
    rows = await connection.execute(ADD_REPORTS, {"carrier": carrier, "raws": list(raws)})
    return list(rows.scalars())
