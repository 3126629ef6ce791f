"""Every spelling of a host is one host."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.destination_hosts import host_keys, is_public_host, read_host

LABEL = st.from_regex(r"[a-z][a-z0-9-]{0,8}[a-z0-9]", fullmatch=True)
NAMES = st.lists(LABEL, min_size=1, max_size=5).map(".".join)


@pytest.mark.parametrize(
    ("written", "host"),
    [
        ("Example.COM", "example.com"),
        ("example.com.", "example.com"),
        ("ex%61mple%2Ecom", "example.com"),
        ("a_b.example.com", "a_b.example.com"),
        ("BÜCHER.de", "xn--bcher-kva.de"),
        ("XN--bcher-KVA.de", "xn--bcher-kva.de"),
        ("b%C3%BCcher.de", "xn--bcher-kva.de"),
        ("\uff45\uff58\uff41\uff4d\uff50\uff4c\uff45\uff0ecom", "example.com"),
        ("example。com", "example.com"),
        ("exa\u00admple.com", "example.com"),
        ("☃.net", "xn--n3h.net"),
        ("203.0.113.7", "203.0.113.7"),
        ("3405803783", "203.0.113.7"),
        ("0xCB007107", "203.0.113.7"),
        ("0313.0.0161.07", "203.0.113.7"),
        ("0xcb.0.28935", "203.0.113.7"),
        ("203.0.113.7.", "203.0.113.7"),
        ("\uff11\uff12\uff17.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("0x", "0.0.0.0"),  # noqa: S104
        ("[2001:DB8:0::1]", "2001:db8::1"),
        ("[::ffff:203.0.113.7]", "203.0.113.7"),
    ],
)
def test_spellings_of_a_host_are_one(written: str, host: str) -> None:
    assert read_host(written) == host


@pytest.mark.parametrize(
    "written",
    [
        "",
        ".",
        "a..b",
        "exa mple.com",
        "exa%2fmple.com",
        "%ff.com",
        "%2541.com",
        "1.2.3.4.5",
        "256.0.0.1",
        "1.2.65536",
        "1.2.3.09",
        "a.1",
        "a.0xfg.0x1",
        "[::1",
        "[::1%25en0]",
        "[1.2.3.4:80]",
        "\u0338.com\ud800",
        "a." * 130 + "com",
    ],
)
def test_what_no_browser_takes_is_no_host(written: str) -> None:
    assert read_host(written) is None


def test_the_keys_of_a_name_are_itself_alone_and_all_that_it_is_below() -> None:
    assert host_keys("a.b.com") == ("=a.b.com", "a.b.com", "b.com", "com")


def test_the_keys_of_an_address_are_all_networks_that_it_is_in() -> None:
    four, six = host_keys("203.0.113.7"), host_keys("2001:db8::1")

    assert (four[0], four[8], len(four)) == ("203.0.113.7/32", "203.0.113.0/24", 33)
    assert (six[0], six[80], len(six)) == ("2001:db8::1/128", "2001:db8::/48", 129)


@pytest.mark.parametrize(
    ("host", "is_public"),
    [
        ("example.com", True),
        ("local.example.com", True),
        ("9.9.9.9", True),
        ("2620:fe::fe", True),
        ("intranet", False),
        ("localhost", False),
        ("app.localhost", False),
        ("printer.local", False),
        ("nas.home.arpa", False),
        ("db.internal", False),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("fe80::1", False),
        ("64:ff9b::a00:1", False),
    ],
)
def test_hosts_are_public_that_everybody_may_reach(host: str, *, is_public: bool) -> None:
    assert is_public_host(host) is is_public


@given(NAMES)
def test_no_spelling_of_a_name_is_another_host(name: str) -> None:
    escaped = "".join(f"%{ord(letter):02x}" for letter in name)
    wide = "".join(chr(ord(letter) + 0xFEE0) if letter.isalpha() else letter for letter in name)

    assert read_host(name) is not None
    assert {read_host(each) for each in (name.upper(), escaped, wide, f"{name}.")} == {
        read_host(name)
    }


@given(st.integers(0, 2**32 - 1))
def test_no_spelling_of_an_address_is_another_host(number: int) -> None:
    parts = number.to_bytes(4).hex(".").split(".")
    spellings = [
        str(number),
        hex(number),
        f"0{number:o}",
        ".".join(f"0x{part}" for part in parts),
        ".".join(f"0{int(part, 16):o}" for part in parts),
        f"[::ffff:{number >> 16:x}:{number & 0xFFFF:x}]",
    ]

    assert len({read_host(each) for each in spellings}) == 1
    assert read_host(spellings[0]) is not None


@given(st.text(max_size=60))
def test_what_is_read_is_in_its_one_form_or_nothing(written: str) -> None:
    host = read_host(written)

    assert host is None or read_host(f"[{host}]" if ":" in host else host) == host
