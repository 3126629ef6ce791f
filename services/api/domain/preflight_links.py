"""What may go wrong with the short link in a message, before anything is sent."""

from itertools import accumulate

import regex

from services.api.domain.preflight_input import (
    DryMessage,
    DryRun,
    Warnings,
    count_segments,
    counted,
    warning,
)
from shared.domain.segments import Encoding

# Letters, digits and marks, but for the marks of emoji.
_WORD = r"[\p{L}\p{M}\p{N}_]--[\uFE00-\uFE0F\u20E3]"
# What may begin a scheme's name (RFC 3986 §3.1): of xhttps:// a phone makes no link.
_STUCK_BEFORE_SCHEME = regex.compile(rf"(?V1)[{_WORD}||[+.-]]\Z")
# A bare host also may be taken for the rest of an address, a path, a handle or, behind a colon,
# of a scheme.
_STUCK_BEFORE_HOST = regex.compile(rf"(?V1)[{_WORD}||[+.@:/\\=&#$%~-]]\Z")
# Phones let a link go on to the last letter, digit, dash, slash or underscore before a blank or
# quotation mark. Punctuation that only a blank follows they leave to the sentence.
_TAKEN_IN = regex.compile(rf"(?V1)[^\s\"<>“”„«»]*?[{_WORD}||[/-]]")


def link_warnings(run: DryRun) -> Warnings:
    """Look at how the short link stands in each message.

    Yields:
        ``link_may_not_be_tappable``: something is stuck to it; ``segment_added_by_link``: the
        text alone takes fewer segments; ``link_splits``: a segment ends within it.
    """
    yield from _not_tappable(run)
    yield from _adding_a_segment(run)
    yield from _cut(run)


def _not_tappable(run: DryRun) -> Warnings:
    concerned = [message for message in run.tracked if _stuck(message)]
    if not concerned:
        return
    first = concerned[0]
    scheme = "" if _has_scheme(first) else ", and send with appendHttp=true"
    text = (
        f"Some phones will not make the link tappable, or will take more than the link, with"
        f" {_stuck(first)} right at it. Put a space there{scheme}."
    )
    yield warning("link_may_not_be_tappable", text, concerned)


def _stuck(message: DryMessage) -> str:
    before, behind = message.around_link
    stuck_before = _STUCK_BEFORE_SCHEME if _has_scheme(message) else _STUCK_BEFORE_HOST
    found = [stuck_before.search(before), _TAKEN_IN.match(behind)]
    return " and ".join(repr(match[0]) for match in found if match)


def _has_scheme(message: DryMessage) -> bool:
    return bool(message.short_link and message.short_link.startswith("https://"))


def _adding_a_segment(run: DryRun) -> Warnings:
    # The text alone is the measure, and not the text with the sender's own link: that one may be
    # longer than ours, and the sender could still save a segment. Where ours is the longer one,
    # the warning says so.
    concerned = [message for message in run.tracked if _segments_without(run, message)]
    if not concerned:
        return
    first = concerned[0]
    count = first.segmentation.count
    own = count_segments(first.written, is_unicode=run.is_unicode)
    instead = (
        f"{own} with your own link" if own < count else f"{_segments_without(run, first)} without"
    )
    text = (
        f"With the short link the message takes {counted(count, 'segment')} instead of {instead}."
        f" Shorten the text by {counted(_characters_over(first), 'character')} to save one."
    )
    yield warning("segment_added_by_link", text, concerned)


def _segments_without(run: DryRun, message: DryMessage) -> int:
    """Return what the text takes without its link, 0 if that is no fewer."""
    without = count_segments("".join(message.around_link), is_unicode=run.is_unicode)
    return without if without < message.segmentation.count else 0


def _characters_over(message: DryMessage) -> int:
    is_unicode = message.segmentation.encoding is Encoding.UCS_2
    longest = len(message.short_link or "")
    fewer = (
        length
        for length in range(1, longest)
        if count_segments(message.text[length:], is_unicode=is_unicode)
        < message.segmentation.count
    )
    return next(fewer, longest)


def _cut(run: DryRun) -> Warnings:
    concerned = [message for message in run.tracked if _is_cut(message)]
    if concerned:
        text = (
            "The link does not fit whole into a segment, so a phone may show it in two pieces"
            " that cannot be tapped. Put it nearer to the start, or shorten the text before it."
        )
        yield warning("link_splits", text, concerned)


def _is_cut(message: DryMessage) -> bool:
    start = message.link_start
    end = start + len(message.short_link or "")
    return any(start < cut < end for cut in accumulate(map(len, message.segmentation.parts)))
