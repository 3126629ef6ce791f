"""Say how far a link reaches: what belongs to it, and what is the sentence around it."""

import re
from functools import lru_cache

import regex

# <, >, " and the no-break space as HTML writes them, left over from an e-mail.
_ESCAPED_DELIMITER = "(?:lt|gt|quot|nbsp|#34|#39|#60|#62|#160);"
# Terms and conditions, stuck to the link that they are about.
_TERMS = re.compile(r"(?<![.,;:!*|])[.,;:!*|]++T&Cs?(?![A-Za-z0-9=_])", re.IGNORECASE)
# An ampersand of neither.
_AMPERSAND = rf"&(?!{_ESCAPED_DELIMITER})(?!(?<=[.,;:!*|][Tt]&)[Cc][Ss]?(?![A-Za-z0-9=_]))"
# What RFC 3986 allows, and |^ which browsers let stand; brackets are looked at one by one. Not
# "<>\` and the space, which are what appendix C delimits a URI with.
_ASCII_RUN = re.compile(rf"(?:[!#-%'*-;=?-Z^_a-z|~]++|{_AMPERSAND})*+")
# The same up to a second scheme. To go no further than the link may reach keeps the time linear
# where many are stuck together.
_UP_TO_SCHEME = re.compile(
    rf"(?:[!#-%'*-;=?-GI-Z^_a-gi-z|~]++|[Hh](?!(?i:ttps?://))|{_AMPERSAND})*+"
)
_SCHEME = re.compile(r"https?://", re.IGNORECASE)
# Before a second scheme these say that it is a value of the first link: ?href=http://…
_INTRODUCES_VALUE = frozenset("/=?&#:@")
_CLOSERS = {")": "(", "]": "[", "}": "{"}
_BRACKETS = re.compile(r"[()\[\]{}]")
# What no link reaches over: a bracket before it is not closed behind it.
_BRACKET_OR_BREAK = re.compile(r"[()\[\]{}<>\"\\`\s]")
_CLOSING_QUOTE = re.compile(r"'(?![A-Za-z0-9])")
_PROSE_ENDINGS = ".,:;!?|^"
# Letters, marks and digits beyond ASCII, but none that are invisible or an emoji; a joiner only
# between two of them.
_NATIVE = (
    r"[[\p{L}\p{Mn}\p{Mc}\p{Nd}]"
    r"--[\p{ASCII}\p{Default_Ignorable_Code_Point}\p{Extended_Pictographic}]]"
)
_NATIVE_RUN = regex.compile(rf"(?V1)(?:{_NATIVE}++(?:[\u200c\u200d](?={_NATIVE}))?+)*+")
_LAST_LATIN = 0x24F
_MORE_LATIN = range(0x1E00, 0x1F00)
_COMBINING_LATIN = range(0x300, 0x370)
_EMOJI_MARKS = frozenset("\ufe0f\u20e3")


def is_latin(char: str) -> bool:
    """Tell whether a letter or mark is of the Latin script; ASCII is."""
    code = ord(char)
    return code <= _LAST_LATIN or code in _MORE_LATIN or code in _COMBINING_LATIN


def native_end(text: str, start: int) -> int:
    """Return where letters, marks and digits beyond ASCII end that stand from ``start`` on.

    Joiners count between two of them, where Indic scripts and Persian need them. All other
    characters beyond ASCII (punctuation of any script, symbols, emoji, invisible characters)
    end a link.
    """
    run = _NATIVE_RUN.match(text, start)
    return run.end() if run else start


def end_without_keycap(text: str, end: int) -> int:
    """Leave to a keycap emoji the digit, ``#`` or ``*`` that it begins with."""
    is_keycap = text[end : end + 1] in _EMOJI_MARKS and text[end - 1] in "0123456789#*"
    return end - 1 if is_keycap else end


def tail_end(text: str, *, link_start: int, start: int, is_native: bool) -> int:
    """Return where path, query and fragment end that begin at ``start``.

    Args:
        text: The whole message.
        link_start: Where the link begins.
        start: Where its host and port end.
        is_native: Whether the host has letters beyond Latin.
    """
    if text[start : start + 1] not in {"/", "?", "#"}:
        return start
    end = _run_end(text, start, is_native=is_native)
    if link_start and text[link_start - 1] == "'":
        quote = _CLOSING_QUOTE.search(text, start, end)
        end = quote.start() if quote else end
    if terms := _TERMS.search(text, start, end + len("&Cs")):
        end = terms.start()
    end = _balanced_end(text, start, end)
    return _end_without_prose(text, link_start, start, end)


def _run_end(text: str, start: int, *, is_native: bool) -> int:
    end = start
    ascii_run = _UP_TO_SCHEME
    opened: list[str] = []
    while True:
        end = _end_of_run(ascii_run, text, end)
        if ascii_run is _UP_TO_SCHEME and _SCHEME.match(text, end):
            if text[end - 1] not in _INTRODUCES_VALUE:
                break
            ascii_run = _ASCII_RUN
            continue
        if _BRACKETS.match(text, end):
            if not _is_in_pair(text, end, opened):
                break
            end += 1
            continue
        native = native_end(text, end)
        if native == end:
            break
        is_latin_word = is_latin(text[end])
        # A word that changes script is a link with prose stuck to it: /saleपर, /Kp3Qxをご覧
        if not (is_native or is_latin_word) and text[end - 1].isalnum():
            break
        is_native = is_native or not is_latin_word
        end = native
    return end_without_keycap(text, end)


def _end_of_run(pattern: re.Pattern[str], text: str, start: int) -> int:
    run = pattern.match(text, start)
    return run.end() if run else start


def _is_in_pair(text: str, at: int, opened: list[str]) -> bool:
    """Tell whether a bracket may have its match in the link; keep the list of those opened."""
    opener = _CLOSERS.get(text[at])
    if opener is None:
        opened.append(text[at])
        return at in _closed_brackets(text)
    return bool(opened) and opened.pop() == opener


@lru_cache(maxsize=1)
def _closed_brackets(text: str) -> frozenset[int]:
    """List where brackets open that are closed before a blank or another bracket's end."""
    opened: list[int] = []
    closed: set[int] = set()
    for found in _BRACKET_OR_BREAK.finditer(text):
        if found[0] in _CLOSERS.values():
            opened.append(found.start())
        elif opened and text[opened[-1]] == _CLOSERS.get(found[0]):
            closed.add(opened.pop())
        else:
            opened.clear()
    return frozenset(closed)


def _balanced_end(text: str, start: int, end: int) -> int:
    """Leave out a bracket that is still open where the link ends, and all behind it."""
    opened: list[int] = []
    for bracket in _BRACKETS.finditer(text, start, end):
        if bracket[0] in _CLOSERS:
            opened.pop()
        else:
            opened.append(bracket.start())
    return opened[0] if opened else end


def _end_without_prose(text: str, link_start: int, start: int, end: int) -> int:
    tail = text[start:end]
    endings = _PROSE_ENDINGS
    # An apostrophe that has its match in the link is a value's: ?name='Asha'
    if tail.count("'") % 2:
        endings += "'"
    # Chat markup counts where it was opened before the link: *bold* anywhere, _ and ~ next to it.
    before = text[link_start - 1] if link_start else ""
    bare = tail.rstrip(endings)
    if bare.endswith("*") and text.find("*") < link_start:
        endings += "*"
    elif before in {"_", "~"}:
        endings += before
    tail = tail.rstrip(endings)
    return start if tail == "#" else start + len(tail)
