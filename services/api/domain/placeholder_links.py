"""Tell which placeholders of a template stand inside a link, and write their values for there."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import regex

from services.api.domain.link_finding import FoundLink, find_links

Encode = Callable[[str], str]

# Links are looked for with something neutral in each placeholder's place. ISO 3166 keeps QQ free
# for private use, so no top-level domain will ever make a link of it.
_WORD = "qq"
# And where the template's own text shows that a scheme, a host or a port is missing:
_SCHEME = "https"
_HOST = "qq.com"
_PORT = "1"
_HOST_BEFORE = regex.compile(r"(?i:https?://|www\.)[\p{L}\p{M}\p{N}._:@%-]*+\Z")
_PORT_BEFORE = regex.compile(r"[\p{L}\p{N}\]]:[0-9]*+\Z")
# {base}?id={id} and {base}/offer?id={id}: nothing but a link goes on like this.
_QUERY_BEHIND = regex.compile(r"(?:/[\p{L}\p{M}\p{N}_./-]{0,200}+)?+\?[A-Za-z0-9_.-]{1,64}+=")
# A host has at most 253 characters, and a scheme before it.
_CONTEXT = 300

_AUTHORITY = re.compile(r"(?:https?://)?[^/?#]*+", re.IGNORECASE)
_BLANK = re.compile(r"\s")
# What is not unreserved (RFC 3986 §2.3), the percent sign of no triplet, and a mark that ends
# the value: where the value ends the link, the mark would be taken for the sentence's.
_NOT_IN_QUERY = re.compile(r"%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9._~%-]+|[._~-]\Z")
_NOT_IN_PATH = re.compile(r"%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9._~%/-]+|[._~-]\Z")


class Span(NamedTuple):
    """Where a placeholder or a link stands in a text: code points, half-open."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class OwnLink:
    """A link of the template's own words.

    Attributes:
        stretch: Which stretch of those words it is in; 0 is the one before all placeholders.
        start: Where it begins in that stretch.
        end: Where it ends there.
    """

    stretch: int
    start: int
    end: int


class TemplateLinks:
    """The links of a template, and where its placeholders stand to them.

    Args:
        text: The template.
        placeholders: The spans of its placeholders, from left to right.
    """

    def __init__(self, text: str, placeholders: Sequence[Span]) -> None:
        self._text, self._stand_ins = _with_stand_ins(text, placeholders)
        self._links = find_links(self._text)

    def encodings(self) -> list[Encode | None]:
        """List for each placeholder how its values are written; None where as they are.

        Raw outside of links and in scheme, host and port; percent-encoded in path, query and
        fragment, so that a value can neither end the link nor change what it is made of.
        """
        links = iter(self._links)
        link = next(links, None)
        encodings: list[Encode | None] = []
        for stand_in in self._stand_ins:
            while link and link.end <= stand_in.start:
                link = next(links, None)
            encodings.append(_encoding(link, stand_in) if link else None)
        return encodings

    def last_own_link(self) -> OwnLink | None:
        """Return the last link if no value of a placeholder can change it, None otherwise.

        It has blanks between itself and every placeholder, which no link reaches over. A value
        behind it may still hold a link of its own.
        """
        if not self._links:
            return None
        link = self._links[-1]
        stretch = sum(stand_in.start < link.end for stand_in in self._stand_ins)
        start = self._stand_ins[stretch - 1].end if stretch else 0
        is_last = stretch == len(self._stand_ins)
        end = len(self._text) if is_last else self._stand_ins[stretch].start
        if link.start < start:
            return None
        blank_before = _BLANK.search(self._text, start, link.start)
        blank_behind = _BLANK.search(self._text, link.end, end)
        if (stretch and not blank_before) or not (is_last or blank_behind):
            return None
        run_end = blank_behind.start() if blank_behind else end
        # Whether a final asterisk is chat markup depends on one anywhere before the link.
        if stretch and "*" in self._text[link.start : run_end]:
            return None
        return OwnLink(stretch, link.start - start, link.end - start)


def _with_stand_ins(text: str, placeholders: Sequence[Span]) -> tuple[str, list[Span]]:
    """Return the text with each placeholder replaced, and the spans of the replacements."""
    pieces: list[str] = []
    spans: list[Span] = []
    length, read, before = 0, 0, ""
    for start, end in placeholders:
        words = text[read:start]
        before = (before + words)[-_CONTEXT:]
        stand_in = _stand_in(before, text, end)
        length += len(words)
        spans.append(Span(length, length + len(stand_in)))
        pieces += words, stand_in
        before += stand_in
        length += len(stand_in)
        read = end
    return "".join([*pieces, text[read:]]), spans


def _stand_in(before: str, text: str, end: int) -> str:
    if text.startswith("://", end):
        return _SCHEME
    if _PORT_BEFORE.search(before):
        return _PORT
    if _HOST_BEFORE.search(before) or _QUERY_BEHIND.match(text, end):
        return _HOST
    return _WORD


def _encoding(link: FoundLink, stand_in: Span) -> Encode | None:
    authority = _AUTHORITY.match(link.text)
    tail_start = link.start + (authority.end() if authority else 0)
    if stand_in.start < tail_start:
        return None
    before = link.text[: stand_in.start - link.start]
    return _encode_in_query if "?" in before or "#" in before else _encode_in_path


def _encode_in_query(value: str) -> str:
    # Most values are an id or a name: this is their short way.
    if value.isascii() and value.isalnum():
        return value
    return _NOT_IN_QUERY.sub(_to_triplets, value)


def _encode_in_path(value: str) -> str:
    if value.isascii() and value.isalnum():
        return value
    return _NOT_IN_PATH.sub(_to_triplets, value)


def _to_triplets(match: re.Match[str]) -> str:
    # A lone surrogate has no UTF-8 and becomes a question mark, itself encoded.
    octets = match[0].encode(errors="replace")
    return "".join([f"%{octet:02X}" for octet in octets])
