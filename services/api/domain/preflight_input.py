"""What a dry run hands to the preflight, and the warnings that come out of it."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from decimal import Decimal

from services.api.domain.link_shape import LinkShape
from services.api.domain.schedule_times import ScheduledTime
from shared.domain.errors import DomainError
from shared.domain.segments import MAX_SEGMENTS, Encoding, Segmentation, TextTooLongError, segment


# No generated repr for what holds texts and numbers: they stay out of logs.
@dataclass(frozen=True, slots=True, repr=False)
class DryMessage:
    """One message that would be sent.

    Attributes:
        mobile: Its recipient.
        written: Its text with the sender's own link, placeholders filled.
        text: Its text as the recipient would get it.
        segmentation: How the carrier would cut that.
        short_link: What stands for the sender's link; None if links are not tracked.
        values: What was filled in, by the placeholder's name.
    """

    mobile: str
    written: str
    text: str
    segmentation: Segmentation
    short_link: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def link_start(self) -> int:
        """Where the short link begins in the text; below zero if there is none."""
        return self.text.rfind(self.short_link) if self.short_link else -1

    @property
    def around_link(self) -> tuple[str, str]:
        """The text before and behind the short link, which there must be."""
        start = self.link_start
        return self.text[:start], self.text[start + len(self.short_link or "") :]


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """A send that is looked at and not made.

    Attributes:
        messages: The first of its messages, in their order, and some that a sender should know.
        shown_count: How many of them are shown.
        file_warnings: What the sender should know of how a file was read.
        total_segments: Segments of all its messages.
        short_domain: The host of its short links, in lower case.
        append_http: Whether they begin with ``https://``.
        registered_domains: Hosts registered for the sender ID's links, in lower case.
        encoding: The encoding that was asked for; None chooses by the text.
        scheduled: When it is to go out; None: at once.
        shortfalls: Why the account could not make it now.
    """

    messages: Sequence[DryMessage]
    total_segments: int
    short_domain: str
    link_shape: LinkShape = LinkShape.TOKEN
    append_http: bool = True
    sender_id: str = ""
    registered_domains: AbstractSet[str] = frozenset()
    dlt_entity_id: str | None = None
    dlt_template_id: str | None = None
    encoding: Encoding | None = None
    price_per_segment: Decimal | None = None
    currency: str | None = None
    shown_count: int = 10
    file_warnings: Sequence[str] = ()
    scheduled: ScheduledTime | None = None
    shortfalls: Sequence[DomainError] = ()

    @property
    def is_dlt(self) -> bool:
        """Whether it goes to India's registry for scrubbing."""
        return bool(self.dlt_entity_id or self.dlt_template_id)

    @property
    def is_unicode(self) -> bool:
        """Whether it is to go as UCS-2 whatever the text."""
        return self.encoding is Encoding.UCS_2

    @property
    def tracked(self) -> list[DryMessage]:
        """Those of its messages that have a short link."""
        return [message for message in self.messages if message.short_link]


@dataclass(frozen=True, slots=True)
class PreflightWarning:
    """Something that the sender will want to change before sending.

    Attributes:
        code: Stable name, for clients.
        message: What will happen and what to do, in a sender's words.
        mobiles: The recipients looked at whom it concerns.
    """

    code: str
    message: str
    mobiles: tuple[str, ...]


Warnings = Iterator[PreflightWarning]


def warning(code: str, message: str, concerned: Sequence[DryMessage]) -> PreflightWarning:
    """Build a warning about some of the messages looked at."""
    return PreflightWarning(code, message, tuple(each.mobile for each in concerned))


def count_segments(text: str, *, is_unicode: bool = False) -> int:
    """Count what a text that nobody sends would take; ``MAX_SEGMENTS + 1`` if it is too long."""
    try:
        return segment(text, encoding=Encoding.UCS_2 if is_unicode else None).count
    except TextTooLongError:
        return MAX_SEGMENTS + 1


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, which takes a plain s."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
