"""Which characters make a message go as UCS-2, and what plain ones would save."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.api.domain.preflight_input import (
    DryMessage,
    DryRun,
    Warnings,
    count_segments,
    counted,
    warning,
)
from shared.domain.segments import (
    Encoding,
    Segmentation,
    TextTooLongError,
    non_gsm_characters,
    segment,
)
from shared.domain.smart_encoding import plain_form, to_gsm7

# More than these are a text in another script, which no replacing brings to GSM-7.
FEW_CHARACTERS = 10
# Fewer letters of one may have strayed into a text in ours, by way of a copied word.
_LETTERS_OF_A_SCRIPT = 3
_NAMED = 5


@dataclass(frozen=True, slots=True)
class ForcingCharacter:
    """A character that GSM-7 lacks.

    Attributes:
        character: The character itself.
        code_point: Such as ``U+2019``.
        name: Its name in Unicode.
        replacement: What smart encoding would write, which may be nothing at all; of an accent,
            together with its letter. None if it has nothing plain for it.
    """

    character: str
    code_point: str
    name: str
    replacement: str | None


def forcing_characters(texts: Iterable[str]) -> tuple[ForcingCharacter, ...]:
    """List the characters of some texts that GSM-7 lacks, each once, in their order."""
    first_in: dict[str, str] = {}
    for text in texts:
        for char in non_gsm_characters(text):
            first_in.setdefault(char, text)
    return tuple(
        ForcingCharacter(char, f"U+{ord(char):04X}", _name(char), _replacement(char, text))
        for char, text in first_in.items()
    )


def is_other_script(forcing: Sequence[ForcingCharacter]) -> bool:
    """Tell whether a text goes as UCS-2 for its script: then there is nothing to replace."""
    letters = [
        each
        for each in forcing
        if unicodedata.category(each.character)[0] in "LM" and not each.name.startswith("LATIN")
    ]
    return len(forcing) > FEW_CHARACTERS or len(letters) >= _LETTERS_OF_A_SCRIPT


def if_replaced(text: str) -> Segmentation | None:
    """Return how a text would go with smart encoding; None if that changes nothing."""
    plain = to_gsm7(text)
    if plain == text:
        return None
    try:
        return segment(plain)
    except TextTooLongError:
        return None


def unicode_warnings(run: DryRun) -> Warnings:
    """Weigh what a few characters cost, or msgType=unicode.

    Yields:
        ``unicode_costs_segments``, of messages that would take fewer segments as GSM-7.
    """
    concerned = [message for message in run.messages if _segments_saved(message)]
    if not concerned:
        return
    first = concerned[0]
    count = first.segmentation.count
    takes = f"{counted(count, 'segment')} instead of {count - _segments_saved(first)}"
    forcing = forcing_characters(message.text for message in concerned)
    dynamic = "msgType=dynamic" if run.is_unicode else ""
    if not forcing:
        text = f"msgType=unicode takes {takes}, and no character needs it: send with {dynamic}."
    else:
        smart = " and ".join(filter(None, ["smartEncoding=true", dynamic]))
        has_plain_forms = all(if_replaced(message.text) for message in concerned)
        advice = (
            f"Send with {smart} to have them written as plain ones"
            if has_plain_forms
            else "Replace them or leave them out"
        )
        text = f"{_named(forcing)} cannot go as GSM-7, so the message takes {takes}. {advice}."
    yield warning("unicode_costs_segments", text, concerned)


def _segments_saved(message: DryMessage) -> int:
    if message.segmentation.encoding is not Encoding.UCS_2:
        return 0
    forcing = non_gsm_characters(message.text)
    if len(forcing) > FEW_CHARACTERS:
        return 0
    plain = to_gsm7(message.text)
    # What has no plain form is left out.
    without = plain.translate({ord(char): plain_form(char) for char in non_gsm_characters(plain)})
    return max(0, message.segmentation.count - count_segments(without))


def _named(forcing: Sequence[ForcingCharacter]) -> str:
    named = ", ".join(f"{each.character} ({each.name})" for each in forcing[:_NAMED])
    more = len(forcing) - _NAMED
    return f"{named} and {more} more" if more > 0 else named


def _name(char: str) -> str:
    unnamed = "control character" if unicodedata.category(char) == "Cc" else "unnamed character"
    return unicodedata.name(char, unnamed)


def _replacement(char: str, text: str) -> str | None:
    plain = plain_form(char)
    if plain is not None or not unicodedata.combining(char):
        return plain
    # A letter and its accent become one character, if GSM-7 has it.
    at = text.index(char)
    composed = unicodedata.normalize("NFC", text[max(0, at - 1) : at + 1])
    is_one = len(composed) == 1 and composed != char and not non_gsm_characters(composed)
    return composed if is_one else None
