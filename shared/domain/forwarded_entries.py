"""Read the entries of X-Forwarded-For and Forwarded, from the right; anyone may have written them.

From the right, because there stand the proxies' own entries: an open quote that somebody sends
ahead of them must not swallow them.
"""

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import Final

from shared.domain.trusted_proxies import IpAddress, parse_address

MAX_ENTRY_LENGTH: Final = 512
BLANKS: Final = " \t"

_BRACKETED = re.compile(r"\[([^\[\]]*)\](?::(?:[0-9]{0,5}|_[0-9A-Za-z._-]+))?")
# More than one colon outside of brackets is an IPv6 address, and no port.
_WITH_PORT = re.compile(r"([^:\[\]]*):(?:[0-9]{0,5}|_[0-9A-Za-z._-]+)")
_UNKNOWN = re.compile(r"unknown(?::.*)?|_.*", re.IGNORECASE | re.DOTALL)
# RFC 7239 §4; an IPv6 address without quotes is against it, and met all the same.
_PAIR = re.compile(
    r"[ \t]*(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)="
    r'(?:"((?:[^"\\]|\\.)*+)"|([^\s",;]*+)))?[ \t]*(?:;|\Z)',
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class NodeFault(Enum):
    """Why an entry names no address."""

    HIDDEN = auto()
    MALFORMED = auto()


def elements(text: str, *, is_quoted: bool) -> Iterator[str]:
    """Yield the elements of a comma-separated list from the right, trimmed.

    What is too long for an element comes cut, but still longer than ``MAX_ENTRY_LENGTH``, and
    as the last one.

    Args:
        text: The list.
        is_quoted: Whether a comma between double quotes belongs to an element.
    """
    end = len(text)
    while end >= 0:
        floor = max(0, end - MAX_ENTRY_LENGTH - 1)
        comma = _last_comma(text, floor, end) if is_quoted else text.rfind(",", floor, end)
        is_cut = comma < 0 < floor
        yield text[floor:end] if is_cut else text[comma + 1 : end].strip(BLANKS)
        end = comma


def hop_of_entry(entry: str) -> IpAddress | NodeFault:
    """Read an entry of X-Forwarded-For: an address, with or without port, brackets, quotes."""
    if len(entry) > MAX_ENTRY_LENGTH:
        return NodeFault.MALFORMED
    if len(entry) > 1 and entry[0] == entry[-1] == '"':
        entry = entry[1:-1].strip(BLANKS)
    if _UNKNOWN.fullmatch(entry):
        return NodeFault.HIDDEN
    match = _BRACKETED.fullmatch(entry) or _WITH_PORT.fullmatch(entry)
    address = parse_address(match[1] if match else entry)
    if address is None or address.is_unspecified or address.is_multicast:
        return NodeFault.MALFORMED
    return address


def hop_of_element(element: str) -> IpAddress | NodeFault:
    """Read an element of Forwarded: its ``for``, which is hidden if there is none."""
    if len(element) > MAX_ENTRY_LENGTH:
        return NodeFault.MALFORMED
    node, at = None, 0
    while at < len(element):
        pair = _PAIR.match(element, at)
        if pair is None:
            return NodeFault.MALFORMED
        at = pair.end()
        name, quoted, plain = pair.groups()
        if name is not None and name.lower() == "for":
            if node is not None:
                return NodeFault.MALFORMED
            node = plain if quoted is None else _ESCAPED.sub(r"\1", quoted)
    return NodeFault.HIDDEN if node is None else hop_of_entry(node.strip(BLANKS))


def _last_comma(text: str, floor: int, end: int) -> int:
    """Return where the last comma outside of quotes is; -1 if there is none."""
    while True:
        comma = text.rfind(",", floor, end)
        quote = text.rfind('"', floor, end)
        if quote <= comma:
            return comma
        # A quoted value begins behind "=", and a quote within one behind a backslash.
        end = text.rfind('="', floor, quote)
        if end < 0:
            return -1
