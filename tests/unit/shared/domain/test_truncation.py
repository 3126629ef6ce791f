from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.truncation import is_whole, truncated


@pytest.mark.parametrize(
    ("address", "network"),
    [
        pytest.param("8.8.4.123", "8.8.4.0/24", id="IPv4"),
        pytest.param("8.8.4.0", "8.8.4.0/24", id="the first of its network"),
        pytest.param("255.255.255.255", "255.255.255.0/24", id="the last"),
        pytest.param("2001:db8:12:3456:789a::1", "2001:db8:12::/48", id="IPv6"),
        pytest.param("2001:db8::1", "2001:db8::/48", id="IPv6 with zeros"),
        pytest.param("::ffff:8.8.4.123", "8.8.4.0/24", id="IPv4 mapped into IPv6"),
        pytest.param("::1", "::/48", id="IPv6 below its /48"),
    ],
)
def test_an_address_is_truncated_to_its_network(address: str, network: str) -> None:
    assert str(truncated(ip_address(address))) == network


@given(st.ip_addresses())
def test_any_address_becomes_the_first_of_the_network_that_it_is_in(
    address: IPv4Address | IPv6Address,
) -> None:
    whole = getattr(address, "ipv4_mapped", None) or address

    short = truncated(address)

    network_of = IPv4Network if isinstance(whole, IPv4Address) else IPv6Network
    bits = 24 if isinstance(whole, IPv4Address) else 48
    network = network_of((int(whole), bits), strict=False)
    assert (short.ip, short.network) == (network.network_address, network)
    assert truncated(short) == short
    assert is_whole(address)
    assert not is_whole(short)
