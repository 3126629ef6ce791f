"""What the worker asks of a carrier."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SendingTerms:
    """What all messages of a campaign have in common."""

    account_id: int
    sender_id: str
    is_flash: bool
    dlt_entity_id: str | None
    dlt_template_id: str | None


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """One message as it leaves us.

    Attributes:
        position: Its place in its campaign.
        msisdn: The recipient's number, E.164 digits.
        body: What the recipient reads, short link in place.
        encoding: How its characters travel, GSM-7 or UCS-2.
        segment_count: How many segments it is billed as.
        attempt: Which attempt this is; the first is 1.
    """

    position: int
    msisdn: int = field(repr=False)
    body: str = field(repr=False)
    encoding: str
    segment_count: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """A carrier took a message.

    Attributes:
        carrier_message_id: Its name for the message, which its delivery reports will bear.
    """

    carrier_message_id: str


class CarrierError(Exception):
    """A carrier did not take a message.

    Attributes:
        retryable: Whether the same message may be taken later.
        throttled: Whether it was refused only because we were too fast.
        ours: Whether the fault is in our account or set-up, so that someone of us must act.
        code: The carrier's own reason, to be shown.
    """

    def __init__(self, code: str, *, retryable: bool, throttled: bool, ours: bool) -> None:
        super().__init__(code)
        self.code = code
        self.retryable = retryable
        self.throttled = throttled
        self.ours = ours


class Carrier(Protocol):
    """Takes messages off our hands."""

    async def submit(
        self, terms: SendingTerms, messages: Sequence[OutgoingMessage]
    ) -> list[Accepted | CarrierError]:
        """Hand over one window of messages and wait for all answers.

        Returns:
            One result a message, in their order.

        Raises:
            CarrierError: None of them was taken.
        """
        ...
