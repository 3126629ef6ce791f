"""Which addresses and URLs of customers may be called."""

from ipaddress import ip_address

import pytest

from shared.domain.outbound import Reach, parse_reach

CLOSED = [
    "0.0.0.0",  # noqa: S104 - it is refused
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.7",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::7f00:1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]
OPEN = ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("address", CLOSED)
def test_what_is_not_public_is_closed(address: str) -> None:
    assert not Reach().holds(ip_address(address), is_encrypted=True)


@pytest.mark.parametrize("address", OPEN)
def test_what_is_public_is_open_to_https_alone(address: str) -> None:
    assert Reach().holds(ip_address(address), is_encrypted=True)
    assert not Reach().holds(ip_address(address), is_encrypted=False)


@pytest.mark.parametrize("is_encrypted", [True, False])
def test_named_networks_are_open(*, is_encrypted: bool) -> None:
    reach = parse_reach(" 10.1.0.0/16, ::1 ")

    for address, is_open in {
        "10.1.255.1": True,
        "::ffff:10.1.0.1": True,
        "::1": True,
        "10.2.0.1": False,
        "127.0.0.1": False,
    }.items():
        assert reach.holds(ip_address(address), is_encrypted=is_encrypted) is is_open
    assert reach.holds(ip_address("8.8.8.8"), is_encrypted=is_encrypted) is is_encrypted


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://example.com:8443/a/b?c=%20d",
        "https://8.8.8.8/x",
        "https://example.com./x",
        f"https://{'a' * 63}.example.com/",
        "https://[2606:4700::1111]/x",
        "HTTPS://EXAMPLE.COM/x",
    ],
)
def test_a_public_url_is_taken(url: str) -> None:
    assert Reach().complaint_of(url) is None


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("http://example.com/x", "must begin with https://"),
        ("https://127.0.0.1/x", "public address"),
        ("https://[::1]/x", "public address"),
        ("https://[fe80::1%25eth0]/x", "public address"),
        ("https://[::ffff:169.254.169.254]/", "public address"),
        ("https://user:pass@example.com/", "no user name"),
        ("https://@example.com/", "no user name"),
        ("ftp://example.com/", "such as"),
        ("https:///x", "such as"),
        ("https://example.com:0/", "such as"),
        ("https://example.com:99999/", "such as"),
        ("https://[::1/", "such as"),
        ("https://a..example.com/", "such as"),
        ("https://.example.com/", "such as"),
        (f"https://{'a' * 64}.example.com/", "such as"),
        (f"https://{'a.' * 127}example.com/", "such as"),
        ("https://example.com/a b", "such as"),
        ("https://example.com\\@x.test/", "such as"),
        ("https://example.com/#part", "such as"),
        ("example.com", "such as"),
        ("", "such as"),
        ("https://exämple.com/", "ASCII"),
        ("https://example.com/\n", "ASCII"),
        ("https://example.com/" + "x" * 2_000, "ASCII"),
    ],
)
def test_any_other_url_is_refused_with_what_would_be_right(url: str, complaint: str) -> None:
    assert complaint in (Reach().complaint_of(url) or "")


def test_plain_http_is_taken_where_networks_are_named() -> None:
    reach = parse_reach("127.0.0.0/8")

    assert reach.complaint_of("http://127.0.0.1:80/x") is None
    assert reach.complaint_of("http://10.0.0.1/x") == "must lead to a public address"
    # Where the name leads is seen when it is called.
    assert reach.complaint_of("http://internal.example/x") is None


def test_networks_are_read_and_written() -> None:
    assert not parse_reach("")
    assert str(parse_reach("")) == "none"
    assert str(parse_reach("10.0.0.0/8,::1")) == "10.0.0.0/8,::1/128"
    assert parse_reach("10.0.0.0/8") == parse_reach(" 10.0.0.0/8,")
    assert parse_reach("10.0.0.0/8") != parse_reach("10.0.0.0/9")
    assert len({parse_reach("::1"), parse_reach("::1")}) == 1


@pytest.mark.parametrize("text", ["10.0.0.0/33", "10.0.0.1/8", "localhost", "*"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is neither"):
        parse_reach(text)
