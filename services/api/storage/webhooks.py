"""Webhooks of an account, and their deliveries. Every statement names the account."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.webhook_packing import DueBatch, Parcel
from shared.storage.sealed import sealer_of
from shared.storage.sealed_columns import WEBHOOK_SECRET

_COLUMNS = """
    id, uuid, url, kinds, is_enabled, disabled_reason, failing_since, failure_count, created_at,
    CASE WHEN previous_until > now() THEN previous_until END AS previous_until
"""
# Webhooks of one account are made one after another, so that they can be counted.
COUNT_WEBHOOKS = text("""
    WITH locked AS MATERIALIZED (
        SELECT id FROM account WHERE id = :account_id FOR NO KEY UPDATE
    )
    SELECT count(webhook.id) FROM locked LEFT JOIN webhook ON webhook.account_id = :account_id
""")
# The column lists are constants of this module: nothing of a request is in the text.
ADD_WEBHOOK = text(
    "INSERT INTO webhook (uuid, account_id, url, kinds, is_enabled, secret) "  # noqa: S608
    "SELECT :uuid, id, :url, CAST(:kinds AS text[]), :is_enabled, :secret "
    f"FROM account WHERE id = :account_id RETURNING {_COLUMNS}"
)
LIST_WEBHOOKS = text(
    f"SELECT {_COLUMNS} FROM webhook WHERE account_id = :account_id ORDER BY id"  # noqa: S608
)
FIND_WEBHOOK = text(
    f"SELECT {_COLUMNS} FROM webhook WHERE account_id = :account_id AND uuid = :uuid"  # noqa: S608
)
# A changed webhook is tried anew at once, whatever its receiver did before.
CHANGE_WEBHOOK = text(
    """
    UPDATE webhook SET
        url = :url, kinds = CAST(:kinds AS text[]), is_enabled = :is_enabled,
        disabled_reason = NULL, failing_since = NULL, failure_count = 0, paused_until = NULL
    WHERE account_id = :account_id AND uuid = :uuid
    """  # noqa: S608
    f"RETURNING {_COLUMNS}"
)
CHANGE_SECRET = text(
    """
    UPDATE webhook SET
        previous_secret = CASE WHEN :overlap_s > 0 THEN secret END,
        previous_until = CASE
            WHEN :overlap_s > 0 THEN now() + make_interval(secs => :overlap_s)
        END,
        secret = :secret
    WHERE account_id = :account_id AND uuid = :uuid
    """  # noqa: S608
    f"RETURNING {_COLUMNS}"
)
DELETE_WEBHOOK = text("""
    DELETE FROM webhook WHERE account_id = :account_id AND uuid = :uuid RETURNING id
""")
GIVE_UP = text("""
    UPDATE webhook_delivery SET
        status = 'given_up', due_at = NULL, cause = coalesce(cause, 'the webhook was disabled')
    WHERE due_at IS NOT NULL
    AND webhook_id = (
        SELECT id FROM webhook WHERE account_id = :account_id AND id = :webhook_id
    )
""")
END_PAUSE = text("""
    UPDATE webhook SET paused_until = NULL WHERE account_id = :account_id AND id = :webhook_id
""")
_DELIVERY = """
    id, uuid, kind, event_count, created_at, status, due_at, attempt_count, attempted_at,
    response_status, cause, duration_ms
"""
# Walks webhook_delivery_webhook_id_id_idx backwards.
LIST_DELIVERIES = text(
    f"SELECT {_DELIVERY} FROM webhook_delivery "  # noqa: S608
    """
    WHERE webhook_id = (
        SELECT id FROM webhook WHERE account_id = :account_id AND id = :webhook_id
    )
    AND id < :before ORDER BY id DESC LIMIT :row_limit
    """
)
ADD_DELIVERIES = text(
    """
    INSERT INTO webhook_delivery (uuid, webhook_id, kind, batches, event_count)
    SELECT parcel.uuid, webhook.id, kind, CAST(batches AS jsonb), event_count
    FROM webhook CROSS JOIN unnest(
        CAST(:uuids AS uuid[]), CAST(:kinds AS text[]), CAST(:batches AS text[]),
        CAST(:event_counts AS integer[])
    ) AS parcel(uuid, kind, batches, event_count)
    WHERE webhook.account_id = :account_id AND webhook.id = :webhook_id
    RETURNING webhook_delivery.*
    """
)
# Walks event_batch_account_id_created_at_idx.
LIST_TOLD = text("""
    SELECT campaign_id, source, number, kind, cardinality(places) AS event_count
    FROM event_batch
    WHERE account_id = :account_id AND created_at >= :since AND created_at < :until
    AND kind = ANY(CAST(:kinds AS text[]))
    ORDER BY created_at, campaign_id, source, number LIMIT :row_limit
""")


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook as its owner may see it; its secret is not among that.

    Attributes:
        disabled_reason: Why it was disabled, if not by its owner.
        failing_since: When the first attempt failed since which none succeeded.
        previous_until: Until when deliveries are signed with the secret before, too.
    """

    id: int
    uuid: uuid.UUID
    url: str = field(repr=False)
    kinds: Sequence[str]
    is_enabled: bool
    disabled_reason: str | None
    failing_since: datetime | None
    failure_count: int
    created_at: datetime
    previous_until: datetime | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """What was, or is to be, delivered by one request.

    Attributes:
        due_at: When it is next tried; None once it is not any more.
    """

    id: int
    uuid: uuid.UUID
    kind: str
    event_count: int
    created_at: datetime
    status: str
    due_at: datetime | None
    attempt_count: int
    attempted_at: datetime | None
    response_status: int | None
    cause: str | None
    duration_ms: int | None


