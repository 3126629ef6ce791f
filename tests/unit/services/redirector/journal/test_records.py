import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.redirector.journal.records import (
    MAX_RECORD_OCTETS,
    MIN_RECORD_OCTETS,
    Hit,
    pack_hit,
    scan,
)
from shared.domain.request_heads import MAX_HEAD_OCTETS

HEADS = st.text(st.characters(min_codepoint=9, max_codepoint=255), max_size=400).map(
    lambda text: text.encode("latin-1")
)
HITS = st.builds(
    Hit,
    occurred_ns=st.integers(0, 2**64 - 1),
    address=st.binary(min_size=16, max_size=16),
    link_number=st.integers(0, 2**64 - 1),
    token_length=st.integers(6, 8),
    head=HEADS,
    is_cut=st.just(value=False),
)


def a_hit(number: int = 1, *, head: bytes = b"GET /SAlhjS HTTP/1.1\r\n") -> Hit:
    return Hit(1_700_000_000_000_000_000, bytes(16), number, 6, head)


def packed(*hits: Hit) -> bytes:
    return b"".join(pack_hit(*hit[:5]) for hit in hits)


@settings(max_examples=200)
@given(st.lists(HITS, max_size=8))
def test_every_hit_written_is_read_back_in_its_order(hits: list[Hit]) -> None:
    journal = packed(*hits)

    found = scan(journal, limit=100)

    assert [hit for _, hit in found.hits] == hits
    assert (found.end, found.skipped_octets) == (len(journal), 0)


def test_offsets_are_where_each_record_starts() -> None:
    first, second = a_hit(1), a_hit(2)

    found = scan(packed(first, second), limit=100)

    assert [offset for offset, _ in found.hits] == [0, len(packed(first))]


def test_reading_stops_at_the_limit_and_goes_on_from_its_end() -> None:
    journal = packed(*(a_hit(number) for number in range(5)))

    first = scan(journal, limit=2)
    rest = scan(journal[first.end :], limit=100)

    assert [hit.link_number for _, hit in first.hits + rest.hits] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("cut", range(len(packed(a_hit(2)))))
def test_a_record_torn_at_any_octet_stays_unread_and_its_predecessor_does_not(cut: int) -> None:
    whole, torn = packed(a_hit(1)), packed(a_hit(2))[:cut]

    found = scan(whole + torn, limit=100)

    assert [hit.link_number for _, hit in found.hits] == [1]
    assert (found.end, found.skipped_octets) == (len(whole), 0)


@pytest.mark.parametrize("damaged", range(len(packed(a_hit(2)))))
def test_one_damaged_octet_costs_one_record_only(damaged: int) -> None:
    records = [bytearray(packed(a_hit(number))) for number in (1, 2, 3)]
    records[1][damaged] ^= 0xFF

    found = scan(b"".join(records), limit=100)

    assert [hit.link_number for _, hit in found.hits] == [1, 3]
    assert found.skipped_octets == len(records[1])


def test_octets_of_a_longer_damage_are_skipped_as_far_as_no_record_can_start_in_them() -> None:
    damage = bytes(3 * MAX_RECORD_OCTETS)

    found = scan(damage, limit=100)

    assert (found.hits, found.end) == ([], len(damage) - MAX_RECORD_OCTETS)
    assert found.skipped_octets == found.end


def test_a_head_of_just_the_most_octets_is_kept_whole() -> None:
    hit = a_hit(head=b"x" * MAX_HEAD_OCTETS)

    assert scan(packed(hit), limit=1).hits == [(0, hit)]


def test_a_longer_head_is_cut_and_says_so() -> None:
    record = packed(a_hit(head=b"x" * (MAX_HEAD_OCTETS + 1)))

    [(_, hit)] = scan(record, limit=1).hits

    assert (len(hit.head), hit.is_cut) == (MAX_HEAD_OCTETS, True)
    assert len(record) == MAX_RECORD_OCTETS == MIN_RECORD_OCTETS + MAX_HEAD_OCTETS


def test_a_visitor_cannot_forge_a_record_since_http_bars_its_first_octet() -> None:
    # llhttp refuses control characters other than tab in targets and header values.
    assert packed(a_hit())[0] == 1
