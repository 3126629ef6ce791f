from hypothesis import given, settings
from hypothesis import strategies as st

from services.redirector.recorder.heads import as_utf8, parse_head


def test_method_and_headers_are_read() -> None:
    head = parse_head(b"GET /SAlhjS HTTP/1.1\r\nhost: tx1.in\r\nuser-agent: Mozilla/5.0: x\r\n")

    assert head.method == "GET"
    assert head.headers == {"host": "tx1.in", "user-agent": "Mozilla/5.0: x"}


def test_values_of_a_repeated_header_are_joined_in_their_order() -> None:
    head = parse_head(b"GET / HTTP/1.1\r\npurpose: a\r\npurpose: b\r\n")

    assert head.headers["purpose"] == "a, b"


def test_the_text_gives_the_octets_back() -> None:
    octets = b"GET / HTTP/1.1\r\nuser-agent: " + bytes(range(0x80, 0x100)) + b"\r\n"

    assert parse_head(octets).text.encode("latin-1") == octets


def test_a_value_in_utf_8_is_read_as_that() -> None:
    head = parse_head(b"GET / HTTP/1.1\r\nuser-agent: " + "ऑफर".encode())

    assert as_utf8(head.headers["user-agent"]) == "ऑफर"


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_any_octets_become_text_that_postgres_takes(octets: bytes) -> None:
    head = parse_head(octets)

    for text in (head.text, *head.headers.values(), *map(as_utf8, head.headers.values())):
        assert "\0" not in text
        text.encode()
