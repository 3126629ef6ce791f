"""A text with its links told apart: the one that is tracked, and those left as they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from services.api.domain.link_finding import find_links


class LinkMark(StrEnum):
    """What becomes of a link."""

    TRACKED = "tracked"
    LEFT = "left"


@dataclass(frozen=True, slots=True, repr=False)
class MarkedPart:
    """A part of a text; ``mark`` is None of what is no link."""

    text: str
    mark: LinkMark | None = None


def mark_links(text: str, tracked: str | None) -> list[MarkedPart]:
    """Cut a text at its links; put together the parts are the text again.

    Args:
        text: As its recipient gets it, or as its sender wrote it.
        tracked: The link in it that is tracked, short or the sender's; where it stands more than
            once its last place counts. None if there is none.
    """
    start = text.rfind(tracked) if tracked else -1
    if tracked is None or start < 0:
        return list(_left(text))
    behind = text[start + len(tracked) :]
    return [*_left(text[:start]), MarkedPart(tracked, LinkMark.TRACKED), *_left(behind)]


def _left(text: str) -> Iterator[MarkedPart]:
    end = 0
    for link in find_links(text):
        if link.start > end:
            yield MarkedPart(text[end : link.start])
        yield MarkedPart(link.text, LinkMark.LEFT)
        end = link.end
    if end < len(text):
        yield MarkedPart(text[end:])
