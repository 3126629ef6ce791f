"""What a host is, however it is written, and the keys under which rules about it are kept.

A browser reads many spellings as one host: capitals, other scripts' digits and full stops, a
decimal or octal IPv4 address, percent signs. Each is brought to one form here, by what browsers
do (https://url.spec.whatwg.org), so that no spelling leads past a rule.
"""

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import Final
from urllib.parse import unquote

import idna

from shared.domain.outbound import is_public
from shared.domain.trusted_proxies import IpAddress, parse_address, unmapped

CACHED_HOSTS: Final = 4_096
MAX_NAME: Final = 253
# Before the name alone, not what is below it.
EXACTLY: Final = "="
_NAME = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*")
_MAX_PARTS = 4
# Names that no public server has: RFC 6761, 6762, 8375, 9476, and what routers call their own.
_NOT_PUBLIC = frozenset({"localhost", "local", "internal", "invalid", "lan", "alt", "home.arpa"})


@lru_cache(CACHED_HOSTS)
def read_host(written: str) -> str | None:
    """Return a host in its one form: a name in A-labels, or an address without brackets.

    Args:
        written: As it stands in a URL, without user name and port; IPv6 in brackets.

    Returns:
        None if no browser takes it for a host.
    """
    if written.startswith("["):
        address = parse_address(written[1:-1]) if written.endswith("]") else None
        return None if address is None or "%" in written else str(address)
    try:
        decoded = unquote(written, errors="strict") if "%" in written else written
        name = _to_ascii(decoded).removesuffix(".")
    except UnicodeError:
        return None
    if len(name) > MAX_NAME or not _NAME.fullmatch(name):
        return None
    if _NUMERIC.fullmatch(name.rpartition(".")[2]):
        return _read_ipv4(name)
    return name


def host_address(host: str) -> IpAddress | None:
    """Return the address that a host in its one form is; None if it is a name."""
    # No name ends in a digit alone or has a colon.
    return parse_address(host) if ":" in host or host[-1].isdecimal() else None


@lru_cache(CACHED_HOSTS)
def host_keys(host: str) -> tuple[str, ...]:
    """Return the keys of all rules that may be about a host, the most exact first.

    Args:
        host: In its one form.
    """
    address = host_address(host)
    if address is not None:
        return tuple(
            network_key(address, length) for length in range(address.max_prefixlen, -1, -1)
        )
    labels = host.split(".")
    names = [".".join(labels[first:]) for first in range(len(labels))]
    return (EXACTLY + host, *names)


def network_key(address: IpAddress, length: int) -> str:
    """Return the key of the network of so many bits that an address is in."""
    spare = address.max_prefixlen - length
    first = int(address) >> spare << spare
    kind = IPv4Address if isinstance(address, IPv4Address) else IPv6Address
    return f"{kind(first)}/{length}"


def is_public_host(host: str) -> bool:
    """Tell whether a host in its one form may be one that everybody reaches."""
    address = host_address(host)
    if address is not None:
        return is_public(unmapped(address))
    return "." in host and _NOT_PUBLIC.isdisjoint(host_keys(host))


def _to_ascii(written: str) -> str:
    if written.isascii():
        return written.lower()
    # What it refuses is an IDNAError, which is a UnicodeError.
    mapped = idna.uts46_remap(written, std3_rules=False)
    return ".".join(map(_to_ascii_label, mapped.split(".")))


def _to_ascii_label(label: str) -> str:
    if label.isascii():
        return label.lower()
    try:
        return idna.alabel(label).decode()
    except idna.IDNAError:
        # Emoji, which IDNA 2008 has no place for, browsers take in this form.
        return "xn--" + label.encode("punycode", "replace").decode()


def _read_ipv4(name: str) -> str | None:
    """Read an address as browsers do: of one to four numbers, each decimal, octal or hex."""
    parts = name.split(".")
    numbers = [_read_number(part) for part in parts]
    if len(parts) > _MAX_PARTS or any(number is None for number in numbers):
        return None
    *front, last = [number or 0 for number in numbers]
    if any(number > 255 for number in front) or last >= 256 ** (5 - len(parts)):  # noqa: PLR2004
        return None
    value = last + sum(number << 8 * (3 - at) for at, number in enumerate(front))
    return str(IPv4Address(value))


def _read_number(part: str) -> int | None:
    try:
        if part.startswith("0x"):
            return int(part[2:] or "0", 16)
        return int(part, 8 if part.startswith("0") and len(part) > 1 else 10)
    except ValueError:
        return None
