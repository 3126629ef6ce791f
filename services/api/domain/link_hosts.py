"""Tell hosts from words that only look like one."""

import ipaddress
from functools import cache, lru_cache

from tldextract import TLDExtract
from tldextract.tldextract import ExtractResult

MAX_NAME = 253
_MAX_LABEL = 63


def _words(line: str) -> frozenset[str]:
    return frozenset(line.split())


# Top-level domains of countries or companies that senders know as file endings.
_FILE_ENDINGS = _words("md mov ps py rs sh zip")
# Top-level domains that are words with which a sentence may begin, and those that end one
# or introduce a number: a full stop without its space makes them a host (today.do, ref.no).
_SENTENCE_BEGINNINGS = _words(
    "am as at be buy by call click do get in is it me my no now open pm so to us"
)
_SENTENCE_ENDS = _words(
    "days delivered done etc here hours hurry it more no now off on only shipped soon thanks"
    " today tomorrow tonight up us week yes you"
)
_NUMBERED = _words(
    "ac acc account bill flat inv invoice item loan mob order ph phone plot policy ref reg roll"
    " sl sr tel txn"
)
# Top-level domains that nobody takes for a word, however they are capitalised.
_PLAIN_ENDINGS = _words("com net org")
# Names of private and documentation networks, which no public list has.
_NOT_PUBLIC = _words("example internal invalid local localhost onion test")


def is_host(name: str) -> bool:
    """Tell whether a name that stands behind ``http://`` can be a host.

    A bracketed IPv6 address, an IPv4 address, ``localhost``, or labels joined by dots, one of
    which may follow the last.
    """
    if name.startswith("["):
        return ":" in name and _is_address(name[1:-1])
    labels = name.removesuffix(".").split(".")
    if labels[-1].isdecimal():
        return _is_address(name)
    return (
        len(name) <= MAX_NAME
        and (len(labels) > 1 or name.lower() == "localhost")
        and all(_is_label(label) for label in labels)
    )


def is_registered(name: str) -> bool:
    """Tell whether a name is, or is below, one that can be registered under a public suffix."""
    return len(name) <= MAX_NAME and bool(_extract(name).top_domain_under_public_suffix)


def is_public_suffix(name: str) -> bool:
    """Tell whether a name of two labels or more is a public suffix itself, like ``gov.uk``."""
    return "." in name and len(name) <= MAX_NAME and _extract(name).suffix == name


def reads_as_prose(name: str) -> bool:
    """Tell whether a name without scheme, ``www.`` or path is a file, abbreviation or sentence.

    Only for names with a public suffix. Where a sentence lacks the space behind its full stop
    the next word may be a top-level domain; such a word has a capital of its own (``today.Do``)
    or follows a word with which sentences end.
    """
    *front, last = name.split(".")
    ending = last.lower()
    single = front[0].lower() if len(front) == 1 else None
    return (
        (single is not None and ending in _FILE_ENDINGS)
        or _is_new_sentence(name, last)
        or (single in _SENTENCE_ENDS and ending in _SENTENCE_BEGINNINGS)
        or (single in _NUMBERED and ending == "no")
        or any(len(label) == 1 and label.isupper() for label in front)
        or (
            ending not in _PLAIN_ENDINGS
            and (front[-1].isdecimal() or sum(len(label) == 1 for label in front) > 1)
        )
    )


def without_next_sentence(name: str) -> str:
    """Cut off prose that is stuck to a host.

    Of ``example.com.Reply`` and ``example.com-Hurry`` that leaves ``example.com``.
    """
    front, _, last = name.rpartition(".")
    if last.lower() in _NOT_PUBLIC:
        return name
    if is_registered(front):
        is_prose = _is_new_sentence(name, last) or not is_registered(name)
        return front if is_prose else name
    before_dash = f"{front}.{last.partition('-')[0]}"
    return before_dash if is_registered(before_dash) and not is_registered(name) else name


def _is_new_sentence(name: str, last: str) -> bool:
    return last[:1].isupper() and not name.isupper() and last.lower() not in _PLAIN_ENDINGS


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_label(label: str) -> bool:
    return 0 < len(label) <= _MAX_LABEL and label[0] != "-" and label[-1] != "-"


@lru_cache(maxsize=4096)
def _extract(name: str) -> ExtractResult:
    return _extractor().extract_str(name)


@cache
def _extractor() -> TLDExtract:
    # The list that is installed with the package: no download, no file written.
    return TLDExtract(suffix_list_urls=(), cache_dir=None)
