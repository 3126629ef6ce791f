"""Addresses that no longer tell who somebody is, only about where."""

from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface
from typing import Final, TypeAlias

from shared.domain.trusted_proxies import IpAddress, unmapped

IPV4_BITS: Final = 24
IPV6_BITS: Final = 48

# The first address of a network, and its size, by which it is known not to be whole.
TruncatedAddress: TypeAlias = IPv4Interface | IPv6Interface


def truncated(address: IpAddress) -> TruncatedAddress:
    """Return the network that an address is in: a /24 of IPv4, a /48 of IPv6.

    An IPv4 address that came mapped into IPv6 is one of IPv4; one that is truncated stays so.
    """
    address = unmapped(address)
    if isinstance(address, IPv4Address):
        below = address.max_prefixlen - IPV4_BITS
        return IPv4Interface((int(address) >> below << below, IPV4_BITS))
    below = address.max_prefixlen - IPV6_BITS
    return IPv6Interface((int(address) >> below << below, IPV6_BITS))


def is_whole(address: IpAddress) -> bool:
    """Tell whether an address, as it is stored, is that of one host."""
    return type(address) in {IPv4Address, IPv6Address}
