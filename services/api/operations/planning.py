"""All of a send that only needs thought: whom it goes to, as whom, and around which link.

A large request keeps a core busy here, so this is run in a thread: others must not wait for it.
"""

from dataclasses import dataclass

from services.api.domain.errors import (
    MissingFieldError,
    NoRecipientError,
    TooManyRecipientsError,
    UnknownSenderIdError,
)
from services.api.domain.rewriting import Rewrite, plan_rewrite, refuse_overlong
from services.api.operations.send_values import SendCommand
from services.api.storage.accounts import Account
from shared.domain.msisdn import NumberRules
from shared.domain.recipients import Recipients, parse_recipients
from shared.domain.segments import Segmentation, segment

REASONS_SHOWN = 5


@dataclass(frozen=True, slots=True, repr=False)
class SendPlan:
    """What a send comes to before any link number is taken.

    Attributes:
        sender_id: What the phones show; empty if the account has none.
        body: The message with the sender's own links in it.
        rewrite: Where each recipient's link goes; None where none is tracked.
    """

    command: SendCommand
    recipients: Recipients
    mobiles: str
    sender_id: str
    rewrite: Rewrite | None

    def text_with(self, short_link: str | None) -> str:
        """Return the text as a recipient with that link gets it."""
        if self.rewrite is None or short_link is None:
            return self.command.body
        return self.rewrite.with_link(short_link)

    def measure(self, short_link: str | None) -> Segmentation:
        """Cut the text into segments; links of the same length give the same.

        Raises:
            DomainError: It is too long, or has characters that its encoding lacks.
        """
        return segment(
            self.text_with(short_link), keep_whole=short_link, encoding=self.command.encoding
        )


def plan_send(
    account: Account, command: SendCommand, *, short_domain: str, max_recipients: int
) -> SendPlan:
    """Work out a send, or refuse it.

    Args:
        account: Whose numbers, sender IDs and rules count.
        command: What is asked for.
        short_domain: Ours, as it stands in links; with its port where it has one.
        max_recipients: Most numbers of one request.

    Raises:
        DomainError: The send is refused; nothing has been stored or taken.
    """
    # First, since everything else takes time that grows with the text.
    refuse_overlong(command.body)
    recipients = _recipients(account, command, max_recipients)
    rewrite = None
    if command.track_link:
        rewrite = plan_rewrite(command.body, short_domains=frozenset({short_domain}))
    return SendPlan(
        command=command,
        recipients=recipients,
        mobiles=",".join(map(str, recipients.msisdns)),
        sender_id=_sender_id(account, command.sender_id),
        rewrite=rewrite,
    )


def _recipients(account: Account, command: SendCommand, limit: int) -> Recipients:
    recipients = parse_recipients(
        command.mobiles,
        rules=NumberRules(default_region=account.default_region),
        drop_duplicates=command.drop_duplicates,
    )
    if not recipients.msisdns and not recipients.rejected:
        raise MissingFieldError("mobile", "at least one number with country code")
    if not recipients.msisdns:
        raise NoRecipientError(
            f"{rejected.raw!r}: {rejected.reason.message}"
            for rejected in recipients.rejected[:REASONS_SHOWN]
        )
    if len(recipients.msisdns) > limit:
        raise TooManyRecipientsError(len(recipients.msisdns), limit)
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
