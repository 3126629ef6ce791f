"""Make, change and try webhooks, and read what was delivered to them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.domain.authors import Author
from services.api.domain.errors import (
    InvalidValueError,
    NotFoundError,
    TooManyWebhooksError,
    WebhookDisabledError,
)
from services.api.domain.masked_urls import masked_url
from services.api.storage import webhooks
from services.api.storage.accounts import Account
from services.api.storage.audit import AuditEntry, Values, add_entry
from services.api.storage.webhooks import Delivery, Webhook
from shared.domain.events import TEST_KIND
from shared.domain.outbound import Reach
from shared.domain.webhook_packing import Parcel, pack
from shared.domain.webhook_secrets import make_secret, secret_text

MAX_WEBHOOKS = 20
# Half a million clicks of big campaigns, or thousands of single messages.
MAX_REPLAYED_BATCHES = 5_000
EMPTY_SPAN = "must be later than since"
FULL_SPAN = "must be earlier: the span holds too many events for one replay"


@dataclass(frozen=True, slots=True)
class WebhookWithSecret:
    """A webhook, with the text of its secret that is shown only now."""

    webhook: Webhook
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay will deliver."""

    delivery_count: int
    event_count: int


async def add_webhook(
    engine: AsyncEngine,
    account: Account,
    reach: Reach,
    *,
    author: Author,
    url: str,
    kinds: Sequence[str],
    is_enabled: bool,
) -> WebhookWithSecret:
    """Make a webhook.

    Raises:
        InvalidValueError: Its URL is none that may be called.
        TooManyWebhooksError: The account has as many as it may.
    """
    _check(url, reach)
    secret = make_secret()
    async with engine.begin() as connection:
        if await webhooks.count_webhooks(connection, account.id) >= MAX_WEBHOOKS:
            raise TooManyWebhooksError(MAX_WEBHOOKS)
        added = await webhooks.add_webhook(
            connection, account.id, url=url, kinds=kinds, is_enabled=is_enabled, secret=secret
        )
        entry = AuditEntry("webhook.create", str(added.uuid), None, told(added))
        await add_entry(connection, account.id, author, entry)
    return WebhookWithSecret(added, secret_text(secret))


async def list_webhooks(engine: AsyncEngine, account: Account) -> list[Webhook]:
    """Return the account's webhooks, oldest first."""
    async with engine.connect() as connection:
        return await webhooks.list_webhooks(connection, account.id)


async def read_webhook(engine: AsyncEngine, account: Account, webhook_uuid: uuid.UUID) -> Webhook:
    """Return one webhook.

    Raises:
        NotFoundError: The account has no such webhook.
    """
    async with engine.connect() as connection:
        return await _webhook(connection, account, webhook_uuid)


async def change_webhook(
    engine: AsyncEngine,
    account: Account,
    webhook_uuid: uuid.UUID,
    reach: Reach,
    *,
    author: Author,
    url: str | None,
    kinds: Sequence[str] | None,
    is_enabled: bool | None,
) -> Webhook:
    """Change what is given of a webhook; its failures are forgotten.

    What waits for a webhook that is disabled is given up.

    Raises:
        InvalidValueError: Its URL is none that may be called.
        NotFoundError: The account has no such webhook.
    """
    if url is not None:
        _check(url, reach)
    async with engine.begin() as connection:
        current = await _webhook(connection, account, webhook_uuid)
        changed = await webhooks.change_webhook(
            connection,
            account.id,
            webhook_uuid,
            url=current.url if url is None else url,
            kinds=current.kinds if kinds is None else kinds,
            is_enabled=current.is_enabled if is_enabled is None else is_enabled,
        )
        if not changed.is_enabled:
            await webhooks.give_up_deliveries(connection, account.id, changed.id)
        before, after = told(current), told(changed)
        names = [name for name in before if before[name] != after[name]]
        if names:
            entry = AuditEntry(
                "webhook.change",
                str(webhook_uuid),
                {name: before[name] for name in names},
                {name: after[name] for name in names},
            )
            await add_entry(connection, account.id, author, entry)
    return changed


async def change_secret(
    engine: AsyncEngine,
    account: Account,
    webhook_uuid: uuid.UUID,
    *,
    author: Author,
    overlap_s: float,
) -> WebhookWithSecret:
    """Give a webhook a new secret; for a time deliveries are signed with both.

    Raises:
        NotFoundError: The account has no such webhook.
    """
    secret = make_secret()
    async with engine.begin() as connection:
        changed = await webhooks.change_secret(
            connection, account.id, webhook_uuid, secret=secret, overlap_s=overlap_s
        )
        if changed is None:
            raise NotFoundError("webhook")
        values = {"overlap_hours": overlap_s / 3_600}
        entry = AuditEntry("webhook.rotate_secret", str(webhook_uuid), None, values)
        await add_entry(connection, account.id, author, entry)
    return WebhookWithSecret(changed, secret_text(secret))


