"""Where an account may be used from, as its admins write it."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.domain.allow_lists import (
    MAX_NETWORKS,
    AllowList,
    parse_allow_list,
    stored_allow_list,
)
from services.api.domain.errors import InvalidValueError
from shared.domain.trusted_proxies import unmapped

ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))


@pytest.mark.parametrize(
    ("entry", "text", "within", "outside"),
    [
        pytest.param("203.0.113.7", "203.0.113.7", "203.0.113.7", "203.0.113.8", id="address"),
        pytest.param(" 10.0.0.0/8 ", "10.0.0.0/8", "10.9.9.9", "11.0.0.0", id="network"),
        pytest.param("2001:DB8::/48", "2001:db8::/48", "2001:db8::1", "2001:db8:1::", id="ipv6"),
        pytest.param("2001:db8::1/128", "2001:db8::1", "2001:db8::1", "2001:db8::2", id="one"),
        pytest.param("::ffff:1.2.3.4", "1.2.3.4", "1.2.3.4", "1.2.3.5", id="mapped"),
        pytest.param("::ffff:1.2.3.0/120", "1.2.3.0/24", "1.2.3.9", "1.2.4.0", id="mapped-net"),
        pytest.param("0.0.0.0/0", "0.0.0.0/0", "9.9.9.9", "2001:db8::1", id="all-of-ipv4"),
        pytest.param("::/0", "::/0", "2001:db8::1", "9.9.9.9", id="all-of-ipv6"),
    ],
)
def test_a_list_admits_what_it_names(entry: str, text: str, within: str, outside: str) -> None:
    allow_list = parse_allow_list([entry])

    assert allow_list.texts == (text,)
    assert allow_list.admits(ip_address(within))
    assert not allow_list.admits(ip_address(outside))
    assert not allow_list.admits(None)
    assert stored_allow_list((str(ip_network(text)),)) == allow_list


def test_an_empty_list_admits_everyone() -> None:
    assert parse_allow_list([]) == AllowList()
    assert AllowList().admits(None)
    assert AllowList().admits(ip_address("9.9.9.9"))


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        pytest.param(
            "203.0.113.7/24",
            "within 203.0.113.0/24; write that, or 203.0.113.7 for",
            id="bits-behind",
        ),
        pytest.param("::ffff:10.0.0.5/104", "within 10.0.0.0/8", id="mapped-bits"),
        pytest.param("office.example.com", "'office.example.com' is neither", id="name"),
        pytest.param("10.0.0.0/33", "is neither", id="prefix"),
        pytest.param("10.0.0.0/255.0.0.0", "is neither", id="mask"),
        pytest.param("fe80::1%eth0", "is neither", id="zone"),
        pytest.param("10.0.0.0/", "is neither", id="no-prefix"),
        pytest.param("*", "is neither", id="star"),
        pytest.param("", "'' is neither", id="blank"),
    ],
)
def test_what_is_no_network_is_refused_with_what_would_be_right(entry: str, told: str) -> None:
    with pytest.raises(InvalidValueError, match=r"^ip_allow_list must ") as refused:
        parse_allow_list(["192.0.2.1", entry])

    assert told in str(refused.value)
    assert refused.value.field == "ip_allow_list"


def test_a_list_is_bounded_and_what_comes_twice_counts_once() -> None:
    full = [f"10.0.{n}.0/24" for n in range(MAX_NETWORKS)]

    assert parse_allow_list([*full, full[0], "::ffff:10.0.0.0/120"]).texts == tuple(full)
    with pytest.raises(InvalidValueError, match="holds 201 networks and may hold 200"):
        parse_allow_list([*full, "192.0.2.1"])


@given(ADDRESSES, ADDRESSES, st.integers(0, 128))
def test_a_network_admits_exactly_the_addresses_that_share_its_prefix(
    one: IPv4Address | IPv6Address, other: IPv4Address | IPv6Address, prefix: int
) -> None:
    one, other = unmapped(one), unmapped(other)
    network = ip_network((one, min(prefix, one.max_prefixlen)), strict=False)

    allow_list = parse_allow_list([str(network)])

    assert allow_list.admits(one)
    assert allow_list.admits(other) == (other in network)
