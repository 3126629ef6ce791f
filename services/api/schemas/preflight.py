"""What a dry run tells, as it is answered."""

from collections.abc import Iterable
from typing import Any

from services.api.domain.preflight import MessagePreview, Preflight
from services.api.domain.preflight_characters import ForcingCharacter
from shared.domain.segments import Segmentation


def preflight_answer(preflight: Preflight) -> dict[str, Any]:
    """Return a preflight as JSON holds it; money as decimal digits in a text."""
    return {
        "messages": [_message(message) for message in preflight.messages],
        "encoding": preflight.longest.encoding.value,
        "units": preflight.longest.units,
        "segments": preflight.longest.count,
        "forcingCharacters": _characters(preflight.forcing_characters),
        "totalSegments": preflight.total_segments,
        "cost": None if preflight.cost is None else f"{preflight.cost:f}",
        "currency": None if preflight.cost is None else preflight.currency,
        "linkLength": preflight.link_length,
        "warnings": [
            {"code": each.code, "message": each.message, "mobiles": list(each.mobiles)}
            for each in preflight.warnings
        ],
    }


def _message(message: MessagePreview) -> dict[str, Any]:
    replaced = message.if_replaced
    return {
        "mobile": message.mobile,
        "text": message.text,
        **_size(message.segmentation),
        "parts": list(message.segmentation.parts),
        "forcingCharacters": _characters(message.forcing_characters),
        "ifReplaced": None if replaced is None else _size(replaced),
    }


def _size(segmentation: Segmentation) -> dict[str, Any]:
    return {
        "encoding": segmentation.encoding.value,
        "units": segmentation.units,
        "segments": segmentation.count,
    }


def _characters(characters: Iterable[ForcingCharacter]) -> list[dict[str, Any]]:
    return [
        {
            "character": each.character,
            "codePoint": each.code_point,
            "name": each.name,
            "replacement": each.replacement,
        }
        for each in characters
    ]
