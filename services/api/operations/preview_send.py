"""Look at a send while it is being written: at its first messages, however many follow."""

from dataclasses import dataclass, replace

from services.api.domain.composing import PersonalRow
from services.api.domain.sample_numbers import sample_mobile
from services.api.operations.accept_send import accept_send, row_source
from services.api.operations.accepting import PREVIEW_COUNT, SendContext
from services.api.operations.replaying import Repeats
from services.api.operations.row_sources import first_rows
from services.api.operations.send_values import Accepted, SendCommand
from services.api.operations.submit_campaign import submit_campaign
from services.api.operations.submit_personal import submit_personal
from services.api.storage.accounts import Account
from shared.domain.errors import DomainError
from shared.domain.msisdn import parse_msisdn


@dataclass(frozen=True, slots=True, repr=False)
class SendPreview:
    """What the first messages of a send would be.

    Attributes:
        answer: Of a dry run to the first recipients. Where that is refused, of the text as it
            stands; None if that is, too.
        refusal: Why the send could not be made as it stands; None if it could.
    """

    answer: Accepted | None
    refusal: DomainError | None = None


async def preview_send(
    context: SendContext, account: Account, command: SendCommand
) -> SendPreview:
    """Look at the first messages of a send; nothing is stored or sent, and no refusal raised."""
    dry = replace(command, is_dry_run=True, idempotency_key=None)
    try:
        return SendPreview(await _dry_run(context, account, dry))
    except DomainError as error:
        refusal = error
    # With no links and columns, so that its length can be seen even while it lacks one.
    plain = replace(
        dry,
        mobiles=dry.mobiles or sample_mobile(account.default_region),
        track_link=False,
        schedule_time=None,
        upload_id=None,
        groups=(),
    )
    try:
        return SendPreview(await _dry_run(context, account, plain), refusal)
    except DomainError:
        return SendPreview(None, refusal)


async def send_test(
    context: SendContext, account: Account, command: SendCommand, mobile: str
) -> Accepted:
    """Send the text of a send to one number alone, as a campaign of its own, at once.

    What fills its placeholders is what the first row of the send has.

    Raises:
        InvalidMsisdnError: The number is none.
        DomainError: The text or its recipients are refused.
    """
    number = str(parse_msisdn(mobile, account.number_rules))
    alone = replace(command, schedule_time=None, mobiles=number)
    row = await _first_row(context, account, command)
    if row is not None:
        own = PersonalRow(number=1, mobiles=[number], values=row.values, text=row.text)
        alone = replace(alone, mobiles="", upload_id=None, groups=(), rows=[own])
    return await accept_send(context, account, alone)


async def _dry_run(context: SendContext, account: Account, command: SendCommand) -> Accepted:
    repeats = Repeats(context.engine, context.clock, account.id)
    source = row_source(context, account, command)
    if source is None:
        return await submit_campaign(context, account, command, repeats)
    first = first_rows(source, PREVIEW_COUNT)
    return await submit_personal(context, account, command, first, repeats)


async def _first_row(
    context: SendContext, account: Account, command: SendCommand
) -> PersonalRow | None:
    source = row_source(context, account, command)
    if source is None:
        return None
    async with first_rows(source, 1)() as rows:
        async for batch in rows.batches:
            return next(iter(batch), None)
    return None
