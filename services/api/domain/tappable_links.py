"""Texts cut where their short links are, as a phone shows them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TextPart:
    """A part of a text.

    Attributes:
        path: Of the short link that the part is, such as ``/SAlhjS``; None of plain text.
    """

    text: str
    path: str | None = None


def cut_at_links(text: str, short_domain: str) -> Iterator[TextPart]:
    """Cut a text at its short links.

    Args:
        text: As it was delivered.
        short_domain: Of the links, in small letters.

    Yields:
        The parts, which put together are the text again.
    """
    # A path is a token, behind a sender ID where the account's links have one.
    link = re.compile(
        rf"(?<![\w./@-])(?:https?://)?{re.escape(short_domain)}"
        r"(?P<path>(?:/[0-9A-Za-z-]{1,20})?/[0-9A-Za-z]{6,8})(?![0-9A-Za-z/])"
    )
    end = 0
    for found in link.finditer(text):
        if found.start() > end:
            yield TextPart(text[end : found.start()])
        yield TextPart(found[0], found["path"])
        end = found.end()
    if end < len(text):
        yield TextPart(text[end:])
