import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.request_heads import MAX_HEAD_OCTETS, without_addresses

LINE = "GET /SAlhjS HTTP/1.1"
NAMES = [
    "X-Forwarded-For",
    "x-forwarded-for",
    "Forwarded",
    "X-Original-Forwarded-For",
    "X-Real-IP",
    "X-Client-IP",
    "Client-IP",
    "True-Client-IP",
    "CF-Connecting-IP",
    "CF-Connecting-IPv6",
    "CF-Pseudo-IPv4",
    "X-Cluster-Client-IP",
    "Fastly-Client-IP",
    "X-Azure-ClientIP",
    "X-Azure-SocketIP",
    "X-AppEngine-User-IP",
    "X-Envoy-External-Address",
    "X-Originating-IP",
    "Remote-Addr",
    "X-Remote-Addr",
    "X_Remote_IP",
    "X-Nokia-IPAddress",
    "X-Forwarded-For ",
    "Via",
]
KEPT = (
    "Host: tx1.in\r\nUser-Agent: Mozilla/5.0 Chrome/124.0.0.0\r\nAccept-Language: en-IN\r\n"
    "Sec-CH-UA-Platform: Android\r\nX-Purpose: preview\r\nX-Zip: 411001\r\nReferer: http://a.in/\r\n"
)


@pytest.mark.parametrize("name", NAMES)
def test_a_header_that_names_an_address_is_taken_out(name: str) -> None:
    head = f"{LINE}\r\n{name}: 8.8.4.123\r\n{KEPT}{name}: 8.8.4.124,\r\n 8.8.4.125\r\n"

    assert without_addresses(head) == f"{LINE}\r\n{KEPT}"


def test_a_head_without_addresses_stays_as_it_was() -> None:
    assert without_addresses(f"{LINE}\r\n{KEPT}") == f"{LINE}\r\n{KEPT}"


@given(st.integers(0, 60), st.sampled_from(NAMES))
def test_a_head_that_was_cut_stays_as_long_and_has_no_other_headers(cut: int, name: str) -> None:
    fields = f"{name}: 8.8.4.123\r\n" + KEPT + "X-Long: " + "x" * MAX_HEAD_OCTETS
    head = f"{LINE}\r\n{'a: b' * cut}\r\n{fields}"[:MAX_HEAD_OCTETS]

    kept = without_addresses(head)

    assert len(kept) == MAX_HEAD_OCTETS
    assert "8.8.4" not in kept
    line, filler, *rest = kept.split("\r\n")
    assert (line, filler.strip()) == (LINE, ":")
    assert rest == [field for field in head.split("\r\n")[1:] if "8.8.4" not in field]
