"""Accept a send: all of it is stored and queued in one transaction, or nothing is."""

import asyncio
import hashlib
import json
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.domain.errors import (
    IdempotencyConflictError,
    NoRecipientError,
    TooManyRecipientsError,
    UnknownSenderIdError,
)
from services.api.operations.tracked_links import TrackedLink, preview_link, track_link
from services.api.storage.accounts import Account
from services.api.storage.blocks import add_block
from services.api.storage.campaigns import NewCampaign, add_campaign, copy_messages
from services.api.storage.idempotency import KeptAnswer, add_answer, find_answer
from shared.clock import Clock
from shared.domain.msisdn import NumberRules
from shared.domain.recipients import Recipients, parse_recipients
from shared.domain.segments import Encoding, Segmentation, segment
from shared.storage.engine import raw_connection
from shared.storage.queue import enqueue_slices

IDEMPOTENCY_WINDOW = timedelta(hours=24)
# 19 decimal digits, and below 2^63.
TRANSACTION_ID_FLOOR = 10**18
TRANSACTION_ID_SPAN = 8 * 10**18
REASONS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class SendCommand:
    """A send as the client asked for it, in our own terms.

    Attributes:
        mobiles: The numbers as written: one text with separators, or one text a number.
        body: The message with the sender's own links in it.
        encoding: None chooses by the text.
        is_dry_run: Everything but storing and sending.
    """

    mobiles: str | Sequence[str]
    body: str
    title: str = ""
    sender_id: str = ""
    track_link: bool = False
    append_http: bool = True
    encoding: Encoding | None = None
    is_flash: bool = False
    drop_duplicates: bool = False
    is_dry_run: bool = False
    idempotency_key: str | None = None
    dlt_entity_id: str | None = None
    dlt_template_id: str | None = None

    def digest(self) -> bytes:
        """Digest all that makes two requests the same send."""
        asked = asdict(replace(self, idempotency_key=None))
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).digest()


@dataclass(frozen=True, slots=True)
class Rejected:
    """A number that is not sent to, as the client wrote it, and why."""

    mobile: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was accepted; ``is_replayed`` tells that an earlier answer is given again."""

    uuid: str
    transaction_id: int
    accepted_at: str
    mobiles: str
    recipient_count: int
    duplicate_count: int
    rejected: list[Rejected]
    encoding: str
    segment_count: int
    sample_text: str
    destination: str | None
    sample_link: str | None
    is_dry_run: bool
    is_replayed: bool = False

    def to_bytes(self) -> bytes:
        """Return it as it is kept for a repeat."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, kept: bytes) -> "Accepted":
        """Return the answer that was kept."""
        values = json.loads(kept)
        values["rejected"] = [Rejected(**rejected) for rejected in values["rejected"]]
        return cls(**values)


@dataclass(frozen=True, slots=True)
class SendContext:
    """What sending needs of the process."""

    engine: AsyncEngine
    clock: Clock
    short_domain: str
    max_recipients: int


async def submit_campaign(
    context: SendContext, account: Account, command: SendCommand
) -> Accepted:
    """Accept a send, or refuse it whole.

    When this returns, the campaign, its messages and its jobs are committed: whatever happens to
    this process, the worker will send them. A dry run checks all the same and stores nothing.

    Raises:
        DomainError: The send is refused; nothing is stored.
        IdempotencyConflictError: Its idempotency key came before with another request.
    """
    kept = await _find_kept(context, account, command)
    if kept is not None:
        return _replay(kept, command)
    # Badly written numbers cost up to 0.1 ms each; other requests must not wait for them.
    recipients = await asyncio.to_thread(_recipients, context, account, command)
    sender_id = _sender_id(account, command.sender_id)
    link = await _link(context, command, len(recipients.msisdns))
    text = link.text if link else command.body
    segmentation = segment(
        text, keep_whole=link.sample if link else None, encoding=command.encoding
    )
    campaign = _new_campaign(
        account,
        command,
        sender_id=sender_id,
        link=link,
        message_count=len(recipients.msisdns),
        segmentation=segmentation,
    )
    accepted = Accepted(
        uuid=str(campaign.uuid),
        transaction_id=campaign.transaction_id,
        accepted_at=context.clock.now().isoformat(),
        mobiles=",".join(map(str, recipients.msisdns)),
        recipient_count=campaign.message_count,
        duplicate_count=recipients.duplicate_count,
        rejected=[Rejected(r.raw, r.reason.value, r.reason.message) for r in recipients.rejected],
        encoding=segmentation.encoding.value,
        segment_count=segmentation.count,
        sample_text=text,
        destination=link.rewrite.destination if link else None,
        sample_link=link.sample if link else None,
        is_dry_run=command.is_dry_run,
    )
    if command.is_dry_run:
        return accepted
    async with context.engine.connect() as connection:
        if await _keep(context, connection, account, command, accepted):
            await _store(connection, campaign, recipients.msisdns, link)
            await connection.commit()
            return accepted
    # The same request came twice at once, and the other one was first.
    kept = await _find_kept(context, account, command)
    if kept is None:
        raise IdempotencyConflictError
    return _replay(kept, command)


