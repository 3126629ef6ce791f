import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.api.domain.destination import MAX_LOCATION_OCTETS, to_destination
from services.api.domain.link_errors import LinkTooLongError, UnusableHostError, UserinfoError


@pytest.mark.parametrize(
    ("link", "location"),
    [
        pytest.param("shop.co.in/sale", "https://shop.co.in/sale", id="no scheme"),
        pytest.param("http://a.in", "http://a.in", id="plain http is left plain"),
        pytest.param("HTTP://A.IN/Sale", "http://A.IN/Sale", id="only the scheme is lowered"),
        pytest.param("https://a.in/?offer#top1", "https://a.in/?offer#top1", id="a bare key"),
        pytest.param("a.in?x=1", "https://a.in?x=1", id="query behind the host"),
        pytest.param("https://a.in./x", "https://a.in./x", id="the root's dot"),
        pytest.param(
            "https://a.in/a%20b?u=https%3A%2F%2Fx.example%2F%3Fa%3D1",
            "https://a.in/a%20b?u=https%3A%2F%2Fx.example%2F%3Fa%3D1",
            id="nothing is encoded twice",
        ),
        pytest.param(
            "https://t.example.com/l/19%3ameet@thread/0?c=%7b%22T%22%7d",
            "https://t.example.com/l/19%3ameet@thread/0?c=%7b%22T%22%7d",
            id="lower-case hex stays",
        ),
        pytest.param("https://a.in/50%/%zz", "https://a.in/50%25/%25zz", id="a lone percent sign"),
        pytest.param(
            "https://a.in/a%0d%0aSet-Cookie:%20x=1",
            "https://a.in/a%0d%0aSet-Cookie:%20x=1",
            id="an encoded line break is not decoded",
        ),
        pytest.param("https://a.in/a\r\nX: 1", "https://a.in/a%0D%0AX:%201", id="a raw one"),
        pytest.param(
            "https://a.in/ऑ?q=न#é",
            "https://a.in/%E0%A4%91?q=%E0%A4%A8#%C3%A9",
            id="UTF-8 is percent-encoded in every part",
        ),
        pytest.param("https://a.in/\ud800", "https://a.in/%3F", id="a lone surrogate"),
        pytest.param(
            "https://a.in/[x]?a[]={1}|2^#a#b",
            "https://a.in/%5Bx%5D?a%5B%5D=%7B1%7D%7C2%5E#a%23b",
            id="what RFC 3986 has no place for",
        ),
        pytest.param(
            "https://उदाहरण.भारत:8443/x",
            "https://xn--p1b6ci4b4b3a.xn--h2brj9c:8443/x",
            id="international name",
        ),
        pytest.param("https://MÜNCHEN.de", "https://xn--mnchen-3ya.de", id="it is case-folded"),
        pytest.param("https://faß.de", "https://xn--fa-hia.de", id="sharp s is a letter"),
        pytest.param("https://xn--fa-hia.de", "https://xn--fa-hia.de", id="already punycode"),
        pytest.param(
            "https://xn--i-7iq.ws/x", "https://xn--i-7iq.ws/x", id="punycode of an emoji"
        ),
        pytest.param("https://a.in:/x", "https://a.in:/x", id="a port left out"),
        pytest.param("https://a.in:65535/x", "https://a.in:65535/x", id="the highest port"),
        pytest.param("https://my_shop.example.com", "https://my_shop.example.com", id="_ in host"),
        pytest.param("http://[2001:DB8::1]:80/s", "http://[2001:DB8::1]:80/s", id="IPv6"),
        pytest.param("http://103.21.244.9/p", "http://103.21.244.9/p", id="IPv4"),
    ],
)
def test_location_is_the_valid_form_of_the_link(link: str, location: str) -> None:
    assert to_destination(link).location == location


@pytest.mark.parametrize(
    ("link", "host"),
    [
        ("https://TX1.in./x", "tx1.in"),
        ("tx1.in:8001/x", "tx1.in"),
        ("http://[2001:DB8::1]/", "[2001:db8::1]"),
        ("https://MÜNCHEN.de", "xn--mnchen-3ya.de"),
    ],
)
def test_host_is_comparable(link: str, host: str) -> None:
    assert to_destination(link).host == host


def test_user_name_is_refused_and_the_password_not_repeated() -> None:
    with pytest.raises(UserinfoError, match=r"files\.example\.com") as refused:
        to_destination("https://meera:p4ss@files.example.com/x.zip")

    assert "p4ss" not in str(refused.value)


@pytest.mark.parametrize(
    "link",
    [
        pytest.param("https://a..in/", id="empty label"),
        pytest.param("https://", id="no host"),
        pytest.param("https://a b.in/", id="space"),
        pytest.param("https://i❤.in/", id="a symbol that IDNA 2008 has no place for"),
        pytest.param("https://" + "é" * 64 + ".in/", id="label too long"),
        pytest.param("https://[1::2::3]/", id="no IPv6 address"),
        pytest.param("https://a.in:80:80/", id="two ports"),
        pytest.param("https://a.in:65536/", id="a port too high"),
        pytest.param("https://a.in:" + "9" * 5_000 + "/", id="a port of many digits"),
        pytest.param("https://xn--zzzz999zz9999.com/", id="punycode that cannot be decoded"),
        pytest.param("https://xn--abc-.com/", id="punycode of ASCII"),
    ],
)
def test_host_that_no_resolver_takes_is_refused(link: str) -> None:
    with pytest.raises(UnusableHostError, match="no valid domain name"):
        to_destination(link)


def test_longest_location_is_taken_and_a_longer_one_refused() -> None:
    longest = "https://a.in/".ljust(MAX_LOCATION_OCTETS, "x")

    assert to_destination(longest).location == longest
    with pytest.raises(LinkTooLongError, match="at most 8000"):
        to_destination(longest + "x")


@given(tail=st.text(st.characters(), max_size=40))
@settings(max_examples=300, deadline=None)
def test_location_is_printable_and_converting_it_again_changes_nothing(tail: str) -> None:
    location = to_destination(f"https://a.in/{tail}").location

    assert re.fullmatch(r"https?://[!-~]+", location)
    assert to_destination(location).location == location
