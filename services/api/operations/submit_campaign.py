"""Accept one text for many: all of it is stored and queued in one transaction, or nothing is.

What can be refused is refused before a link number is taken, and what can fail has been made
before the commit: after it only the answer is left to give.
"""

import asyncio
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.domain.composing import ComposedText, compose
from services.api.domain.destination_lists import list_sites
from services.api.domain.errors import NoLinkRoomError
from services.api.domain.preflight import Preflight
from services.api.operations.accepting import (
    PREVIEW_COUNT,
    SendContext,
    SendTotals,
    accepted,
    dry_message,
    look_over,
    named,
    new_campaign,
    note_copy,
)
from services.api.operations.check_destinations import DestinationCheck
from services.api.operations.planning import (
    SendTerms,
    check_recipients,
    to_rejected,
)
from services.api.operations.replaying import Repeats
from services.api.operations.send_values import Accepted, SendCommand
from services.api.operations.tracked_links import (
    LinkForm,
    first_link_of,
    foresee_links,
    take_block,
)
from services.api.storage.accounts import Account
from services.api.storage.blocks import Block, add_block
from services.api.storage.campaigns import (
    LinkedCampaign,
    NewCampaign,
    add_campaign,
    copy_messages,
)
from shared.domain.campaigns import CampaignControl
from shared.domain.recipients import Recipients, parse_recipients
from shared.domain.tokens import TOKEN_LENGTHS
from shared.storage.engine import raw_connection
from shared.storage.queue import enqueue_slices


@dataclass(frozen=True, slots=True, repr=False)
class _Plan:
    """A send worked out.

    Attributes:
        mobiles: The recipients, separated by commas.
        form: None where no link is tracked.
        block: What the links' tokens come from; None also of a dry run.
    """

    terms: SendTerms
    recipients: Recipients
    mobiles: str
    text: ComposedText
    form: LinkForm | None = None
    block: Block | None = None


async def submit_campaign(
    context: SendContext, account: Account, command: SendCommand, repeats: Repeats
) -> Accepted:
    """Accept a send of one text, or refuse it whole.

    Raises:
        DomainError: The send is refused; nothing is stored, and no link number is used up.
        IdempotencyConflictError: Its idempotency key came before with another request.
    """
    terms = context.settle_terms(account, command)
    plan = await _plan(context, terms)
    totals = _totals(plan)
    answer = accepted(context, terms, totals)
    if command.is_dry_run:
        return replace(answer, preflight=await asyncio.to_thread(_look_over, plan, totals))
    campaign = new_campaign(
        terms,
        totals,
        body_before=plan.text.before,
        link=_linked_campaign(plan),
        is_personal=False,
    )
    answer = named(answer, campaign)
    async with context.engine.connect() as connection:
        if await repeats.keep(connection, command, answer):
            await _store(connection, campaign, plan)
            await note_copy(connection, command, campaign)
            await connection.commit()
            return answer
    return await repeats.find_first(command)


async def _plan(context: SendContext, terms: SendTerms) -> _Plan:
    """Compose the text with a link of the length that it will have; only then take the block.

    A large request keeps a core busy here, in a thread: others must not wait for it.

    Raises:
        DomainError: The send is refused.
        DestinationBlockedError: A link leads where it may not.
        NoLinkRoomError: No domain has room for the links.
    """
    body = terms.command.body or ""
    # Before the numbers: what is wrong with the text is told in no time.
    first_draft = terms.text_rules(terms.link_prefix)
    text = await asyncio.to_thread(compose, body, first_draft)
    recipients, mobiles = await asyncio.to_thread(_recipients, terms, context.max_recipients)
    check = DestinationCheck(terms.account.id)
    sites = await asyncio.to_thread(list_sites, text, short_host=terms.short_host)
    if terms.link_prefix is None:
        if sites:
            async with context.engine.connect() as connection:
                await check.refuse(connection, sites)
        return _Plan(terms, recipients, mobiles, text)
    link_count = len(recipients.msisdns)
    # Once a length: the one foreseen may be filled up by another send before it is taken.
    for _ in TOKEN_LENGTHS:
        async with context.engine.connect() as connection:
            await check.refuse(connection, sites)
            form = await foresee_links(connection, prefix=terms.link_prefix, link_count=link_count)
        (sample,) = form.samples(1)
        text = await asyncio.to_thread(compose, body, terms.text_rules(sample))
        plan = _Plan(terms, recipients, mobiles, text, form)
        if terms.command.is_dry_run:
            return plan
        block = await take_block(context.reserve_engine, form, link_count)
        if block is not None:
            return replace(plan, block=block)
    raise NoLinkRoomError(link_count)


def _recipients(terms: SendTerms, limit: int) -> tuple[Recipients, str]:
    recipients = parse_recipients(
        terms.command.mobiles,
        rules=terms.account.number_rules,
        drop_duplicates=terms.command.drop_duplicates,
    )
    check_recipients(len(recipients.msisdns), to_rejected(recipients.rejected), limit=limit)
    return recipients, ",".join(map(str, recipients.msisdns))


def _totals(plan: _Plan) -> SendTotals:
    link = None
    if plan.form is not None:
        block, prefix = plan.block, plan.form.prefix
        link = first_link_of(block, prefix) if block else plan.form.samples(1)[0]
    rewrite = plan.text.rewrite
    message_count = len(plan.recipients.msisdns)
    return SendTotals(
        mobiles=plan.mobiles,
        message_count=message_count,
        duplicate_count=plan.recipients.duplicate_count,
        rejected=to_rejected(plan.recipients.rejected),
        rejected_count=len(plan.recipients.rejected),
        longest=plan.text.segmentation,
        segment_total=message_count * plan.text.segmentation.count,
        sample_text=plan.text.with_link(link or ""),
        sample_link=link,
        destination=rewrite.destination if rewrite else None,
    )


def _look_over(plan: _Plan, totals: SendTotals) -> Preflight:
    msisdns = plan.recipients.msisdns[:PREVIEW_COUNT]
    links = plan.form.samples(len(msisdns)) if plan.form else [None] * len(msisdns)
    messages = [
        dry_message(plan.terms, plan.text, mobile=str(msisdn), link=link)
        for msisdn, link in zip(msisdns, links, strict=True)
    ]
    return look_over(
        plan.terms, messages, shown_count=len(messages), segment_total=totals.segment_total
    )


def _linked_campaign(plan: _Plan) -> LinkedCampaign | None:
    rewrite, block = plan.text.rewrite, plan.block
    if rewrite is None or plan.form is None or block is None:
        return None
    return LinkedCampaign(
        body_after=plan.text.after,
        destination=rewrite.destination,
        link_prefix=plan.form.prefix,
        token_length=block.token_length,
        first_link=block.first_link,
    )


async def _store(connection: AsyncConnection, campaign: NewCampaign, plan: _Plan) -> None:
    msisdns = plan.recipients.msisdns
    campaign_id = await add_campaign(connection, campaign)
    if plan.block and plan.text.rewrite:
        location = plan.text.rewrite.location
        await add_block(connection, plan.block, campaign_id=campaign_id, location=location)
    raw = await raw_connection(connection)
    await copy_messages(raw, campaign_id, msisdns, status=campaign.first_status)
    if campaign.control is CampaignControl.RUNNING:
        await enqueue_slices(raw, campaign_id, len(msisdns), urgent=len(msisdns) == 1)
