"""Send a campaign again: the same text to the same recipients, with links of its own."""

import asyncio
import uuid
from dataclasses import dataclass

from services.api.domain.authors import Author
from services.api.domain.campaign_states import CampaignAction, CampaignState, require_allowed
from services.api.domain.errors import NotFoundError, TextLetGoError
from services.api.domain.link_shape import LinkShape, shape_of
from services.api.operations.accept_send import accept_send
from services.api.operations.accepting import SendContext
from services.api.operations.send_values import Accepted, Copying, SendCommand
from services.api.storage.accounts import Account
from services.api.storage.copied_campaigns import CampaignToCopy, find_to_copy, list_numbers
from shared.domain.campaigns import CampaignControl
from shared.domain.segments import Encoding

# Shorter ones are short codes, which no + makes an international number.
FEWEST_INTERNATIONAL_DIGITS = 7


@dataclass(frozen=True, slots=True)
class CopyWishes:
    """What the copy is to have of its own.

    Attributes:
        title: None takes the first's.
        schedule_time: When it is to go out, as written; None: at once, whenever the first did.
    """

    title: str | None = None
    schedule_time: str | None = None
    is_dry_run: bool = False
    idempotency_key: str | None = None


async def duplicate_campaign(
    context: SendContext,
    account: Account,
    campaign_uuid: uuid.UUID,
    wishes: CopyWishes,
    author: Author,
) -> Accepted:
    """Accept a send of what a campaign was, under the rules that hold now.

    It goes to all recipients of the first but those who have opted out or are erased, whatever
    became of their messages.

    Raises:
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
        if not campaign.is_personal:
            numbers = await list_numbers(connection, account.id, campaign.id)
    mobiles = await asyncio.to_thread(lambda: list(map(_international, numbers)))
    command = _command(campaign, Copying(campaign_uuid, author), mobiles, wishes)
    return await accept_send(context, account, command)


def _command(
    campaign: CampaignToCopy, copying: Copying, mobiles: list[str], wishes: CopyWishes
) -> SendCommand:
    prefix = campaign.link_prefix or ""
    is_unicode = campaign.encoding == Encoding.UCS_2.value
    return SendCommand(
        mobiles=mobiles,
        body=campaign.body,
        copy_of=copying.campaign_uuid if campaign.is_personal else None,
        copying=copying,
        author=copying.author,
        title=campaign.title if wishes.title is None else wishes.title,
        sender_id=campaign.sender_id,
        track_link=campaign.link_prefix is not None,
        append_http=prefix.startswith("https://"),
        link_shape=shape_of(prefix) if prefix else LinkShape.TOKEN,
        # Of personal texts each has its own, which follows from the text.
        encoding=Encoding.UCS_2 if is_unicode and not campaign.is_personal else None,
        # The text has been through that.
        is_smart=False,
        is_flash=campaign.is_flash,
        is_dry_run=wishes.is_dry_run,
        idempotency_key=wishes.idempotency_key,
        dlt_entity_id=campaign.dlt_entity_id,
        dlt_template_id=campaign.dlt_template_id,
        schedule_time=wishes.schedule_time,
        category=campaign.category,
    )


def _international(msisdn: int) -> str:
    """Write a number so that it is not taken for a national one."""
    digits = str(msisdn)
    return digits if len(digits) < FEWEST_INTERNATIONAL_DIGITS else f"+{digits}"
