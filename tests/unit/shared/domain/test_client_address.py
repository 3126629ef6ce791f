"""Whose address a request is taken to come from, and why."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.client_address import (
    MAX_ENTRIES,
    AddressReason,
    ClientAddress,
    ForwardingHeader,
    explain,
    find_client_address,
)
from shared.domain.forwarded_entries import MAX_ENTRY_LENGTH
from shared.domain.trusted_proxies import IpAddress, TrustedProxies, parse_trusted_proxies

OURS = parse_trusted_proxies("10.0.0.0/8, 2001:db8:5::/48")
FORWARDED_FOR, FORWARDED = ForwardingHeader
Lines = str | list[str]


def as_lines(lines: Lines | None) -> list[str]:
    return [lines] if isinstance(lines, str) else lines or []


def found(
    peer: str | None = "10.0.0.5",
    forwarded_for: Lines | None = None,
    forwarded: Lines | None = None,
    trusted: TrustedProxies = OURS,
) -> ClientAddress:
    return find_client_address(
        ip_address(peer) if peer else None,
        forwarded_for=as_lines(forwarded_for),
        forwarded=as_lines(forwarded),
        trusted=trusted,
    )


@pytest.mark.parametrize(
    ("peer", "trusted", "forwarded_for", "address"),
    [
        pytest.param("10.0.0.5", OURS, "1.1.1.1, 8.8.8.8", "8.8.8.8", id="forged-ahead"),
        pytest.param("10.0.0.5", OURS, "8.8.8.8:51234", "8.8.8.8", id="port"),
        pytest.param("10.0.0.5", OURS, "2606:4700:4700::1111", "2606:4700:4700::1111", id="ipv6"),
        pytest.param("::ffff:8.8.8.8", TrustedProxies(), None, "8.8.8.8", id="mapped-peer"),
        pytest.param("::ffff:10.0.0.5", OURS, "::ffff:8.8.8.8", "8.8.8.8", id="mapped-proxy"),
        pytest.param("192.168.1.10", TrustedProxies(), None, "192.168.1.10", id="private-peer"),
        pytest.param("8.8.8.8", OURS, "1.1.1.1", "8.8.8.8", id="peer-that-is-no-proxy"),
        pytest.param("10.0.0.5", OURS, "192.168.1.7", "192.168.1.7", id="private-visitor"),
        pytest.param("10.0.0.5", OURS, "1.1.1.1, 8.8.8.8, 10.9.9.9", "8.8.8.8", id="two-proxies"),
        pytest.param("10.0.0.5", OURS, ["1.1.1.1", "8.8.8.8"], "8.8.8.8", id="two-lines"),
        pytest.param("2001:db8:5::1", OURS, "8.8.8.8", "8.8.8.8", id="ipv6-proxy"),
        pytest.param("10.0.0.5", OURS, "junk, 8.8.8.8", "8.8.8.8", id="junk-ahead"),
        pytest.param("10.0.0.5", OURS, '", 8.8.8.8', "8.8.8.8", id="open-quote-ahead"),
        pytest.param("10.0.0.5", OURS, "8.8.8.8, ,", "8.8.8.8", id="empty-entries"),
        pytest.param("10.0.0.5", OURS, "\t 8.8.8.8 ", "8.8.8.8", id="blanks"),
        pytest.param("10.0.0.5", OURS, '"8.8.8.8:80"', "8.8.8.8", id="quotes"),
        pytest.param("10.0.0.5", OURS, "[2001:db8::1]:443", "2001:db8::1", id="brackets-port"),
        pytest.param("10.0.0.5", OURS, "[2001:db8::1]", "2001:db8::1", id="brackets"),
        pytest.param("10.0.0.5", OURS, "fe80::1%eth0", "fe80::1", id="zone"),
        pytest.param("10.0.0.5", OURS, "[fe80::1%25en1]:1", "fe80::1", id="zone-in-brackets"),
        pytest.param("10.0.0.5", OURS, "[::ffff:8.8.8.8]:1", "8.8.8.8", id="mapped-in-brackets"),
        pytest.param("10.0.0.5", OURS, "8.8.8.8:_http", "8.8.8.8", id="obfuscated-port"),
    ],
)
def test_the_first_address_from_the_right_that_is_no_proxy_of_ours_is_the_clients(
    peer: str, trusted: TrustedProxies, forwarded_for: Lines | None, address: str
) -> None:
    assert found(peer, forwarded_for, trusted=trusted).address == ip_address(address)


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        pytest.param("for=8.8.8.8", "8.8.8.8", id="plain"),
        pytest.param('FOR="8.8.8.8:80" ; proto=https;;by=_x', "8.8.8.8", id="other-pairs"),
        pytest.param('for="[2001:db8::1]:4711"', "2001:db8::1", id="ipv6-with-port"),
        pytest.param("for=2001:db8::1", "2001:db8::1", id="ipv6-without-quotes"),
        pytest.param("for=1.1.1.1, for=8.8.8.8, for=10.1.1.1", "8.8.8.8", id="two-proxies"),
        pytest.param(["for=1.1.1.1", "for=8.8.8.8"], "8.8.8.8", id="two-lines"),
        pytest.param('for=8.8.8.8;host="a,b", for=10.1.1.1', "8.8.8.8", id="comma-in-quotes"),
        pytest.param(r'for="8.8.\8.8";host="a\"b,c=\"d"', "8.8.8.8", id="escapes"),
        pytest.param('for="x, for=8.8.8.8', "8.8.8.8", id="open-quote-ahead"),
        pytest.param('for=1.1.1.1;x=", for="[2001:db8::1]"', "2001:db8::1", id="quote-swallows"),
        pytest.param(", for=8.8.8.8 ,,", "8.8.8.8", id="empty-elements"),
    ],
)
def test_forwarded_is_walked_as_well(forwarded: Lines, address: str) -> None:
    assert found(forwarded=forwarded).address == ip_address(address)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        pytest.param("unknown", AddressReason.HIDDEN, id="unknown"),
        pytest.param("UNKNOWN:80", AddressReason.HIDDEN, id="unknown-with-port"),
        pytest.param("_hidden", AddressReason.HIDDEN, id="obfuscated"),
        pytest.param('"_SEVKISEK"', AddressReason.HIDDEN, id="obfuscated-in-quotes"),
        pytest.param("bogus", AddressReason.MALFORMED, id="word"),
        pytest.param("unix:", AddressReason.MALFORMED, id="unix-socket"),
        pytest.param("8.8.8.8:http", AddressReason.MALFORMED, id="port-of-letters"),
        pytest.param("8.8.8.08", AddressReason.MALFORMED, id="leading-zero"),
        pytest.param("8.8.8", AddressReason.MALFORMED, id="three-octets"),
        pytest.param("134744072", AddressReason.MALFORMED, id="one-number"),
        pytest.param("8.8.8.8%eth0", AddressReason.MALFORMED, id="zone-of-ipv4"),
        pytest.param("٨.8.8.8", AddressReason.MALFORMED, id="other-digits"),
        pytest.param("[2001:db8::1", AddressReason.MALFORMED, id="open-bracket"),
        pytest.param("2001:db8::1]:80", AddressReason.MALFORMED, id="closing-bracket"),
        pytest.param('"8.8.8.8', AddressReason.MALFORMED, id="open-quote"),
        pytest.param('"', AddressReason.MALFORMED, id="quote"),
        pytest.param("::", AddressReason.MALFORMED, id="unspecified"),
        pytest.param("ff02::1", AddressReason.MALFORMED, id="multicast"),
        pytest.param("8.8.8.8 1.1.1.1", AddressReason.MALFORMED, id="no-comma"),
        pytest.param("8" * (MAX_ENTRY_LENGTH + 1), AddressReason.MALFORMED, id="too-long"),
    ],
)
def test_where_a_proxy_names_no_address_its_own_is_taken(
    header: str, reason: AddressReason
) -> None:
    result = found(forwarded_for=f"8.8.8.8, {header}, 10.0.0.9")

    assert result == ClientAddress(ip_address("10.0.0.9"), reason, FORWARDED_FOR, 2)


@pytest.mark.parametrize(
    ("forwarded", "reason"),
    [
        pytest.param("proto=https", AddressReason.HIDDEN, id="without-for"),
        pytest.param("for=unknown", AddressReason.HIDDEN, id="unknown"),
        pytest.param('for="_gazonk:_1"', AddressReason.HIDDEN, id="obfuscated"),
        pytest.param("for=", AddressReason.MALFORMED, id="empty"),
        pytest.param("for=8.8.8.8;for=1.1.1.1", AddressReason.MALFORMED, id="twice"),
        pytest.param("for = 8.8.8.8", AddressReason.MALFORMED, id="blanks-around-equals"),
        pytest.param("8.8.8.8", AddressReason.MALFORMED, id="no-pair"),
        pytest.param('for="8.8.8.8', AddressReason.MALFORMED, id="open-quote"),
        pytest.param('x="a", for="8.8.8.8', AddressReason.MALFORMED, id="open-quote-behind-pair"),
        pytest.param('for="8.8.8.8" x', AddressReason.MALFORMED, id="behind-quote"),
        pytest.param("x=" + "y" * MAX_ENTRY_LENGTH, AddressReason.MALFORMED, id="too-long"),
        pytest.param(
            "for=1.1.1.1, x=" + "y" * MAX_ENTRY_LENGTH, AddressReason.MALFORMED, id="long-last"
        ),
    ],
)
def test_where_an_element_of_forwarded_names_no_address_the_proxys_own_is_taken(
    forwarded: str, reason: AddressReason
) -> None:
    assert found(forwarded=forwarded) == ClientAddress(
        ip_address("10.0.0.5"), reason, FORWARDED, 1
    )


@pytest.mark.parametrize(
    ("result", "expected", "told"),
    [
        pytest.param(
            found(None, "8.8.8.8"),
            ClientAddress(None, AddressReason.UNKNOWN_PEER, ignored=(FORWARDED_FOR,)),
            "no IP address. So X-Forwarded-For of this request counts for nothing.",
            id="no-peer",
        ),
        pytest.param(
            found("9.9.9.9", "8.8.8.8", "for=8.8.8.8"),
            ClientAddress(
                ip_address("9.9.9.9"),
                AddressReason.PEER_NOT_TRUSTED,
                ignored=(FORWARDED_FOR, FORWARDED),
            ),
            "no trusted proxy. So X-Forwarded-For and Forwarded of this request count",
            id="peer",
        ),
        pytest.param(
            found("9.9.9.9"),
            ClientAddress(ip_address("9.9.9.9"), AddressReason.PEER_NOT_TRUSTED),
            "It is the address that the connection comes from, which is no trusted proxy.",
            id="peer-without-headers",
        ),
        pytest.param(
            found(forwarded_for=" , "),
            ClientAddress(ip_address("10.0.0.5"), AddressReason.NOT_FORWARDED, hop_count=1),
            "a trusted proxy that names nobody",
            id="no-header",
        ),
        pytest.param(
            found(forwarded_for="8.8.8.8, 10.1.1.1"),
            ClientAddress(ip_address("8.8.8.8"), AddressReason.FORWARDED, FORWARDED_FOR, 2),
            "no trusted proxy; 2 trusted proxies on the way.",
            id="past-two",
        ),
        pytest.param(
            found(forwarded_for="8.8.8.8", forwarded="for=1.1.1.1"),
            ClientAddress(
                ip_address("8.8.8.8"), AddressReason.FORWARDED, FORWARDED_FOR, 1, (FORWARDED,)
            ),
            "1 trusted proxy on the way. Forwarded is there too and counts for nothing",
            id="both-headers",
        ),
        pytest.param(
            found(forwarded_for=" ,", forwarded="for=8.8.8.8"),
            ClientAddress(ip_address("8.8.8.8"), AddressReason.FORWARDED, FORWARDED, 1),
            "in Forwarded",
            id="empty-beside-forwarded",
        ),
        pytest.param(
            found(forwarded_for="10.7.7.7, 10.1.1.1"),
            ClientAddress(ip_address("10.7.7.7"), AddressReason.ALL_TRUSTED, FORWARDED_FOR, 2),
            "all of them are trusted proxies",
            id="all-trusted",
        ),
        pytest.param(
            found(forwarded_for="8.8.8.8, unknown"),
            ClientAddress(ip_address("10.0.0.5"), AddressReason.HIDDEN, FORWARDED_FOR, 1),
            "entry 1 from the right of X-Forwarded-For does not tell",
            id="hidden",
        ),
        pytest.param(
            found(forwarded_for="8.8.8.8, bogus, 10.1.1.1"),
            ClientAddress(ip_address("10.1.1.1"), AddressReason.MALFORMED, FORWARDED_FOR, 2),
            "entry 2 from the right of X-Forwarded-For is no address",
            id="malformed",
        ),
        pytest.param(
            found(forwarded_for="8.8.8.8" + ", 10.1.1.1" * MAX_ENTRIES),
            ClientAddress(
                ip_address("10.1.1.1"),
                AddressReason.TOO_MANY_ENTRIES,
                FORWARDED_FOR,
                MAX_ENTRIES + 1,
            ),
            "more than 64 entries",
            id="too-many",
        ),
        pytest.param(
            found(forwarded_for="8.8.8.8" + "," * 60_000),
            ClientAddress(
                ip_address("10.0.0.5"), AddressReason.TOO_MANY_ENTRIES, FORWARDED_FOR, 1
            ),
            "more than 64 entries",
            id="too-many-empty",
        ),
    ],
)
def test_it_is_told_why(result: ClientAddress, expected: ClientAddress, told: str) -> None:
    assert result == expected
    assert told in explain(result)


def test_as_many_entries_as_are_looked_at_are_walked() -> None:
    assert found(forwarded_for="8.8.8.8" + ", 10.1.1.1" * (MAX_ENTRIES - 1)).address == ip_address(
        "8.8.8.8"
    )


def test_an_address_is_a_visitors_own_and_does_not_show() -> None:
    assert "8.8.8.8" not in repr(found(forwarded_for="8.8.8.8"))


PIECES = st.sampled_from(
    [*'",;=\\[]:%_ \t\0\n', "for=", '="', "unknown", "10.0.0.1", "8.8.8.8", "::1", "é", "٨", "0"]
)
HEADERS = st.lists(st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=40), max_size=4)
ADDRESSES = st.ip_addresses()


@given(ADDRESSES | st.just(ip_address("10.0.0.5")), HEADERS, HEADERS)
def test_no_header_makes_it_fail(
    peer: IpAddress, forwarded_for: list[str], forwarded: list[str]
) -> None:
    result = find_client_address(
        peer, forwarded_for=forwarded_for, forwarded=forwarded, trusted=OURS
    )

    assert result.address is not None
    assert explain(result)


@given(ADDRESSES, HEADERS, HEADERS)
def test_without_trusted_proxies_it_is_always_the_peers(
    peer: IpAddress, forwarded_for: list[str], forwarded: list[str]
) -> None:
    nobody = TrustedProxies()
    result = find_client_address(
        peer, forwarded_for=forwarded_for, forwarded=forwarded, trusted=nobody
    )

    assert result.reason is AddressReason.PEER_NOT_TRUSTED
    assert result.address in {peer, getattr(peer, "ipv4_mapped", None)}


@given(HEADERS, st.ip_addresses(v=4))
def test_nothing_that_a_client_sends_changes_what_our_proxy_says(
    forged: list[str], client: IpAddress
) -> None:
    if client in OURS or client.is_multicast or client.is_unspecified:
        return

    by_address = found(forwarded_for=[*forged, str(client)])
    by_element = found(forwarded=[*forged, f'for="{client}:80";proto=https'])

    assert by_address.address == by_element.address == client
