"""Which proxies are believed when they say whom they speak for."""

from collections.abc import Iterable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import TypeAlias

from typing_extensions import override

IpAddress: TypeAlias = IPv4Address | IPv6Address
IpNetwork: TypeAlias = IPv4Network | IPv6Network

_MAPPED = IPv6Network("::ffff:0:0/96")


class NetworkSetting:
    """Networks as a setting names them: equal by what they are, written as they are read."""

    def __init__(self, networks: Iterable[IpNetwork] = ()) -> None:
        self._networks = tuple(networks)

    def __bool__(self) -> bool:
        return bool(self._networks)

    @override
    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._networks == other._networks

    @override
    def __hash__(self) -> int:
        return hash(self._networks)

    @override
    def __str__(self) -> str:
        return ",".join(map(str, self._networks)) or "none"


class NetworkSet(NetworkSetting):
    """Networks that an address may be in."""

    def __init__(self, networks: Iterable[IpNetwork] = ()) -> None:
        super().__init__(networks)
        # Plain numbers: each hit behind a proxy asks twice.
        self._masks = [
            (network.version, int(network.netmask), int(network.network_address))
            for network in self._networks
        ]

    def __contains__(self, address: IpAddress) -> bool:
        number, version = int(address), address.version
        for of_version, mask, first in self._masks:
            if number & mask == first and version == of_version:
                return True
        return False


class TrustedProxies(NetworkSet):
    """The networks of our own proxies; none of them means that nobody is believed."""


def parse_trusted_proxies(text: str) -> TrustedProxies:
    """Read addresses and networks in CIDR notation, separated by commas.

    Raises:
        ValueError: One of them is none, or is everyone; the message names it and goes on after
            "it", as in "it should be …".
    """
    entries = [entry.strip() for entry in text.split(",")]
    return TrustedProxies(_parse_network(entry) for entry in entries if entry)


def unmapped(address: IpAddress) -> IpAddress:
    """Return an IPv4 address that came mapped into IPv6 as IPv4 (RFC 4291 §2.5.5.2)."""
    return address if address.version == 4 else address.ipv4_mapped or address  # noqa: PLR2004


def subscriber_number(address: IpAddress) -> int:
    """Return a number that all addresses of one subscriber share.

    A phone or a line has at least a /64 of IPv6 to itself (RFC 6177, RFC 7278), and may
    take another address of it for each request.
    """
    return int(address) >> 64 if isinstance(address, IPv6Address) else int(address)


def parse_address(text: str) -> IpAddress | None:
    """Read an address without port or brackets; a zone id is dropped, IPv4 is unmapped.

    Returns:
        None if it is no address.
    """
    # Only an IPv6 address has a zone (RFC 4007 §11).
    try:
        if ":" in text:
            return unmapped(IPv6Address(text.partition("%")[0]))
        return IPv4Address(text)
    except ValueError:
        return None


def read_network(entry: str) -> tuple[IpNetwork, IpAddress]:
    """Read an address or a network in CIDR notation, of IPv4 mapped into IPv6 as IPv4.

    Returns:
        The network, and the address that is written before its prefix: where that is not the
        network's first, there are bits behind the prefix.

    Raises:
        ValueError: It is neither.
    """
    network = _unmapped_network(ip_network(entry, strict=False))
    return network, unmapped(ip_address(entry.partition("/")[0]))


def _parse_network(entry: str) -> IpNetwork:
    try:
        network, first = read_network(entry)
    except ValueError as error:
        raise ValueError(
            "should be addresses or networks separated by commas, such as 10.0.0.0/8, "
            f"and {entry!r} is neither"
        ) from error
    if network.prefixlen == 0:
        raise ValueError(
            f"should name your own proxies: {entry} is everyone, and anyone could then claim any "
            "address"
        )
    if network.network_address != first:
        raise ValueError(
            f"should have no bits behind a prefix: {entry} is within {network}; write that, or "
            f"{first} for this one address"
        )
    return network


def _unmapped_network(network: IpNetwork) -> IpNetwork:
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        first = int(network.network_address) & 0xFFFF_FFFF
        return IPv4Network((first, network.prefixlen - _MAPPED.prefixlen))
    return network
