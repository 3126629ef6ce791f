"""Find the links in a message: what a phone would make tappable, and no word more."""

import re
from dataclasses import dataclass

from services.api.domain import link_hosts, link_tails
from services.api.domain.destination import MAX_PORT


@dataclass(frozen=True, slots=True, repr=False)
class FoundLink:
    """A link where it stands in a text; ``start`` and ``end`` are code points, half-open."""

    start: int
    end: int
    text: str


# Everything here takes time linear in the text: each run is matched once, by possessive
# quantifiers, and the search goes on behind it.
_LETTERS = r"A-Za-zÀ-ÖØ-öø-ɏ\u0300-\u034e\u0350-\u036f\u1e00-\u1eff"
_WORD_CHARS = rf"[{_LETTERS}0-9._%+@-]"
_OPAQUE_SCHEMES = (
    r"javascript(?!:https?://)|vbscript|blob|filesystem|data(?=:[a-z]++/[a-z])"
    r"|mailto(?=:[^\s?:/]{1,100}+\?)|sms(?:to)?(?=:\+?[0-9]{1,20}+\?)|magnet(?=:\?)"
)
# Runs in which a link may begin: before ://, behind www., or with a dot before a letter. Code and
# data of other schemes are passed over whole.
_WORD = re.compile(
    rf"(?<!{_WORD_CHARS})(?:"
    rf"(?P<opaque>(?i:{_OPAQUE_SCHEMES}):\S*+)"
    rf"|{_WORD_CHARS}++(?=://)"
    r"|(?P<native>(?i:www)\.(?=[^\x00-\u024f]))"
    rf"|(?={_WORD_CHARS}*?\.[{_LETTERS}]){_WORD_CHARS}++)"
)
_WORD_CHAR = re.compile(_WORD_CHARS)
_SCHEME_BEHIND = re.compile(r"(?<!\+)https?\Z", re.IGNORECASE)
_REST_OF_RUN = re.compile(r"\S*+")
# The next link may be stuck to one, with a full stop or markup between them.
_NEXT_SCHEME = re.compile(r"[._~*-]*+(https?://)", re.IGNORECASE)
_USERINFO = re.compile(r"(?:[A-Za-z0-9._~!$&*+=:%-]*+@)*+")
_IPV6 = re.compile(r"\[[0-9A-Fa-f:.]{2,45}\]")
_NAME_RUN = re.compile(r"[A-Za-z0-9._-]*+")
# With a path or query behind, a number too high for a port is still meant as one.
_PORT = re.compile(r":(?:[0-9]{1,6}(?=[/?#])|(?=/)|([0-9]{1,5})(?![A-Za-z0-9]))")
_ELLIPSIS = re.compile(r"\.{2,}")
_BARE_NAME = re.compile(rf"[{_LETTERS}0-9-]++(?:\.[{_LETTERS}0-9-]++)+")
_UP_TO_TAIL = re.compile(r"[:/?#]")
_WWW_INSIDE = re.compile(r"(?<=[._-])www\.", re.IGNORECASE)
_CONTINUES = re.compile(r"[/?#:@]\S")
_BARE_TAIL = re.compile(r"\?[\w.%\[\]-]+=|#\w", re.ASCII)
# Before a bare host these say that it is part of something else: a path, a parameter, a handle.
_NOT_BEFORE_BARE = frozenset("/\\=&#$")
# Characters that are not seen and that pages put into long words, where a line may end.
_UNSEEN = "\u00ad\u200b\u200c\u200d\u2060\ufeff"


def find_links(text: str) -> list[FoundLink]:
    """List the links of a text from left to right.

    ``http://`` and ``https://`` in any case with a host, and bare hosts under a public suffix;
    each with its port, path, query and fragment. E-mail addresses, other schemes, file names,
    abbreviations and amounts are no links.
    """
    links: list[FoundLink] = []
    at = 0
    while word := _WORD.search(text, at):
        at = max(word.end(), _read_word(text, word, links))
    return links


def find_last_link(text: str) -> FoundLink | None:
    """Return the last link of a text, None if it has none."""
    links = find_links(text)
    return links[-1] if links else None


def _read_word(text: str, word: re.Match[str], links: list[FoundLink]) -> int:
    """Add the links that begin in a word; return where to read on."""
    if word["opaque"]:
        return word.end()
    if text.startswith("://", word.end()):
        scheme = _SCHEME_BEHIND.search(word[0])
        if scheme is None:
            rest = _REST_OF_RUN.match(text, word.end())
            return rest.end() if rest else word.end()
        scheme_start = word.start() + scheme.start()
        resume = _read_bare(text, word.start(), scheme_start, links)
        return max(resume, _read_schemed(text, resume, links))
    if word["native"]:
        return _read_native(text, word.start(), links)
    return _read_bare(text, word.start(), word.end(), links)


