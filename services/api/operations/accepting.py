"""What every send comes to, uniform or personal: the campaign's row and the answer."""

import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.domain.composing import ComposedText
from services.api.domain.money import amount_text
from services.api.domain.preflight import Preflight, preflight
from services.api.domain.preflight_input import DryMessage, DryRun
from services.api.operations.large_sends import LargeSends
from services.api.operations.planning import SendTerms, settle_terms
from services.api.operations.send_values import Accepted, Rejected, SendCommand
from services.api.storage.accounts import Account
from services.api.storage.audit import SEND_ACTION, AuditEntry, add_entry
from services.api.storage.campaigns import LinkedCampaign, NewCampaign
from shared.clock import Clock
from shared.domain.campaigns import CampaignControl
from shared.domain.consent import Category
from shared.domain.errors import DomainError
from shared.domain.segments import Segmentation, segment

# 19 decimal digits, and below 2^63.
TRANSACTION_ID_FLOOR = 10**18
TRANSACTION_ID_SPAN = 8 * 10**18
PREVIEW_COUNT = 10


@dataclass(frozen=True, slots=True)
class SendContext:
    """What sending needs of the process.

    Attributes:
        reserve_engine: For taking blocks: whoever waits for one has a connection of ``engine``
            already, so that all would wait for all if they came from there.
        may_be_private: Whether links may lead to hosts that are not public.
    """

    engine: AsyncEngine
    reserve_engine: AsyncEngine
    clock: Clock
    short_domain: str
    max_recipients: int
    large_sends: LargeSends
    may_be_private: bool = False

    def settle_terms(self, account: Account, command: SendCommand) -> SendTerms:
        """Settle what holds for every message of a send that is made now.

        Raises:
            DomainError: As ``planning.settle_terms`` does.
        """
        return settle_terms(
            account,
            command,
            short_domain=self.short_domain,
            now=self.clock.now(),
            may_be_private=self.may_be_private,
        )


@dataclass(frozen=True, slots=True, repr=False)
class SendTotals:
    """A send in numbers, and its first message.

    Attributes:
        mobiles: The recipients, separated by commas.
        rejected: The first of those that are not.
        longest: The segmentation of its longest message.
        sample_text: The first message as its recipient gets it.
        sample_link: The link in it; None where none is tracked.
        destination: Of that link, as the sender wrote it.
    """

    mobiles: str
    message_count: int
    duplicate_count: int
    rejected: list[Rejected]
    rejected_count: int
    longest: Segmentation
    segment_total: int
    sample_text: str
    sample_link: str | None
    destination: str | None


def new_campaign(
    terms: SendTerms,
    totals: SendTotals,
    *,
    body_before: str,
    link: LinkedCampaign | None,
    is_personal: bool,
) -> NewCampaign:
    """Make the row of a campaign, with new names of its own."""
    command = terms.command
    return NewCampaign(
        uuid=uuid.uuid4(),
        transaction_id=TRANSACTION_ID_FLOOR + secrets.randbelow(TRANSACTION_ID_SPAN),
        account_id=terms.account.id,
        carrier=terms.account.carrier,
        title=command.title,
        sender_id=terms.header,
        body_before=body_before,
        link=link,
        message_count=totals.message_count,
        encoding=totals.longest.encoding.value,
        segment_count=totals.longest.count,
        is_flash=command.is_flash,
        dlt_entity_id=terms.dlt_entity_id,
        dlt_template_id=command.dlt_template_id,
        is_personal=is_personal,
        segment_total=totals.segment_total,
        segment_price=terms.account.segment_price,
        currency=terms.account.currency,
        scheduled_at=terms.scheduled.moment if terms.scheduled else None,
        control=_control(terms),
        category=command.category,
    )


def _control(terms: SendTerms) -> CampaignControl:
    if terms.command.is_external:
        return CampaignControl.EXTERNAL
    return CampaignControl.RUNNING if terms.is_due else CampaignControl.SCHEDULED


