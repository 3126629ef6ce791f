"""Cut a text into the segments that a carrier bills, per 3GPP TS 23.038 and 23.040.

The counter and the splitter are this one piece of code, so a bill and what is sent agree.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.errors import DomainError
from shared.domain.segment_cuts import fewest_cuts

# A segment number is one octet (TS 23.040 §9.2.3.24.1), but carriers commonly refuse long
# before 255 and a text of this length is an upload gone wrong: 20 hold 3,060 septets.
MAX_SEGMENTS = 20

# TS 23.038 §6.2.1; 0x09 is the capital Ç, whatever tables made from GSM0338.TXT say.
_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = "\f^{}\\[~]|€"
_NOT_BASIC = re.compile(f"[^{re.escape(_BASIC)}]")
_NOT_GSM = re.compile(f"[^{re.escape(_BASIC + _EXTENSION)}]")
_ESCAPED = re.compile(f"[{re.escape(_EXTENSION)}]")
_BEYOND_BMP = re.compile("[\U00010000-\U0010ffff]")


class Encoding(StrEnum):
    """How the characters of a message travel."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


# Units that fit one message alone, and each part of several, which carry a six-octet header.
_ALONE = {Encoding.GSM_7: 160, Encoding.UCS_2: 70}
_IN_PARTS = {Encoding.GSM_7: 153, Encoding.UCS_2: 67}


class TextTooLongError(DomainError):
    """A text needs more segments than one message may have."""

    code = "text_too_long"
    field = "msg"

    def __init__(self, *, encoding: Encoding, units: int) -> None:
        limit = MAX_SEGMENTS * _IN_PARTS[encoding]
        super().__init__(
            f"msg is too long: {units} units of {encoding}; the {MAX_SEGMENTS} segments that one"
            f" message may have hold about {limit}. Shorten the text."
        )


class NotGsmError(DomainError):
    """A text that was to go as GSM-7 has characters which GSM-7 lacks.

    Attributes:
        characters: Each such character once, in the order of the text.
    """

    code = "not_gsm"
    field = "msg"

    def __init__(self, *, characters: tuple[str, ...]) -> None:
        self.characters = characters
        named = ", ".join(f"{char!r} (U+{ord(char):04X})" for char in characters[:10])
        more = f" and {len(characters) - 10} more" if len(characters) > 10 else ""  # noqa: PLR2004
        super().__init__(
            f"msg has characters that GSM-7 lacks: {named}{more}."
            " Replace them, or send the message as unicode."
        )


@dataclass(frozen=True, slots=True, repr=False)
class Segmentation:
    """How a carrier takes a text.

    Attributes:
        encoding: GSM-7 or UCS-2.
        units: Septets of GSM-7, escapes included, or UTF-16 code units of UCS-2.
        parts: The text of each segment in order; joined they are the whole text.
    """

    encoding: Encoding
    units: int
    parts: tuple[str, ...]

    @property
    def count(self) -> int:
        """Segments that are billed, at least 1."""
        return len(self.parts)


def segment(
    text: str, *, keep_whole: str | None = None, encoding: Encoding | None = None
) -> Segmentation:
    """Work out how a carrier will cut a text into billed segments.

    An escaped GSM-7 character or a surrogate pair never straddles two segments, even where that
    bills one more. The short link and grapheme clusters (an emoji with its modifiers) are kept
    whole wherever that costs no further segment.

    Args:
        text: What the recipient reads, short link already in place.
        keep_whole: The short link, whose last occurrence is not to be cut.
        encoding: How the text must travel; None chooses GSM-7 if it can hold the text.

    Raises:
        NotGsmError: ``encoding`` is GSM-7 and the text has other characters.
        TextTooLongError: More than ``MAX_SEGMENTS`` segments would be billed.
    """
    chosen, units = _weigh(text, encoding)
    if units <= _ALONE[chosen]:
        return Segmentation(chosen, units, (text,))
    size = _IN_PARTS[chosen]
    if units > MAX_SEGMENTS * size:
        raise TextTooLongError(encoding=chosen, units=units)
    wide = _ESCAPED if chosen is Encoding.GSM_7 else _BEYOND_BMP
    cuts = fewest_cuts(
        text,
        size=size,
        wide=frozenset(match.start() for match in wide.finditer(text)),
        keep_whole=keep_whole,
    )
    if len(cuts) > MAX_SEGMENTS:
        raise TextTooLongError(encoding=chosen, units=units)
    starts = (0, *cuts[:-1])
    parts = tuple(text[start:end] for start, end in zip(starts, cuts, strict=True))
    return Segmentation(chosen, units, parts)


def room_in(encoding: Encoding, segment_count: int) -> int:
    """Return how many units so many segments hold at most."""
    return _ALONE[encoding] if segment_count == 1 else _IN_PARTS[encoding] * segment_count


def non_gsm_characters(text: str) -> tuple[str, ...]:
    """List the characters that force UCS-2, each once, in the order of the text."""
    return tuple(dict.fromkeys(_NOT_GSM.findall(text)))


def _weigh(text: str, encoding: Encoding | None) -> tuple[Encoding, int]:
    if encoding is not Encoding.UCS_2:
        if not _NOT_BASIC.search(text):
            return Encoding.GSM_7, len(text)
        if not _NOT_GSM.search(text):
            return Encoding.GSM_7, len(text) + len(_ESCAPED.findall(text))
        if encoding is Encoding.GSM_7:
            raise NotGsmError(characters=non_gsm_characters(text))
    return Encoding.UCS_2, len(text) + len(_BEYOND_BMP.findall(text))
