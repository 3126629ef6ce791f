"""Send a campaign again: the same text to the same recipients, with links of its own."""

import asyncio
import uuid
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.domain.authors import Author
from services.api.domain.campaign_states import CampaignAction, CampaignState, require_allowed
from services.api.domain.errors import InvalidValueError, NotFoundError, TextLetGoError
from services.api.domain.link_shape import LinkShape, shape_of
from services.api.operations.accept_send import accept_send
from services.api.operations.accepting import SendContext
from services.api.operations.replaying import Repeats
from services.api.operations.send_values import Accepted, Copying, SendCommand
from services.api.storage.accounts import Account
from services.api.storage.copied_campaigns import (
    CampaignToCopy,
    find_to_copy,
    list_numbers,
    list_numbers_not_clicked,
)
from services.api.storage.reports import RecipientFilter
from shared.domain.campaigns import CampaignControl
from shared.domain.segments import Encoding

# Shorter ones are short codes, which no + makes an international number.
FEWEST_INTERNATIONAL_DIGITS = 7
OWN_TEXTS = "cannot replace texts of each recipient's own: leave it out"
NOBODY_LEFT = (
    "finds nobody: whoever has the message has followed its link, opted out or been erased"
)


@dataclass(frozen=True, slots=True)
class CopyWishes:
    """What the copy is to have of its own.

    Attributes:
        title: None takes the first's.
        body: Another text, with the sender's own link in it; None takes the first's.
        which: Whom of the first's recipients it goes to: all, or those who did not click.
        schedule_time: When it is to go out, as written; None: at once, whenever the first did.
        agreed_segments: What all of it may take at most; None: as many as it takes.
    """

    title: str | None = None
    body: str | None = None
    which: RecipientFilter = RecipientFilter.ALL
    schedule_time: str | None = None
    is_dry_run: bool = False
    idempotency_key: str | None = None
    agreed_segments: int | None = None


async def duplicate_campaign(
    context: SendContext,
    account: Account,
    campaign_uuid: uuid.UUID,
    wishes: CopyWishes,
    author: Author,
) -> Accepted:
    """Accept a send of what a campaign was, under the rules that hold now.

    It goes to all recipients of the first but those who have opted out or are erased, whatever
    became of their messages; or only to those who have the message and did not follow its link.

    Raises:
        InvalidValueError: Nobody is left to send to, or each recipient has a text of their own,
            which no other text can replace.
        NotFoundError: The account has no such campaign.
        TextLetGoError: Its texts are no longer kept.
        CampaignStateError: Another vendor delivers it, so that it was never sent from here.
        DomainError: The send is refused; nothing is stored.
        IdempotencyConflictError: Its idempotency key came before with another request.
    """
    numbers: list[int] = []
    async with context.engine.connect() as connection:
        campaign = await find_to_copy(connection, account.id, campaign_uuid)
        if campaign is None:
            raise NotFoundError("campaign")
        if campaign.control is CampaignControl.EXTERNAL:
            require_allowed(CampaignAction.DUPLICATE, CampaignState.EXTERNAL)
        if not campaign.is_text_kept:
            raise TextLetGoError
        if campaign.is_personal and wishes.body is not None:
            raise InvalidValueError("msg", OWN_TEXTS)
        if wishes.which is RecipientFilter.NOT_CLICKED:
            numbers = await _not_clicked(connection, account, campaign, context.max_recipients)
        elif not campaign.is_personal:
            numbers = await list_numbers(connection, account.id, campaign.id)
    mobiles = await asyncio.to_thread(lambda: list(map(_international, numbers)))
    command = _command(campaign, Copying(campaign_uuid, author, wishes.which), mobiles, wishes)
    if wishes.which is RecipientFilter.NOT_CLICKED and not numbers:
        # Who got the copy may have clicked since: its repeat is answered as it was.
        earlier = await Repeats(context.engine, context.clock, account.id).find(command)
        if earlier is None:
            raise InvalidValueError("to", NOBODY_LEFT)
        return earlier
    return await accept_send(context, account, command)


async def _not_clicked(
    connection: AsyncConnection, account: Account, campaign: CampaignToCopy, max_recipients: int
) -> list[int]:
    """Return who did not click; of personal texts, which are read later, one of them."""
    limit = 1 if campaign.is_personal else max_recipients + 1
    return await list_numbers_not_clicked(connection, account.id, campaign.id, limit=limit)


def _command(
    campaign: CampaignToCopy, copying: Copying, mobiles: list[str], wishes: CopyWishes
) -> SendCommand:
    prefix = campaign.link_prefix or ""
    is_unicode = campaign.encoding == Encoding.UCS_2.value
    is_kept = wishes.body is None
    return SendCommand(
        mobiles=[] if campaign.is_personal else mobiles,
        body=campaign.body if wishes.body is None else wishes.body,
        copy_of=copying.campaign_uuid if campaign.is_personal else None,
        copying=copying,
        author=copying.author,
        title=campaign.title if wishes.title is None else wishes.title,
        sender_id=campaign.sender_id,
        track_link=campaign.link_prefix is not None,
        append_http=prefix.startswith("https://"),
        link_shape=shape_of(prefix) if prefix else LinkShape.TOKEN,
        # Of personal texts each has its own, which follows from the text, as another text's does.
        encoding=Encoding.UCS_2 if is_kept and is_unicode and not campaign.is_personal else None,
        # The first's text has been through that.
        is_smart=False if is_kept else None,
        is_flash=campaign.is_flash,
        is_dry_run=wishes.is_dry_run,
        idempotency_key=wishes.idempotency_key,
        agreed_segments=wishes.agreed_segments,
        dlt_entity_id=campaign.dlt_entity_id,
        dlt_template_id=campaign.dlt_template_id,
        schedule_time=wishes.schedule_time,
        category=campaign.category,
    )


def _international(msisdn: int) -> str:
    """Write a number so that it is not taken for a national one."""
    digits = str(msisdn)
    return digits if len(digits) < FEWEST_INTERNATIONAL_DIGITS else f"+{digits}"