def accepted(context: SendContext, terms: SendTerms, totals: SendTotals) -> Accepted:
    """Make the answer to a send, still without the names of a stored campaign."""
    cost = terms.cost(totals.segment_total)
    return Accepted(
        uuid=None,
        transaction_id=None,
        accepted_at=context.clock.now().isoformat(),
        mobiles=totals.mobiles,
        recipient_count=totals.message_count,
        duplicate_count=totals.duplicate_count,
        rejected=totals.rejected,
        rejected_count=totals.rejected_count,
        encoding=totals.longest.encoding.value,
        segment_count=totals.longest.count,
        segment_total=totals.segment_total,
        cost=None if cost is None else amount_text(cost),
        currency=None if cost is None else terms.account.currency,
        sample_text=totals.sample_text,
        destination=totals.destination,
        sample_link=totals.sample_link,
        scheduled_at=terms.scheduled.moment.isoformat() if terms.scheduled else None,
    )


def named(answer: Accepted, campaign: NewCampaign) -> Accepted:
    """Return the answer with the names of the campaign that it is about."""
    return replace(answer, uuid=str(campaign.uuid), transaction_id=campaign.transaction_id)


def sending_of(campaign: NewCampaign) -> AuditEntry:
    """Return the entry that tells of a send, stored with the campaign's own rows."""
    is_external = campaign.control is CampaignControl.EXTERNAL
    scheduled_at = campaign.scheduled_at
    values: dict[str, object] = {
        "title": campaign.title,
        "sender_id": campaign.sender_id,
        "recipients": campaign.message_count,
        "segments": campaign.segment_total,
        "scheduled_at": None if scheduled_at is None else scheduled_at.isoformat(),
    }
    if campaign.category is not Category.MARKETING:
        # It goes to who opted out, too: whoever says so is to be found.
        values["category"] = campaign.category.value
    action = "campaign.make_links" if is_external else SEND_ACTION
    return AuditEntry(action, str(campaign.uuid), None, values)


async def note_copy(
    connection: AsyncConnection, command: SendCommand, campaign: NewCampaign
) -> None:
    """Note by whose order a campaign is a copy, if it is one, in the trail of the first."""
    if command.copying is None:
        return
    first = str(command.copying.campaign_uuid)
    entry = AuditEntry("campaign.duplicate", first, None, {"uuid": str(campaign.uuid)})
    await add_entry(connection, campaign.account_id, command.copying.author, entry)


def dry_message(
    terms: SendTerms,
    text: ComposedText,
    *,
    mobile: str,
    link: str | None,
    values: Mapping[str, str] = MappingProxyType({}),
) -> DryMessage:
    """Return one message of a dry run, as its recipient would get it."""
    reads = text.with_link(link or "")
    return DryMessage(
        mobile=mobile,
        written=text.written,
        text=reads,
        segmentation=segment(reads, keep_whole=link, encoding=terms.command.encoding),
        short_link=link,
        values=values,
    )


def look_over(
    terms: SendTerms,
    messages: Sequence[DryMessage],
    *,
    shown_count: int,
    segment_total: int,
    file_warnings: Sequence[str] = (),
    shortfalls: Sequence[DomainError] = (),
) -> Preflight:
    """Look over a send that is not made.

    Args:
        terms: What holds for all of it.
        messages: Those to look at, from the first on.
        shown_count: How many of them to show.
        segment_total: Of all messages.
        file_warnings: What the sender should know of how a file was read.
        shortfalls: Why the account could not make it now.
    """
    command = terms.command
    return preflight(
        DryRun(
            messages=messages,
            shown_count=shown_count,
            file_warnings=file_warnings,
            shortfalls=shortfalls,
            total_segments=segment_total,
            short_domain=terms.short_domain.partition(":")[0],
            link_shape=terms.link_shape,
            append_http=command.append_http,
            sender_id=terms.header,
            registered_domains=terms.sender_id.link_domains if terms.sender_id else frozenset(),
            dlt_entity_id=terms.dlt_entity_id,
            dlt_template_id=command.dlt_template_id,
            encoding=command.encoding,
            price_per_segment=terms.account.segment_price,
            currency=terms.account.currency,
            scheduled=terms.scheduled,
        )
    )