def _read_schemed(text: str, start: int, links: list[FoundLink]) -> int:
    """Add the links that are stuck to ``start`` and to one another; return where to read on."""
    while scheme := _NEXT_SCHEME.match(text, start):
        link_start = scheme.start(1)
        end, start = _schemed_end(text, link_start, scheme.end())
        if end is not None:
            links.append(FoundLink(link_start, end, text[link_start:end]))
    return start


def _read_native(text: str, start: int, links: list[FoundLink]) -> int:
    """Add the link that is ``www.`` and a name in another script; without it that is prose."""
    end, resume = _schemed_end(text, start, start)
    if end is not None and link_hosts.is_registered(_UP_TO_TAIL.split(text[start:end], 1)[0]):
        links.append(FoundLink(start, end, text[start:end]))
    return resume


def _schemed_end(text: str, start: int, authority: int) -> tuple[int | None, int]:
    """Return where a link with a scheme ends, None if it is none, and where to read on."""
    userinfo = _USERINFO.match(text, authority)
    host_start = userinfo.end() if userinfo else authority
    host_end = _host_end(text, host_start)
    name = text[host_start:host_end]
    end = host_end
    if link_hosts.is_host(name):
        end = _end_behind_host(text, start, host_start, host_end)
    if end == host_end:
        name = link_hosts.without_next_sentence(name.rstrip("._-"))
        end = host_start + len(name)
    return end if link_hosts.is_host(name) else None, max(end, host_end)


def _host_end(text: str, start: int) -> int:
    if literal := _IPV6.match(text, start):
        return literal.end()
    end = start
    while True:
        run = _NAME_RUN.match(text, end)
        end = run.end() if run else end
        native = link_tails.native_end(text, end)
        if native == end or native - start > link_hosts.MAX_NAME:
            break
        # Prose in another script may be stuck to a host that is complete: example.comをご覧
        if not link_tails.is_latin(text[end]) and link_hosts.is_registered(text[start:end]):
            break
        end = native
    if ellipsis := _ELLIPSIS.search(text, start, end):
        return ellipsis.start()
    end = link_tails.end_without_keycap(text, end)
    # A host that runs into :// has the scheme of the next link stuck to it.
    glued = _SCHEME_BEHIND.search(text[start:end]) if text.startswith("://", end) else None
    return start + glued.start() if glued else end


def _end_behind_host(text: str, start: int, host_start: int, host_end: int) -> int:
    port = _PORT.match(text, host_end)
    end = port.end() if port and int(port[1] or 0) <= MAX_PORT else host_end
    is_native = not all(map(link_tails.is_latin, text[host_start:host_end]))
    return link_tails.tail_end(text, link_start=start, start=end, is_native=is_native)


def _read_bare(text: str, start: int, end: int, links: list[FoundLink]) -> int:
    """Add the bare hosts of one run, which three dots and the like divide."""
    if "@" in text[start:end] or _is_part_of_something(text, start):
        return end
    piece_start, resume = start, end
    end = link_tails.end_without_keycap(text, end)
    for ellipsis in [*_ELLIPSIS.finditer(text, start, end), None]:
        piece_end = ellipsis.start() if ellipsis else end
        link = _bare_link(text, piece_start, piece_end)
        if link:
            links.append(link)
            resume = _read_schemed(text, link.end, links)
        piece_start = ellipsis.end() if ellipsis else end
    return resume


def _is_part_of_something(text: str, start: int) -> bool:
    before = text[max(0, start - 6) : start]
    seen = before.rstrip(_UNSEEN)
    last = seen[-1:]
    return (
        last in _NOT_BEFORE_BARE
        or (seen != before and _WORD_CHAR.match(last) is not None)
        # A letter that has a case is of a script with spaces, so the host is the end of a word
        # or, with a Cyrillic letter first, made to look like another.
        or last.lower() != last.upper()
        or seen.lower().endswith(("http:", "https:"))
    )


def _bare_link(text: str, start: int, end: int) -> FoundLink | None:
    piece = text[start:end]
    name = piece.strip("._-")
    start += piece.find(name)
    # Visit.www.example.com
    if www := _WWW_INSIDE.search(name):
        start += www.start()
        name = name[www.start() :]
    if not _CONTINUES.match(text, start + len(name)):
        name = link_hosts.without_capital(name)
    host_end = start + len(name)
    if not _BARE_NAME.fullmatch(name) or not link_hosts.is_host(name):
        return None
    is_registered = link_hosts.is_registered(name)
    if not is_registered and not link_hosts.is_public_suffix(name):
        return None
    end = _end_behind_bare(text, start, host_end)
    if name[:4].lower() == "www.":
        is_link = True
    elif end > host_end:
        is_link = not link_hosts.is_surely_prose(name)
    else:
        is_link = is_registered and not link_hosts.reads_as_prose(name)
    return FoundLink(start, end, text[start:end]) if is_link else None


def _end_behind_bare(text: str, start: int, host_end: int) -> int:
    if text[host_end : host_end + 1] in {"?", "#"} and not _BARE_TAIL.match(text, host_end):
        return host_end
    return _end_behind_host(text, start, start, host_end)