async def count_webhooks(connection: AsyncConnection, account_id: int) -> int:
    """Count the account's webhooks, and let nobody add one until the transaction ends."""
    count: int = (
        await connection.execute(COUNT_WEBHOOKS, {"account_id": account_id})
    ).scalar_one()
    return count


async def add_webhook(
    connection: AsyncConnection,
    account_id: int,
    *,
    url: str,
    kinds: Sequence[str],
    is_enabled: bool,
    secret: bytes,
) -> Webhook:
    """Store a new webhook."""
    name = uuid.uuid4()
    values = {
        "account_id": account_id,
        "uuid": name,
        "url": url,
        "kinds": list(kinds),
        "is_enabled": is_enabled,
        "secret": _sealed(connection, name, secret),
    }
    return _webhook((await connection.execute(ADD_WEBHOOK, values)).one())


async def list_webhooks(connection: AsyncConnection, account_id: int) -> list[Webhook]:
    """Return the account's webhooks, oldest first."""
    return [
        _webhook(row)
        for row in await connection.execute(LIST_WEBHOOKS, {"account_id": account_id})
    ]


async def find_webhook(
    connection: AsyncConnection, account_id: int, webhook_uuid: uuid.UUID
) -> Webhook | None:
    """Return a webhook of the account; None if it is not the account's."""
    values = {"account_id": account_id, "uuid": webhook_uuid}
    row = (await connection.execute(FIND_WEBHOOK, values)).one_or_none()
    return None if row is None else _webhook(row)


async def change_webhook(
    connection: AsyncConnection,
    account_id: int,
    webhook_uuid: uuid.UUID,
    *,
    url: str,
    kinds: Sequence[str],
    is_enabled: bool,
) -> Webhook:
    """Change a webhook of the account, which must exist, and forget its failures."""
    values = {
        "account_id": account_id,
        "uuid": webhook_uuid,
        "url": url,
        "kinds": list(kinds),
        "is_enabled": is_enabled,
    }
    return _webhook((await connection.execute(CHANGE_WEBHOOK, values)).one())


async def change_secret(
    connection: AsyncConnection,
    account_id: int,
    webhook_uuid: uuid.UUID,
    *,
    secret: bytes,
    overlap_s: float,
) -> Webhook | None:
    """Give a webhook a new secret beside which the old one counts for a time."""
    values = {
        "account_id": account_id,
        "uuid": webhook_uuid,
        "secret": _sealed(connection, webhook_uuid, secret),
        "overlap_s": overlap_s,
    }
    row = (await connection.execute(CHANGE_SECRET, values)).one_or_none()
    return None if row is None else _webhook(row)


def _sealed(connection: AsyncConnection, webhook_uuid: uuid.UUID, secret: bytes) -> bytes:
    return sealer_of(connection).seal(secret, WEBHOOK_SECRET.context(webhook_uuid))


async def delete_webhook(
    connection: AsyncConnection, account_id: int, webhook_uuid: uuid.UUID
) -> bool:
    """Delete a webhook and its deliveries; return whether there was one."""
    values = {"account_id": account_id, "uuid": webhook_uuid}
    return (await connection.execute(DELETE_WEBHOOK, values)).one_or_none() is not None


async def give_up_deliveries(
    connection: AsyncConnection, account_id: int, webhook_id: int
) -> None:
    """Give up what waits for a webhook."""
    await connection.execute(GIVE_UP, {"account_id": account_id, "webhook_id": webhook_id})


async def end_pause(connection: AsyncConnection, account_id: int, webhook_id: int) -> None:
    """Let a webhook be called at once, although it took nothing lately."""
    await connection.execute(END_PAUSE, {"account_id": account_id, "webhook_id": webhook_id})


async def list_deliveries(
    connection: AsyncConnection, account_id: int, webhook_id: int, *, before: int, row_limit: int
) -> list[Delivery]:
    """Return the deliveries of a webhook, newest first."""
    values = {
        "account_id": account_id,
        "webhook_id": webhook_id,
        "before": before,
        "row_limit": row_limit,
    }
    return [_delivery(row) for row in await connection.execute(LIST_DELIVERIES, values)]


async def add_deliveries(
    connection: AsyncConnection, account_id: int, webhook_id: int, parcels: Sequence[Parcel]
) -> list[Delivery]:
    """Store what is to be delivered to a webhook."""
    values = {
        "account_id": account_id,
        "webhook_id": webhook_id,
        "uuids": [uuid.uuid4() for _ in parcels],
        "kinds": [parcel.kind for parcel in parcels],
        "batches": [json.dumps(parcel.keys) for parcel in parcels],
        "event_counts": [parcel.event_count for parcel in parcels],
    }
    return [_delivery(row) for row in await connection.execute(ADD_DELIVERIES, values)]


async def list_told(
    connection: AsyncConnection,
    account_id: int,
    *,
    kinds: Sequence[str],
    since: datetime,
    until: datetime,
    row_limit: int,
) -> list[DueBatch]:
    """Return batches of events that came in a span of time, oldest first."""
    values = {
        "account_id": account_id,
        "kinds": list(kinds),
        "since": since,
        "until": until,
        "row_limit": row_limit,
    }
    return [
        DueBatch(account_id, row.kind, (row.campaign_id, row.source, row.number), row.event_count)
        for row in await connection.execute(LIST_TOLD, values)
    ]


def _webhook(row: Row[Any]) -> Webhook:
    return Webhook(*(getattr(row, each.name) for each in fields(Webhook)))


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(*(getattr(row, each.name) for each in fields(Delivery)))