async def delete_webhook(
    engine: AsyncEngine, account: Account, webhook_uuid: uuid.UUID, *, author: Author
) -> None:
    """Delete a webhook and the log of its deliveries.

    Raises:
        NotFoundError: The account has no such webhook.
    """
    async with engine.begin() as connection:
        current = await _webhook(connection, account, webhook_uuid)
        if not await webhooks.delete_webhook(connection, account.id, webhook_uuid):
            raise NotFoundError("webhook")
        entry = AuditEntry("webhook.delete", str(webhook_uuid), told(current), None)
        await add_entry(connection, account.id, author, entry)


async def read_deliveries(
    engine: AsyncEngine,
    account: Account,
    webhook_uuid: uuid.UUID,
    *,
    before: int,
    row_limit: int,
) -> list[Delivery]:
    """Return the deliveries of a webhook, newest first.

    Raises:
        NotFoundError: The account has no such webhook.
    """
    async with engine.connect() as connection:
        webhook = await _webhook(connection, account, webhook_uuid)
        return await webhooks.list_deliveries(
            connection, account.id, webhook.id, before=before, row_limit=row_limit
        )


async def try_webhook(
    engine: AsyncEngine, account: Account, webhook_uuid: uuid.UUID, *, author: Author
) -> Delivery:
    """Have a delivery without events sent to a webhook, at once even if it took nothing lately.

    Raises:
        NotFoundError: The account has no such webhook.
        WebhookDisabledError: Nothing is sent to it.
    """
    async with engine.begin() as connection:
        webhook = await _enabled_webhook(connection, account, webhook_uuid)
        await webhooks.end_pause(connection, account.id, webhook.id)
        [added] = await webhooks.add_deliveries(
            connection, account.id, webhook.id, [Parcel(TEST_KIND, [], 0)]
        )
        entry = AuditEntry("webhook.test", str(webhook_uuid), None, None)
        await add_entry(connection, account.id, author, entry)
    return added


async def replay(
    engine: AsyncEngine,
    account: Account,
    webhook_uuid: uuid.UUID,
    *,
    author: Author,
    since: datetime,
    until: datetime,
) -> Replay:
    """Have all events of a span of time delivered, whether or not they were before.

    Raises:
        InvalidValueError: The span is empty, or holds too much for one replay.
        NotFoundError: The account has no such webhook.
        WebhookDisabledError: Nothing is sent to it.
    """
    if since >= until:
        raise InvalidValueError("until", EMPTY_SPAN)
    async with engine.begin() as connection:
        webhook = await _enabled_webhook(connection, account, webhook_uuid)
        told = await webhooks.list_told(
            connection,
            account.id,
            kinds=webhook.kinds,
            since=since,
            until=until,
            row_limit=MAX_REPLAYED_BATCHES + 1,
        )
        if len(told) > MAX_REPLAYED_BATCHES:
            raise InvalidValueError("until", FULL_SPAN)
        parcels = pack(told)
        if parcels:
            await webhooks.add_deliveries(connection, account.id, webhook.id, parcels)
        span = {"since_at": since.isoformat(), "until_at": until.isoformat()}
        entry = AuditEntry("webhook.replay", str(webhook_uuid), None, span)
        await add_entry(connection, account.id, author, entry)
    return Replay(len(parcels), sum(parcel.event_count for parcel in parcels))


def told(webhook: Webhook) -> Values:
    """Return what the audit trail keeps of a webhook: of its URL no secret that may be in it."""
    return {
        "url": masked_url(webhook.url),
        "kinds": sorted(webhook.kinds),
        "is_enabled": webhook.is_enabled,
    }


def _check(url: str, reach: Reach) -> None:
    if complaint := reach.complaint_of(url):
        raise InvalidValueError("url", complaint)


async def _webhook(
    connection: AsyncConnection, account: Account, webhook_uuid: uuid.UUID
) -> Webhook:
    webhook = await webhooks.find_webhook(connection, account.id, webhook_uuid)
    if webhook is None:
        raise NotFoundError("webhook")
    return webhook


async def _enabled_webhook(
    connection: AsyncConnection, account: Account, webhook_uuid: uuid.UUID
) -> Webhook:
    webhook = await _webhook(connection, account, webhook_uuid)
    if not webhook.is_enabled:
        raise WebhookDisabledError
    return webhook
