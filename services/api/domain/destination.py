"""Turn a link as a sender wrote it into what a ``Location`` header may hold."""

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import quote

import idna

from services.api.domain.link_errors import LinkTooLongError, UnusableHostError, UserinfoError

# What a recipient of a URI should at least take (RFC 9110 §4.1).
MAX_LOCATION_OCTETS = 8_000
MAX_PORT = 65_535

_LINK = re.compile(
    r"(?:(?P<scheme>https?)://)?+(?:(?P<userinfo>[^/?#]*)@)?"
    r"(?P<host>\[[^\]/?#]*\]|[^/?#:]*)(?P<port>:[0-9]{0,9})?(?P<tail>(?:[/?#].*)?)",
    re.IGNORECASE | re.DOTALL,
)
# All that is no character of a URI (RFC 3986 §2), and the percent sign of no triplet.
_NOT_IN_PATH = re.compile(r"%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9._~!$&'()*+,;=:@/%-]+")
_NOT_IN_QUERY = re.compile(r"%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9._~!$&'()*+,;=:@/?%-]+")
_NOT_IN_LABEL = re.compile(r"[^A-Za-z0-9_-]")


class Destination(NamedTuple):
    """Where a link leads.

    Attributes:
        host: Its host in ASCII and lower case, without a final dot; IPv6 in brackets.
        location: The whole link, ready for a ``Location`` header: printable ASCII, no spaces.
    """

    host: str
    location: str


def to_destination(link: str) -> Destination:
    """Convert a link to its valid ASCII form.

    ``https://`` is added where it has no scheme; the host is converted by UTS #46 and IDNA 2008;
    the rest is percent-encoded as UTF-8 (RFC 3987 §3.1). What is valid already, triplets
    included, stays as it is, so nothing is encoded twice.

    Args:
        link: ``http://`` or ``https://`` in any case, or a host; with what follows it.

    Raises:
        UserinfoError: There is a user name before the host.
        UnusableHostError: The host is no domain name and no address, or the port too high.
        LinkTooLongError: The result is longer than ``MAX_LOCATION_OCTETS``.
    """
    split = _LINK.fullmatch(link)
    if split is None:
        raise UnusableHostError(host=link[:80])
    host = _to_ascii_host(split["host"])
    if split["userinfo"] is not None:
        raise UserinfoError(host=host)
    if split["port"] and int(split["port"][1:] or 0) > MAX_PORT:
        raise UnusableHostError(host=host + split["port"])
    scheme = (split["scheme"] or "https").lower()
    location = f"{scheme}://{host}{split['port'] or ''}{_to_ascii_tail(split['tail'])}"
    if len(location) > MAX_LOCATION_OCTETS:
        raise LinkTooLongError(octets=len(location), limit=MAX_LOCATION_OCTETS)
    return Destination(host.lower().removesuffix("."), location)


def _to_ascii_host(host: str) -> str:
    if host.startswith("["):
        return _to_ipv6(host)
    try:
        labels = [_to_ascii_label(label) for label in host.removesuffix(".").split(".")]
    except idna.IDNAError as error:
        raise UnusableHostError(host=host) from error
    return ".".join(labels) + ("." if host.endswith(".") else "")


def _to_ipv6(host: str) -> str:
    try:
        ipaddress.IPv6Address(host[1:-1])
    except ValueError as error:
        raise UnusableHostError(host=host) from error
    return host


def _to_ascii_label(label: str) -> str:
    if not label.isascii():
        return idna.encode(label, uts46=True).decode()
    if not label or _NOT_IN_LABEL.search(label) or not _is_decodable(label):
        raise idna.IDNAError(label)
    return label


def _is_decodable(label: str) -> bool:
    # Emoji, which IDNA 2008 has no place for, browsers take in this form.
    if not label.lower().startswith("xn--"):
        return True
    try:
        return not label[4:].encode().decode("punycode").isascii()
    except UnicodeError:
        return False


def _to_ascii_tail(tail: str) -> str:
    before, mark, fragment = tail.partition("#")
    path, question, query = before.partition("?")
    return (
        _NOT_IN_PATH.sub(_encode, path)
        + question
        + _NOT_IN_QUERY.sub(_encode, query)
        + mark
        + _NOT_IN_QUERY.sub(_encode, fragment)
    )


def _encode(match: re.Match[str]) -> str:
    # A lone surrogate has no UTF-8 and becomes a question mark, itself encoded.
    return quote(match[0], safe="", errors="replace")
