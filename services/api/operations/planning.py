"""All of a send that only needs thought: whom it goes to, as whom, and in which shape."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from services.api.domain.composing import TextRules
from services.api.domain.errors import (
    MissingFieldError,
    NoRecipientError,
    TooManyRecipientsError,
    UnknownSenderIdError,
)
from services.api.domain.link_shape import LinkShape, link_prefix
from services.api.domain.schedule_times import ScheduledTime, parse_schedule_time
from services.api.operations.send_values import Rejected, SendCommand
from services.api.storage.accounts import Account, SenderId
from shared.domain.recipients import RejectedNumber

REASONS_SHOWN = 5


@dataclass(frozen=True, slots=True, repr=False)
class SendTerms:
    """What holds for every message of a send.

    Attributes:
        sender_id: None if the account has none.
        link_prefix: All of a short link but its token; None where none is tracked.
        short_domain: Ours, as it stands in links; with its port where it has one.
        scheduled: When it is to go out; None: at once.
        is_due: Whether that is now.
        may_be_private: Whether its links may lead to hosts that are not public.
    """

    account: Account
    command: SendCommand
    sender_id: SenderId | None
    link_shape: LinkShape
    link_prefix: str | None
    short_domain: str
    scheduled: ScheduledTime | None
    is_due: bool
    may_be_private: bool = False

    @property
    def header(self) -> str:
        """What the phones show as sender; empty if the account has no sender ID."""
        return self.sender_id.header if self.sender_id else ""

    @property
    def short_host(self) -> str:
        """The host of our short links."""
        return self.short_domain.partition(":")[0]

    @property
    def dlt_entity_id(self) -> str | None:
        """The entity that the send goes out for: the one asked for, else the sender ID's."""
        own = self.sender_id.dlt_entity_id if self.sender_id else None
        return self.command.dlt_entity_id or own

    def text_rules(self, sample_link: str | None) -> TextRules:
        """Return how its texts are made; ``sample_link`` has the length of all its links."""
        is_smart = self.command.is_smart
        return TextRules(
            sample_link=sample_link,
            encoding=self.command.encoding,
            is_smart=self.account.smart_encoding if is_smart is None else is_smart,
            short_domains=frozenset({self.short_domain}),
            may_be_private=self.may_be_private,
        )

    def cost(self, segment_total: int) -> Decimal | None:
        """Return the price of so many segments; None if no price is agreed."""
        price = self.account.segment_price
        return None if price is None else price * segment_total


def settle_terms(
    account: Account,
    command: SendCommand,
    *,
    short_domain: str,
    now: datetime,
    may_be_private: bool = False,
) -> SendTerms:
    """Settle what holds for every message of a send.

    Raises:
        UnknownSenderIdError: The account has not registered the sender ID.
        HeaderShapeNeedsSenderIdError: The links are to hold a sender ID, and none will do.
        InvalidValueError: The time that it is scheduled for is none that can be.
    """
    scheduled = None
    if command.schedule_time is not None:
        scheduled = parse_schedule_time(command.schedule_time, account.time_zone, now)
    sender_id = _sender_id(account, command.sender_id)
    own_shape = sender_id.link_shape if sender_id else None
    shape = command.link_shape or LinkShape(own_shape or account.link_shape)
    prefix = None
    if command.track_link:
        prefix = link_prefix(
            shape,
            append_http=command.append_http,
            short_domain=short_domain,
            sender_id=sender_id.header if sender_id else "",
        )
    return SendTerms(
        account,
        command,
        sender_id,
        shape,
        prefix,
        short_domain,
        scheduled,
        is_due=scheduled is None or scheduled.is_due(now),
        may_be_private=may_be_private,
    )


def check_recipients(recipient_count: int, rejected: Sequence[Rejected], *, limit: int) -> None:
    """Refuse a send that goes to nobody, or to too many.

    Raises:
        MissingFieldError: It names no number.
        NoRecipientError: None of its numbers can be sent to.
        TooManyRecipientsError: There are more than ``limit``.
    """
    if recipient_count > limit:
        raise TooManyRecipientsError(recipient_count, limit)
    if recipient_count == 0 and rejected:
        raise NoRecipientError(
            f"{number.mobile!r}: {number.message}" for number in rejected[:REASONS_SHOWN]
        )
    if recipient_count == 0:
        raise MissingFieldError("mobile", "at least one number with country code")


def to_rejected(numbers: Iterable[RejectedNumber]) -> list[Rejected]:
    """Return turned-down numbers as they are answered."""
    return [Rejected(each.raw, each.reason.value, each.reason.message) for each in numbers]


def _sender_id(account: Account, asked: str) -> SenderId | None:
    """Return the sender ID to send as: the one asked for, else the account's first.

    Raises:
        UnknownSenderIdError: The account has not registered it.
    """
    if not asked:
        return account.sender_ids[0] if account.sender_ids else None
    for sender_id in account.sender_ids:
        if sender_id.header.casefold() == asked.casefold():
            return sender_id
    raise UnknownSenderIdError(asked, [each.header for each in account.sender_ids])
