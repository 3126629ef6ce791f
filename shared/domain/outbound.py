"""Which addresses a call that a customer asks for may reach.

Whoever names the URL of a webhook makes us call it from inside our network, so nothing inside may
be reached: not this host, not its neighbours, not what a cloud tells its machines.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_network
from typing import Final
from urllib.parse import urlsplit

from shared.domain.trusted_proxies import (
    IpAddress,
    IpNetwork,
    NetworkSetting,
    parse_address,
    unmapped,
)

# IANA's registries of special purposes, multicast, what is reserved, and the address at which
# Azure speaks to its machines, which looks like any other.
_CLOSED_V4: Final = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
)
# Of IPv6 only global unicast is open. With that NAT64, mapped and compatible addresses, local and
# multicast ones are closed; and within it what leads elsewhere (Teredo, 6to4) or nowhere.
_OPEN_V6: Final = IPv6Network("2000::/3")
_CLOSED_V6: Final = tuple(
    IPv6Network(network)
    for network in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)
SCHEMES: Final = frozenset({"https", "http"})
MAX_URL_CHARACTERS: Final = 2_000
NO_URL: Final = "must be a URL such as https://example.com/txlink"
TOO_LONG_OR_STRANGE: Final = f"must be a URL of at most {MAX_URL_CHARACTERS} ASCII characters"
HAS_LOGIN: Final = "must hold no user name and password: the signature tells who calls"
NOT_ENCRYPTED: Final = "must begin with https://"
NOT_PUBLIC: Final = "must lead to a public address"
_NEVER_IN_URLS: Final = frozenset(' "<>\\^`{|}#')
# RFC 1035 §2.3.4.
_MAX_NAME_OCTETS: Final = 253
_MAX_LABEL_OCTETS: Final = 63


class Reach(NetworkSetting):
    """What may be called.

    Args:
        networks: What is open although it is not public; these may be called by plain http, too.
    """

    def holds(self, address: IpAddress, *, is_encrypted: bool) -> bool:
        """Tell whether an address may be called."""
        address = unmapped(address)
        if any(address in network for network in self._networks):
            return True
        return is_encrypted and is_public(address)

    def complaint_of(self, url: str) -> str | None:  # noqa: PLR0911 - one rule after another
        """Return what a URL should be and is not; None if it may be tried.

        Where a name leads is seen when it is called, each time anew.
        """
        if len(url) > MAX_URL_CHARACTERS or not url.isascii() or not url.isprintable():
            return TOO_LONG_OR_STRANGE
        try:
            parts = urlsplit(url)
            host = parts.hostname if parts.port != 0 else None
        except ValueError:
            return NO_URL
        if parts.scheme not in SCHEMES or not _NEVER_IN_URLS.isdisjoint(url):
            return NO_URL
        if not host or not _can_be_asked_for(host):
            return NO_URL
        if "@" in parts.netloc:
            return HAS_LOGIN
        is_encrypted = parts.scheme == "https"
        if not is_encrypted and not self._networks:
            return NOT_ENCRYPTED
        address = parse_address(host)
        if address is not None and not self.holds(address, is_encrypted=is_encrypted):
            return NOT_PUBLIC
        return None


def parse_reach(text: str) -> Reach:
    """Read addresses and networks in CIDR notation, separated by commas.

    Raises:
        ValueError: One of them is none; the message goes on after "it", as in "it should be …".
    """
    entries = [entry.strip() for entry in text.split(",")]
    return Reach(_parse_network(entry) for entry in entries if entry)


def _parse_network(entry: str) -> IpNetwork:
    try:
        return ip_network(entry)
    except ValueError as error:
        raise ValueError(
            "should be addresses or networks separated by commas, such as 10.0.0.0/8, "
            f"and {entry!r} is neither"
        ) from error


def _can_be_asked_for(host: str) -> bool:
    name = host.removesuffix(".")
    labels = name.split(".")
    return len(name) <= _MAX_NAME_OCTETS and all(
        0 < len(label) <= _MAX_LABEL_OCTETS for label in labels
    )


def is_public(address: IpAddress) -> bool:
    """Tell whether an address, unmapped, is one of the public internet."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _CLOSED_V4)
    return address in _OPEN_V6 and not any(address in network for network in _CLOSED_V6)
