"""Counts of what should not rise, and the alerts of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.events import utc_text
from shared.domain.signals import Signal

ALERTS_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtext('txlink alerts'))")
# Rows of accounts are taken in the order of their key, as by everyone, so nobody waits in a
# circle. Campaigns are found by their primary key.
COUNT_COMPLAINTS = text("""
    INSERT INTO signal_count AS kept (account_id, signal, quarter, signal_count, out_of)
    SELECT campaign.account_id, 'complaint', date_bin('15 minutes', now(), '2000-01-01Z'),
        count(*) FILTER (WHERE is_complaint), count(*)
    FROM unnest(CAST(:campaign_ids AS bigint[]), CAST(:are_complaints AS boolean[]))
        AS settled(campaign_id, is_complaint)
    JOIN campaign ON campaign.id = settled.campaign_id
    GROUP BY campaign.account_id ORDER BY campaign.account_id
    ON CONFLICT (account_id, signal, quarter) DO UPDATE SET
        signal_count = kept.signal_count + excluded.signal_count,
        out_of = kept.out_of + excluded.out_of
""")
# By signal_count_quarter_idx an hour of counts, and a week of those few that are worth a look by
# signal_count_pkey; open alerts by alert_open_idx.
LIST_STANDINGS = text("""
    WITH recent AS (
        SELECT account_id, signal, sum(signal_count) AS signal_count, sum(out_of) AS out_of
        FROM signal_count WHERE quarter >= :begin GROUP BY account_id, signal
    ), watched AS (
        (
            SELECT account_id, signal FROM recent WHERE signal_count >= :least_count
            ORDER BY signal_count DESC LIMIT :row_limit
        )
        UNION
        SELECT account_id, signal FROM alert WHERE ended_at IS NULL
    )
    SELECT watched.account_id, watched.signal, alert.id AS alert_id, alert.usual_rate,
        coalesce(recent.signal_count, 0) AS now_count, coalesce(recent.out_of, 0) AS now_out_of,
        before.signal_count AS before_count, before.out_of AS before_out_of,
        greatest(account.created_at, :since) AS before_begin
    FROM watched
    LEFT JOIN recent USING (account_id, signal)
    LEFT JOIN alert ON alert.account_id = watched.account_id AND alert.signal = watched.signal
        AND alert.ended_at IS NULL
    LEFT JOIN account ON account.id = watched.account_id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(kept.signal_count), 0) AS signal_count,
            coalesce(sum(kept.out_of), 0) AS out_of
        FROM signal_count AS kept
        WHERE kept.account_id = watched.account_id AND kept.signal = watched.signal
        AND kept.quarter >= :since AND kept.quarter < :begin
    ) AS before
    ORDER BY watched.account_id, watched.signal
""")
BEGIN_ALERT = text("""
    INSERT INTO alert (account_id, signal, signal_count, out_of, usual_rate, limit_rate, peak_rate)
    VALUES (:account_id, :signal, :signal_count, :out_of, :usual_rate, :limit_rate, :peak_rate)
    RETURNING id
""")
RAISE_PEAK = text("""
    UPDATE alert SET peak_rate = :peak_rate WHERE id = :alert_id AND peak_rate < :peak_rate
""")
END_ALERT = text("UPDATE alert SET ended_at = now() WHERE id = :alert_id AND ended_at IS NULL")
# One delivery for each webhook that wants to hear of alerts; it names the alert in the place
# where others name batches.
TELL_WEBHOOKS = text("""
    INSERT INTO webhook_delivery (uuid, webhook_id, kind, batches, event_count)
    SELECT gen_random_uuid(), id, 'account.alert', CAST(:batches AS jsonb), 1
    FROM webhook
    WHERE account_id = :account_id AND is_enabled AND 'account.alert' = ANY(kinds)
""")
FIND_ALERT = text("""
    SELECT id, signal, began_at, ended_at, signal_count, out_of, usual_rate, limit_rate, peak_rate
    FROM alert WHERE account_id = :account_id AND id = :alert_id
""")


@dataclass(frozen=True, slots=True)
class Standing:
    """What came of one signal of an account in the last hour, and in the week before.

    Attributes:
        alert_id: Of the alert that goes on; None if none does.
        alert_usual_rate: What was usual when that began.
        before_begin: When the week begins, or the account, if that is younger.
    """

    account_id: int
    signal: Signal
    alert_id: int | None
    alert_usual_rate: float | None
    now_count: int
    now_out_of: int
    before_count: int
    before_out_of: int
    before_begin: datetime


async def is_our_turn(connection: AsyncConnection) -> bool:
    """Tell whether no other worker looks, and keep it so until the transaction ends."""
    is_ours: bool = (await connection.execute(ALERTS_LOCK)).scalar_one()
    return is_ours


async def count_complaints(
    connection: AsyncConnection, settled: Sequence[tuple[int, bool]]
) -> None:
    """Count messages that were settled, by campaign id and whether it was by a complaint."""
    await connection.execute(
        COUNT_COMPLAINTS,
        {
            "campaign_ids": [campaign_id for campaign_id, _ in settled],
            "are_complaints": [is_complaint for _, is_complaint in settled],
        },
    )


async def list_standings(
    connection: AsyncConnection,
    *,
    since: datetime,
    begin: datetime,
    least_count: int,
    row_limit: int,
) -> list[Standing]:
    """Return what is worth a look: the highest counts of the last hour, and all open alerts."""
    values = {
        "since": since,
        "begin": begin,
        "least_count": least_count,
        "row_limit": row_limit,
    }
    return [
        Standing(
            row.account_id,
            Signal(row.signal),
            row.alert_id,
            row.usual_rate,
            row.now_count,
            row.now_out_of,
            row.before_count,
            row.before_out_of,
            row.before_begin,
        )
        for row in await connection.execute(LIST_STANDINGS, values)
    ]


async def begin_alert(
    connection: AsyncConnection,
    standing: Standing,
    *,
    usual_rate: float,
    limit_rate: float,
    rate: float,
) -> int:
    """Store an alert that begins, and return its id."""
    values = {
        "account_id": standing.account_id,
        "signal": standing.signal.value,
        "signal_count": standing.now_count,
        "out_of": standing.now_out_of,
        "usual_rate": usual_rate,
        "limit_rate": limit_rate,
        "peak_rate": rate,
    }
    added: int = (await connection.execute(BEGIN_ALERT, values)).scalar_one()
    return added


async def raise_peak(connection: AsyncConnection, alert_id: int, rate: float) -> None:
    """Note a rate, if it is the most that an alert came to."""
    await connection.execute(RAISE_PEAK, {"alert_id": alert_id, "peak_rate": rate})


async def end_alert(connection: AsyncConnection, alert_id: int) -> None:
    """Note that an alert is over."""
    await connection.execute(END_ALERT, {"alert_id": alert_id})


async def tell_webhooks(connection: AsyncConnection, account_id: int, alert_id: int) -> None:
    """Have an account's webhooks told how an alert stands."""
    batches = json.dumps([[alert_id, "alert", 0]])
    await connection.execute(TELL_WEBHOOKS, {"account_id": account_id, "batches": batches})


async def find_alert(
    connection: AsyncConnection, account_id: int, alert_id: int
) -> dict[str, object] | None:
    """Return an alert of an account as webhooks are told of it; None if it has none such."""
    values = {"account_id": account_id, "alert_id": alert_id}
    row = (await connection.execute(FIND_ALERT, values)).one_or_none()
    if row is None:
        return None
    return row._asdict() | {
        "began_at": utc_text(row.began_at),
        "ended_at": utc_text(row.ended_at),
    }