async def _find_kept(
    context: SendContext, account: Account, command: SendCommand
) -> KeptAnswer | None:
    if command.idempotency_key is None or command.is_dry_run:
        return None
    since = context.clock.now() - IDEMPOTENCY_WINDOW
    async with context.engine.connect() as connection:
        return await find_answer(connection, account.id, command.idempotency_key, since=since)


def _replay(kept: KeptAnswer, command: SendCommand) -> Accepted:
    if kept.payload_sha256 != command.digest():
        raise IdempotencyConflictError
    return replace(Accepted.from_bytes(kept.answer), is_replayed=True)


def _recipients(context: SendContext, account: Account, command: SendCommand) -> Recipients:
    recipients = parse_recipients(
        command.mobiles,
        rules=NumberRules(default_region=account.default_region),
        drop_duplicates=command.drop_duplicates,
    )
    if not recipients.msisdns:
        raise NoRecipientError(
            f"{rejected.raw!r}: {rejected.reason.message}"
            for rejected in recipients.rejected[:REASONS_SHOWN]
        )
    if len(recipients.msisdns) > context.max_recipients:
        raise TooManyRecipientsError(len(recipients.msisdns), context.max_recipients)
    return recipients


def _sender_id(account: Account, asked: str) -> str:
    """Return the sender ID to send as: the one asked for, else the account's first.

    Raises:
        UnknownSenderIdError: The account has not registered it.
    """
    registered = [sender_id.header for sender_id in account.sender_ids]
    if not asked:
        return registered[0] if registered else ""
    for header in registered:
        if header.casefold() == asked.casefold():
            return header
    raise UnknownSenderIdError(asked, registered)


async def _link(context: SendContext, command: SendCommand, link_count: int) -> TrackedLink | None:
    if not command.track_link:
        return None
    prefix = f"{'https://' if command.append_http else ''}{context.short_domain}/"
    if command.is_dry_run:
        return await preview_link(
            context.engine, command.body, prefix=prefix, short_domain=context.short_domain
        )
    return await track_link(
        context.engine,
        command.body,
        prefix=prefix,
        short_domain=context.short_domain,
        link_count=link_count,
    )


def _new_campaign(
    account: Account,
    command: SendCommand,
    *,
    sender_id: str,
    link: TrackedLink | None,
    message_count: int,
    segmentation: Segmentation,
) -> NewCampaign:
    return NewCampaign(
        uuid=uuid.uuid4(),
        transaction_id=TRANSACTION_ID_FLOOR + secrets.randbelow(TRANSACTION_ID_SPAN),
        account_id=account.id,
        carrier=account.carrier,
        title=command.title,
        sender_id=sender_id,
        body_before=link.rewrite.before if link else command.body,
        link=link.to_linked_body() if link else None,
        message_count=message_count,
        encoding=segmentation.encoding.value,
        segment_count=segmentation.count,
        is_flash=command.is_flash,
        dlt_entity_id=command.dlt_entity_id,
        dlt_template_id=command.dlt_template_id,
    )


async def _keep(
    context: SendContext,
    connection: AsyncConnection,
    account: Account,
    command: SendCommand,
    accepted: Accepted,
) -> bool:
    """Keep the answer for a repeat; False if the same key was kept by another request first."""
    if command.idempotency_key is None:
        return True
    kept = KeptAnswer(command.digest(), accepted.to_bytes())
    since = context.clock.now() - IDEMPOTENCY_WINDOW
    return await add_answer(connection, account.id, command.idempotency_key, kept, since=since)


async def _store(
    connection: AsyncConnection,
    campaign: NewCampaign,
    msisdns: Sequence[int],
    link: TrackedLink | None,
) -> None:
    campaign_id = await add_campaign(connection, campaign)
    if link and link.block:
        location = link.rewrite.location
        await add_block(connection, link.block, campaign_id=campaign_id, location=location)
    raw = await raw_connection(connection)
    await copy_messages(raw, campaign_id, msisdns)
    await enqueue_slices(raw, campaign_id, len(msisdns), urgent=len(msisdns) == 1)
