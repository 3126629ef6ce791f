"""What a dry run tells a sender: each message as it would go out, its cost, and what to change."""

from dataclasses import dataclass
from decimal import Decimal

from services.api.domain.placeholders import Template
from services.api.domain.preflight_characters import (
    ForcingCharacter,
    forcing_characters,
    if_replaced,
    unicode_warnings,
)
from services.api.domain.preflight_dlt import dlt_warnings
from services.api.domain.preflight_input import (
    DryMessage,
    DryRun,
    PreflightWarning,
    Warnings,
    counted,
    warning,
)
from services.api.domain.preflight_links import link_warnings
from services.api.domain.schedule_times import ClockChange
from shared.domain.segments import Segmentation


@dataclass(frozen=True, slots=True, repr=False)
class MessagePreview:
    """One message as its recipient would get it.

    Attributes:
        segmentation: Its encoding, units and parts.
        forcing_characters: What makes it go as UCS-2.
        if_replaced: How it would go with smart encoding; None if that changes nothing.
    """

    mobile: str
    text: str
    segmentation: Segmentation
    forcing_characters: tuple[ForcingCharacter, ...]
    if_replaced: Segmentation | None


@dataclass(frozen=True, slots=True, repr=False)
class Preflight:
    """All that a dry run tells.

    Attributes:
        messages: The first messages of the send.
        longest: The segmentation of the dearest of them.
        forcing_characters: What makes any of them go as UCS-2, each character once.
        total_segments: Segments of the whole send.
        cost: Price of the whole send; None if no price is set.
        link_length: Characters of the longest short link shown; None if links are not tracked.
    """

    messages: tuple[MessagePreview, ...]
    longest: Segmentation
    forcing_characters: tuple[ForcingCharacter, ...]
    total_segments: int
    cost: Decimal | None
    currency: str | None
    link_length: int | None
    warnings: tuple[PreflightWarning, ...]


def preflight(run: DryRun) -> Preflight:
    """Look a send over before it is made.

    Args:
        run: The send; it has at least one message.
    """
    price = run.price_per_segment
    segmentations = [message.segmentation for message in run.messages]
    return Preflight(
        messages=tuple(_preview(run, message) for message in run.messages[: run.shown_count]),
        longest=max(segmentations, key=lambda each: (each.count, each.units)),
        forcing_characters=forcing_characters(message.text for message in run.messages),
        total_segments=run.total_segments,
        cost=None if price is None else price * run.total_segments,
        currency=run.currency,
        link_length=max((len(each.short_link or "") for each in run.tracked), default=None),
        warnings=(
            *_shortfalls(run),
            *_file_warnings(run),
            *_unfilled(run),
            *link_warnings(run),
            *unicode_warnings(run),
            *_empty_values(run),
            *dlt_warnings(run),
            *_clock_changes(run),
        ),
    )


def _preview(run: DryRun, message: DryMessage) -> MessagePreview:
    return MessagePreview(
        mobile=message.mobile,
        text=message.text,
        segmentation=message.segmentation,
        forcing_characters=forcing_characters([message.text]),
        if_replaced=None if run.is_unicode else if_replaced(message.text),
    )


def _shortfalls(run: DryRun) -> Warnings:
    for refusal in run.shortfalls:
        yield PreflightWarning(refusal.told_code, str(refusal), ())


def _file_warnings(run: DryRun) -> Warnings:
    for text in run.file_warnings:
        yield PreflightWarning("file_reading", text, ())


def _unfilled(run: DryRun) -> Warnings:
    # A text that was filled has values; what is in braces there came with one of them.
    unfilled = [each for each in run.messages if not each.values and _names(each.written)]
    if unfilled:
        name = _names(unfilled[0].written)[0]
        text = (
            f"{{{name}}} goes out as it stands: only msg is filled, and only from the columns of"
            " rows (sms), a file or an upload."
        )
        yield warning("placeholder_not_filled", text, unfilled)


def _clock_changes(run: DryRun) -> Warnings:
    if run.scheduled is None or run.scheduled.clock_change is None:
        return
    told = f"{run.scheduled.local:%Y-%m-%d %H:%M:%S%z}"
    text = f"The clocks skip scheduleTime on that day: {told} is taken."
    if run.scheduled.clock_change is ClockChange.REPEATED:
        text = f"The clocks show scheduleTime twice on that day: the first, {told}, is taken."
    text += " Give a time with its offset to have another."
    yield PreflightWarning("schedule_time_doubtful", text, ())


def _names(text: str) -> tuple[str, ...]:
    return Template.parse(text).names


def _empty_values(run: DryRun) -> Warnings:
    empty: dict[str, list[str]] = {}
    for message in run.messages:
        for name, value in message.values.items():
            if not value.strip():
                empty.setdefault(name, []).append(message.mobile)
    for name, mobiles in empty.items():
        seen = counted(len(run.messages), "message")
        text = (
            f"{{{name}}} is empty in {len(mobiles)} of {seen} looked at."
            " Fill that column, or word the text so that it reads well without."
        )
        yield PreflightWarning("empty_value", text, tuple(mobiles))
