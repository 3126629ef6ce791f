"""Accept a send: all of it is stored and queued in one transaction, or nothing is.

What can be refused is refused before a link number is taken, and what can fail has been made
before the commit: after it only the answer is left to give.
"""

import asyncio
import secrets
import uuid
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.domain.errors import NoLinkRoomError
from services.api.operations.planning import SendPlan, plan_send
from services.api.operations.replaying import Repeats
from services.api.operations.send_values import Accepted, Rejected, SendCommand
from services.api.operations.tracked_links import (
    LinkForm,
    first_link_of,
    foresee_links,
    take_block,
)
from services.api.storage.accounts import Account
from services.api.storage.blocks import Block, add_block
from services.api.storage.campaigns import LinkedBody, NewCampaign, add_campaign, copy_messages
from shared.clock import Clock
from shared.domain.segments import Segmentation
from shared.domain.tokens import TOKEN_LENGTHS
from shared.storage.engine import raw_connection
from shared.storage.queue import enqueue_slices

# 19 decimal digits, and below 2^63.
TRANSACTION_ID_FLOOR = 10**18
TRANSACTION_ID_SPAN = 8 * 10**18


@dataclass(frozen=True, slots=True)
class SendContext:
    """What sending needs of the process."""

    engine: AsyncEngine
    clock: Clock
    short_domain: str
    max_recipients: int


@dataclass(frozen=True, slots=True, repr=False)
class Measured:
    """A plan with its length known, and with its links where it has any.

    Attributes:
        block: What the links' tokens come from; None where none is tracked, or in a dry run.
        link: The first recipient's; in a dry run one that will never be live.
    """

    plan: SendPlan
    segmentation: Segmentation
    form: LinkForm | None = None
    block: Block | None = None
    link: str | None = None


async def submit_campaign(
    context: SendContext, account: Account, command: SendCommand
) -> Accepted:
    """Accept a send, or refuse it whole.

    When this returns, the campaign, its messages and its jobs are committed: whatever happens to
    this process, the worker will send them. A dry run checks all the same and stores nothing.

    Raises:
        DomainError: The send is refused; nothing is stored, and no link number is used up.
        IdempotencyConflictError: Its idempotency key came before with another request.
    """
    repeats = Repeats(context.engine, context.clock, account.id)
    earlier = await repeats.find(command)
    if earlier is not None:
        return earlier
    plan = await asyncio.to_thread(
        plan_send,
        account,
        command,
        short_domain=context.short_domain,
        max_recipients=context.max_recipients,
    )
    measured = await _measure(context, plan)
    campaign = None if command.is_dry_run else _new_campaign(account, measured)
    accepted = _accepted(context, measured, campaign)
    if campaign is None:
        return accepted
    async with context.engine.connect() as connection:
        if await repeats.keep(connection, command, accepted):
            await _store(connection, campaign, measured)
            await connection.commit()
            return accepted
    return await repeats.find_first(command)


async def _measure(context: SendContext, plan: SendPlan) -> Measured:
    """Measure the text with a link of the length that it will have; only then take the block.

    Raises:
        DomainError: The text is too long.
        NoLinkRoomError: No domain has room for the links.
    """
    if plan.rewrite is None:
        return Measured(plan, await asyncio.to_thread(plan.measure, None))
    link_count = len(plan.recipients.msisdns)
    prefix = f"{'https://' if plan.command.append_http else ''}{context.short_domain}/"
    # Once a length: the one foreseen may be filled up by another send before it is taken.
    for _ in TOKEN_LENGTHS:
        form = await foresee_links(context.engine, prefix=prefix, link_count=link_count)
        segmentation = await asyncio.to_thread(plan.measure, form.sample)
        if plan.command.is_dry_run:
            return Measured(plan, segmentation, form, None, form.sample)
        block = await take_block(context.engine, form, link_count)
        if block is not None:
            return Measured(plan, segmentation, form, block, first_link_of(block, prefix))
    raise NoLinkRoomError(link_count)


def _new_campaign(account: Account, measured: Measured) -> NewCampaign:
    plan = measured.plan
    command = plan.command
    return NewCampaign(
        uuid=uuid.uuid4(),
        transaction_id=TRANSACTION_ID_FLOOR + secrets.randbelow(TRANSACTION_ID_SPAN),
        account_id=account.id,
        carrier=account.carrier,
        title=command.title,
        sender_id=plan.sender_id,
        body_before=plan.rewrite.before if plan.rewrite else command.body,
        link=_linked_body(measured),
        message_count=len(plan.recipients.msisdns),
        encoding=measured.segmentation.encoding.value,
        segment_count=measured.segmentation.count,
        is_flash=command.is_flash,
        dlt_entity_id=command.dlt_entity_id,
        dlt_template_id=command.dlt_template_id,
    )


def _linked_body(measured: Measured) -> LinkedBody | None:
    rewrite, form, block = measured.plan.rewrite, measured.form, measured.block
    if rewrite is None or form is None or block is None:
        return None
    return LinkedBody(
        body_after=rewrite.after,
        destination=rewrite.destination,
        link_prefix=form.prefix,
        token_length=block.token_length,
        first_link=block.first_link,
    )


def _accepted(context: SendContext, measured: Measured, campaign: NewCampaign | None) -> Accepted:
    plan = measured.plan
    recipients = plan.recipients
    return Accepted(
        uuid=str(campaign.uuid) if campaign else None,
        transaction_id=campaign.transaction_id if campaign else None,
        accepted_at=context.clock.now().isoformat(),
        mobiles=plan.mobiles,
        recipient_count=len(recipients.msisdns),
        duplicate_count=recipients.duplicate_count,
        rejected=[Rejected(r.raw, r.reason.value, r.reason.message) for r in recipients.rejected],
        encoding=measured.segmentation.encoding.value,
        segment_count=measured.segmentation.count,
        sample_text=plan.text_with(measured.link),
        destination=plan.rewrite.destination if plan.rewrite else None,
        sample_link=measured.link,
        is_dry_run=campaign is None,
    )


async def _store(connection: AsyncConnection, campaign: NewCampaign, measured: Measured) -> None:
    msisdns = measured.plan.recipients.msisdns
    campaign_id = await add_campaign(connection, campaign)
    if measured.block and measured.plan.rewrite:
        location = measured.plan.rewrite.location
        await add_block(connection, measured.block, campaign_id=campaign_id, location=location)
    raw = await raw_connection(connection)
    await copy_messages(raw, campaign_id, msisdns)
    await enqueue_slices(raw, campaign_id, len(msisdns), urgent=len(msisdns) == 1)
