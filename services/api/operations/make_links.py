"""Make tracked texts for a sender who delivers them by another vendor."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.api.operations.accept_send import accept_send
from services.api.operations.accepting import SendContext
from services.api.operations.read_messages import read_texts
from services.api.operations.read_reports import LinkedRow
from services.api.operations.send_values import Accepted, SendCommand
from services.api.storage.accounts import Account

# Every text is in the answer, which is made whole in memory: 3 MB of usual texts, 30 at the worst.
MAX_LINKS = 10_000


@dataclass(frozen=True, slots=True, repr=False)
class MadeLinks:
    """A campaign that is never handed over, and its messages in the order of the call.

    Attributes:
        messages: None of a dry run.
    """

    accepted: Accepted
    messages: Sequence[LinkedRow]


async def make_links(context: SendContext, account: Account, command: SendCommand) -> MadeLinks:
    """Make a link of each recipient's own, and the text with it; nothing is queued or billed.

    A repeat with the same idempotency key gets the same texts.

    Raises:
        DomainError: A send would be refused; nothing is stored, and no link number is used up.
        TooManyRecipientsError: They are more than ``MAX_LINKS``.
        IdempotencyConflictError: Its idempotency key came before with another request.
    """
    bounded = replace(context, max_recipients=min(context.max_recipients, MAX_LINKS))
    # Whoever delivers them has a price of theirs.
    unpriced = replace(account, segment_price=None)
    asked = replace(command, is_external=True)
    accepted = await accept_send(bounded, unpriced, asked)
    if accepted.uuid is None:
        return MadeLinks(accepted, ())
    made = uuid.UUID(accepted.uuid)
    return MadeLinks(
        accepted, await read_texts(context.engine, account, made, row_limit=MAX_LINKS)
    )
