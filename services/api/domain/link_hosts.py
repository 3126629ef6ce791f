"""Tell hosts from words that only look like one."""

import ipaddress
import re
from functools import cache, lru_cache

from tldextract import TLDExtract
from tldextract.tldextract import ExtractResult

MAX_NAME = 253
_MAX_LABEL = 63


def _words(line: str) -> frozenset[str]:
    return frozenset(line.split())


# Top-level domains of countries or companies that senders know as file endings.
_FILE_ENDINGS = _words("java md mov ps py rs sh zip")
# Top-level domains that are words with which a sentence may begin, and those that end one
# or introduce a number: a full stop without its space makes them a host (today.do, ref.no).
_SENTENCE_BEGINNINGS = _words(
    "am as at be best buy by call click do download get in is it live me my new no now one open"
    " pm so team to us watch win you"
)
_SENTENCE_ENDS = _words(
    "amt available bal cr days delivered done dr etc here hours hurry it ltd more no now off offer"
    " offers ok okay on only order qty regards sale shipped soon thanks today tomorrow tonight up"
    " us viz week yes you"
)
_NUMBERED = _words(
    "aadhaar ac acc account awb bill block bus card case chq coach consumer contact coupon"
    " customer docket door emp flat flight folio form gate gst helpline house id inv invoice item"
    " khata lane loan lot mob mobile order page pan permit ph phone plot pnr policy receipt ref"
    " reg regd regn roll room seat sector serial sl sr street survey tel ticket token train txn"
    " uan unit vehicle voucher ward whatsapp"
)
# Words that are top-level domains of companies which let nobody else have names under them.
_CLOSED = _words("buy call got here like now open pay read room save smile wow zero")
_ABBREVIATIONS = _words("co.ltd pvt.ltd rs.in toll.free")
_DEGREE = re.compile(r"[BMD]\.(?:Com|Sc)")
_TIME = re.compile(r"\d{1,2}\.[ap]m(?:-|\Z)", re.IGNORECASE)
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
        return _is_address(name.removesuffix("."))
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


def is_surely_prose(name: str) -> bool:
    """Tell whether a name with a public suffix is none even if a slash or colon follows it.

    Times (``10.am/5.pm``), degrees (``B.Sc/M.Sc``), ``Ref.no:12``, and a sentence whose full
    stop lacks its space (``soon.Call/WhatsApp``).
    """
    *front, last = name.split(".")
    lowered = name.lower()
    ending = last.lower()
    is_end = len(front) == 1 and front[0].lower() in _SENTENCE_ENDS
    return (
        _TIME.match(name) is not None
        or lowered in _ABBREVIATIONS
        or (lowered.removesuffix(".no") in _NUMBERED and ending == "no")
        or _DEGREE.fullmatch(name) is not None
        or (
            (front[-1].islower() and last.istitle())
            and ending in _SENTENCE_BEGINNINGS | _CLOSED
            # wa.Me/91 is a link that a telephone has corrected.
            and (is_end or len(ending) > 2)  # noqa: PLR2004
        )
    )


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
        is_surely_prose(name)
        or (single is not None and (ending in _FILE_ENDINGS or ending in _CLOSED))
        or _is_new_sentence(name, last)
        or (single in _SENTENCE_ENDS and ending in _SENTENCE_BEGINNINGS)
        or any(_is_initial(label) for label in front)
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
    is_private = "." in front and front.rpartition(".")[2].lower() in _NOT_PUBLIC
    is_whole = is_private or is_registered(front)
    if _is_new_sentence(name, last) and (
        _is_address(front) or (is_whole and not _is_titled(front))
    ):
        return front
    if is_registered(front):
        return name if is_registered(name) else front
    before_dash = f"{front}.{last.partition('-')[0]}"
    return before_dash if is_registered(before_dash) and not is_registered(name) else name


def without_capital(name: str) -> str:
    """Cut off a sentence that begins with a capital and is stuck to a host without scheme."""
    host = without_next_sentence(name)
    return host if name[len(host) + 1 : len(host) + 2].isupper() else name


def _is_new_sentence(name: str, last: str) -> bool:
    return last[:1].isupper() and not name.isupper() and last.lower() not in _PLAIN_ENDINGS


def _is_titled(name: str) -> bool:
    """Tell whether each label has a capital, so that the next one's begins no sentence."""
    return "." in name and not any(label[:1].islower() for label in name.split("."))


def _is_initial(label: str) -> bool:
    return len(label) == 1 and label.isupper()


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
