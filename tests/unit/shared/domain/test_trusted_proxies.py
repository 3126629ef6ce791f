"""Which proxies are trusted, as an operator writes them."""

from ipaddress import ip_address

import pytest

from shared.domain.trusted_proxies import (
    TrustedProxies,
    parse_address,
    parse_trusted_proxies,
    subscriber_number,
)


@pytest.mark.parametrize(
    ("text", "within", "outside"),
    [
        pytest.param("10.0.0.0/8", "10.1.2.3", "11.0.0.1", id="network"),
        pytest.param(" 192.0.2.1 , 10.0.0.0/8,", "192.0.2.1", "192.0.2.2", id="address"),
        pytest.param("2001:db8::/32", "2001:db8::7", "2001:db9::7", id="ipv6"),
        pytest.param("::ffff:10.0.0.0/104", "10.1.2.3", "11.0.0.1", id="mapped"),
        pytest.param("10.0.0.0/255.0.0.0", "10.1.2.3", "11.0.0.1", id="mask"),
    ],
)
def test_networks_and_addresses_are_trusted_as_written(
    text: str, within: str, outside: str
) -> None:
    trusted = parse_trusted_proxies(text)

    assert ip_address(within) in trusted
    assert ip_address(outside) not in trusted


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("10.0.0.0/8 172.16.0.0/12", "separated by commas", id="blank"),
        pytest.param("proxy.example.com", "'proxy.example.com' is neither", id="name"),
        pytest.param("10.0.0.0/33", "'10.0.0.0/33' is neither", id="prefix"),
        pytest.param("*", "'*' is neither", id="star"),
        pytest.param("0.0.0.0/0", "0.0.0.0/0 is everyone", id="everyone"),
        pytest.param("::/0", "::/0 is everyone", id="everyone-of-ipv6"),
        pytest.param("::ffff:0:0/96", "::ffff:0:0/96 is everyone", id="everyone-mapped"),
        pytest.param(
            "10.0.0.5/8", "within 10.0.0.0/8; write that, or 10.0.0.5 for", id="host-bits"
        ),
        pytest.param("::ffff:10.0.0.5/104", "within 10.0.0.0/8", id="host-bits-mapped"),
    ],
)
def test_what_is_none_is_refused_with_what_would_be_right(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=r"^should ") as refused:
        parse_trusted_proxies(f"192.0.2.1,{text}")

    assert told in str(refused.value)


def test_nobody_is_trusted_unless_named() -> None:
    nobody = parse_trusted_proxies("")

    assert not nobody
    assert nobody == TrustedProxies()
    assert hash(nobody) == hash(TrustedProxies())
    assert str(nobody) == "none"
    assert str(parse_trusted_proxies("10.0.0.0/8, ::1")) == "10.0.0.0/8,::1/128"
    assert nobody != parse_trusted_proxies("10.0.0.0/8")


@pytest.mark.parametrize("text", ["", "a", "8.8.8.8:80", "[::1]", "::1 ", "%", ":%"])
def test_what_is_no_bare_address_is_none(text: str) -> None:
    assert parse_address(text) is None


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        pytest.param("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", True, id="within a /64"),
        pytest.param("2001:db8:0:1::1", "2001:db8:0:2::1", False, id="the next /64"),
        pytest.param("192.0.2.1", "192.0.2.2", False, id="ipv4"),
    ],
)
def test_subscriber_has_one_ipv4_address_or_64_bits_of_ipv6(
    one: str, other: str, *, is_same: bool
) -> None:
    numbers = {subscriber_number(ip_address(address)) for address in (one, other)}

    assert (len(numbers) == 1) is is_same
