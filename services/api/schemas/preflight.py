"""What a dry run tells, as it is answered and documented."""

from collections.abc import Iterable
from typing import Any

from pydantic import Field

from services.api.domain.money import amount_text
from services.api.domain.preflight import MessagePreview, Preflight
from services.api.domain.preflight_characters import ForcingCharacter
from services.api.domain.preflight_input import PreflightWarning
from services.api.schemas.answer_base import Answer
from shared.domain.segments import Segmentation


class CharacterAnswer(Answer):
    """A character that makes a message go as UCS-2."""

    character: str = Field(examples=["\u2019"])
    code_point: str = Field(examples=["U+2019"])
    name: str = Field(description="Its name in Unicode", examples=["RIGHT SINGLE QUOTATION MARK"])
    replacement: str | None = Field(
        description="What smartEncoding would write, which may be nothing; null if it knows none",
        examples=["'"],
    )


class SizeAnswer(Answer):
    """What a message comes to."""

    encoding: str = Field(description="GSM-7 or UCS-2", examples=["GSM-7"])
    units: int = Field(description="Septets of GSM-7, code units of UCS-2", examples=[59])
    segments: int = Field(examples=[1])


class MessageAnswer(SizeAnswer):
    """One message as its recipient would get it."""

    mobile: str = Field(examples=["919876543210"])
    text: str = Field(
        description="With a sample link of the right length",
        examples=["Sale ends tonight: https://tx1.in/SAlhjS. Reply STOP to end"],
    )
    parts: list[str] = Field(
        description="The text cut into its segments",
        examples=[["Sale ends tonight: https://tx1.in/SAlhjS. Reply STOP to end"]],
    )
    forcing_characters: list[CharacterAnswer] = Field(examples=[[]])
    if_replaced: SizeAnswer | None = Field(
        description="What it would come to with smartEncoding; null if that changes nothing"
    )


class WarningAnswer(Answer):
    """Something to look at before the send is made."""

    code: str = Field(description="Stable, for programs", examples=["link_grows_message"])
    message: str = Field(description="What is wrong, and what would be right")
    mobiles: list[str] = Field(
        description="Of the messages shown, those it is about; empty if about the send",
        examples=[["919876543210"]],
    )


class PreflightAnswer(SizeAnswer):
    """What a dry run found; encoding, units and segments are those of the longest shown."""

    messages: list[MessageAnswer] = Field(description="The first ten")
    forcing_characters: list[CharacterAnswer] = Field(
        description="Of all messages shown, each character once", examples=[[]]
    )
    total_segments: int = Field(description="Of the whole send", examples=[2])
    cost: str | None = Field(description="Null if no price is agreed", examples=["0.24"])
    currency: str | None = Field(examples=["INR"])
    link_length: int | None = Field(
        description="Characters of the short link; null if none is tracked", examples=[21]
    )
    warnings: list[WarningAnswer] = Field(examples=[[]])


def preflight_answer(preflight: Preflight) -> dict[str, Any]:
    """Return a preflight as JSON holds it; money as decimal digits in a text."""
    cost = preflight.cost
    return PreflightAnswer(
        messages=[_message(message) for message in preflight.messages],
        **_size(preflight.longest),
        forcing_characters=_characters(preflight.forcing_characters),
        total_segments=preflight.total_segments,
        cost=None if cost is None else amount_text(cost),
        currency=None if cost is None else preflight.currency,
        link_length=preflight.link_length,
        warnings=[_warning(warning) for warning in preflight.warnings],
    ).model_dump(by_alias=True)


def _message(message: MessagePreview) -> MessageAnswer:
    replaced = message.if_replaced
    return MessageAnswer(
        mobile=message.mobile,
        text=message.text,
        **_size(message.segmentation),
        parts=list(message.segmentation.parts),
        forcing_characters=_characters(message.forcing_characters),
        if_replaced=None if replaced is None else SizeAnswer(**_size(replaced)),
    )


def _size(segmentation: Segmentation) -> dict[str, Any]:
    return {
        "encoding": segmentation.encoding.value,
        "units": segmentation.units,
        "segments": segmentation.count,
    }


def _characters(characters: Iterable[ForcingCharacter]) -> list[CharacterAnswer]:
    return [
        CharacterAnswer(
            character=each.character,
            code_point=each.code_point,
            name=each.name,
            replacement=each.replacement,
        )
        for each in characters
    ]


def _warning(warning: PreflightWarning) -> WarningAnswer:
    return WarningAnswer(code=warning.code, message=warning.message, mobiles=list(warning.mobiles))
