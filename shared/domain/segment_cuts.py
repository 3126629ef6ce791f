"""Choose where a long text is cut: fewest segments first, then fewest things torn apart."""

from bisect import bisect_right
from collections.abc import Set as AbstractSet
from functools import cache
from itertools import accumulate
from typing import NamedTuple

import regex

_CLUSTER = regex.compile(r"\X")


class _Plan(NamedTuple):
    """Cuts of a rest of the text, after what they cost, dearest first."""

    parts: int
    torn_links: int
    torn_clusters: int
    cuts: tuple[int, ...]


class _Span(NamedTuple):
    start: int
    end: int


def fewest_cuts(
    text: str, *, size: int, wide: AbstractSet[int], keep_whole: str | None
) -> tuple[int, ...]:
    """Return the end of each part as an offset in code points, the text's own end last.

    Args:
        text: What is cut; not empty.
        size: Units that one part holds, at least 2.
        wide: Offsets of the characters that weigh two units; all others weigh one.
        keep_whole: A piece of the text whose last occurrence is best not cut.
    """
    # weight_before[i] is the weight of text[:i]; without wide characters it is i itself.
    weight_before: list[int] | range = range(len(text) + 1)
    if wide:
        weights = (2 if at in wide else 1 for at in range(len(text)))
        weight_before = list(accumulate(weights, initial=0))
    link = _last_span(text, keep_whole)
    clusters = _clusters(text)

    def reach(start: int) -> int:
        return bisect_right(weight_before, weight_before[start] + size) - 1

    filled = [reach(0)]
    while filled[-1] < len(text):
        filled.append(reach(filled[-1]))
    if not any(_is_torn(link, cut) or cut in clusters for cut in filled):
        return tuple(filled)

    @cache
    def best(start: int) -> _Plan:
        end = reach(start)
        if end == len(text):
            return _Plan(1, 0, 0, (end,))
        torn = [span for span in (link, clusters.get(end)) if _is_torn(span, end)]
        ends = {end, *(span.start for span in torn if span and span.start > start)}
        # Of equals min keeps the first, so the fullest part.
        plans = [through(cut, best(cut)) for cut in sorted(ends, reverse=True)]
        return min(plans, key=lambda plan: plan[:3])

    def through(end: int, rest: _Plan) -> _Plan:
        return _Plan(
            rest.parts + 1,
            rest.torn_links + _is_torn(link, end),
            rest.torn_clusters + (end in clusters),
            (end, *rest.cuts),
        )

    return best(0).cuts


def _is_torn(span: _Span | None, at: int) -> bool:
    return span is not None and span.start < at < span.end


def _last_span(text: str, piece: str | None) -> _Span | None:
    start = text.rfind(piece) if piece else -1
    return None if piece is None or start < 0 else _Span(start, start + len(piece))


def _clusters(text: str) -> dict[int, _Span]:
    """Map each offset inside a grapheme cluster to that cluster."""
    if text.isascii() and "\r\n" not in text:
        return {}
    return {
        inside: _Span(*match.span())
        for match in _CLUSTER.finditer(text)
        for inside in range(match.start() + 1, match.end())
    }
