from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest

from services.redirector.journal.records import Hit, Scan
from services.redirector.links.blocks import Block
from services.redirector.recorder.addressing import Visitors
from services.redirector.recorder.enriching import Enricher, StorableTimes, tally, unpack_address
from services.redirector.recorder.heads import parse_head
from services.redirector.recorder.locating import Locator
from services.redirector.routes import pack_address
from services.redirector.storage.hits import HitRow, RecipientTally
from shared.domain.trusted_proxies import parse_trusted_proxies

BLOCK = Block(6, 1000, 50, 77, "https://shop.example.com/")
TIMES = StorableTimes(datetime(2026, 11, 1, tzinfo=UTC), datetime(2027, 12, 1, tzinfo=UTC))
VISITORS = Visitors(parse_trusted_proxies("10.0.0.0/8"))
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
PHONE = "Mozilla/5.0 (Linux; Android 14; SM-A546E) Chrome/124.0.0.0 Mobile"
SENT = "accept: text/html\r\naccept-encoding: gzip\r\naccept-language: en-IN\r\n"


def a_row(
    *,
    at: datetime = NOON,
    position: int = 3,
    method: str = "GET",
    user_agent: str = PHONE,
    headers: str = "",
    peer: str = "8.8.8.8",
    is_cut: bool = False,
) -> HitRow:
    head = f"{method} /SAlhjS HTTP/1.1\r\nuser-agent: {user_agent}\r\n{SENT}{headers}"
    occurred_ns = int(at.timestamp()) * 1_000_000_000 + 123_456_789
    hit = Hit(occurred_ns, pack_address(peer), 1000 + position, 6, head.encode(), is_cut)
    return Enricher(Locator(None), TIMES, VISITORS).row(
        hit, BLOCK, journal_id=5, journal_offset=99
    )


def test_a_hit_becomes_the_row_of_its_recipient() -> None:
    row = a_row(position=7, headers="referer: https://mail.example.com/\r\n")

    assert (row.campaign_id, row.position) == (77, 7)
    assert (row.journal_id, row.journal_offset) == (5, 99)
    assert row.occurred_at == NOON + timedelta(microseconds=123_456)
    assert (row.click_class, row.device, row.address) == (
        "person",
        "Samsung SM-A546E",
        ip_address("8.8.8.8"),
    )
    assert row.referrer == "https://mail.example.com/"


@pytest.mark.parametrize(
    ("peer", "headers", "address"),
    [
        pytest.param("10.0.0.5", "x-forwarded-for: 1.1.1.1, 9.9.9.9\r\n", "9.9.9.9", id="proxy"),
        pytest.param(
            "10.0.0.5",
            "x-forwarded-for: 1.1.1.1\r\nx-forwarded-for: 9.9.9.9\r\n",
            "9.9.9.9",
            id="two-lines",
        ),
        pytest.param("10.0.0.5", 'forwarded: for="[2001:db8::1]"\r\n', "2001:db8::1", id="rfc"),
        pytest.param("10.0.0.5", "", "10.0.0.5", id="silent-proxy"),
        pytest.param("8.8.8.8", "x-forwarded-for: 9.9.9.9\r\n", "8.8.8.8", id="stranger"),
    ],
)
def test_the_address_of_a_hit_is_the_visitors(peer: str, headers: str, address: str) -> None:
    assert a_row(peer=peer, headers=headers).address == ip_address(address)


def test_of_a_head_that_was_cut_no_word_of_a_proxy_is_believed() -> None:
    row = a_row(peer="10.0.0.5", headers="x-forwarded-for: 1.1.1.1", is_cut=True)

    assert row.address == ip_address("10.0.0.5")


@pytest.mark.parametrize("name", ["Purpose", "Sec-Purpose", "X-Purpose", "X-Moz"])
def test_a_prefetch_is_known_by_any_of_its_headers(name: str) -> None:
    assert a_row(headers=f"{name.lower()}: prefetch\r\n").click_class == "prefetch"


@pytest.mark.parametrize(
    ("at", "stored"),
    [
        (datetime(2026, 10, 31, tzinfo=UTC), TIMES.first),
        (datetime(2031, 1, 1, tzinfo=UTC), TIMES.end - timedelta(microseconds=1)),
    ],
    ids=["before", "after"],
)
def test_a_hit_outside_the_partitions_is_kept_in_the_nearest_and_says_so(
    at: datetime, stored: datetime
) -> None:
    row = a_row(at=at)

    assert (row.occurred_at, row.reasons) == (stored, ("time:reset",))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("8.8.8.8", "8.8.8.8"),
        ("::ffff:8.8.8.8", "8.8.8.8"),
        ("2606:4700:4700::1111", "2606:4700:4700::1111"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_addresses_survive_the_journal_with_mapped_ones_unmapped(written: str, read: str) -> None:
    assert unpack_address(pack_address(written)) == ip_address(read)


@pytest.mark.parametrize("host", ["", "unix:", "not an address"])
def test_what_is_no_address_is_an_unknown_one(host: str) -> None:
    assert unpack_address(pack_address(host)) is None


def test_a_tally_counts_all_hits_and_the_clicks_of_persons_only() -> None:
    later = NOON + timedelta(hours=1)
    rows = [
        a_row(at=later, position=1),
        a_row(at=NOON, position=1),
        a_row(at=NOON, position=1, method="HEAD"),
        a_row(at=NOON, position=2, user_agent=""),
    ]

    assert tally(rows) == {
        (77, 1): RecipientTally(3, 2, rows[1].occurred_at, rows[0].occurred_at),
        (77, 2): RecipientTally(1, 0, None, None),
    }


def test_what_is_a_visitors_own_never_shows_in_what_is_printed() -> None:
    head = b"GET /SAlhjS?to=me HTTP/1.1\r\nuser-agent: Mine\r\ncookie: mine\r\n"
    hit = Hit(1_700_000_000_000_000_000, pack_address("8.8.8.8"), 1003, 6, head)
    row = Enricher(Locator(None), TIMES, VISITORS).row(hit, BLOCK, journal_id=5, journal_offset=99)

    printed = repr([hit, Scan([(0, hit)], 1, 0), parse_head(head), row])

    for own in ("8.8.8.8", "\\x08\\x08", "SAlhjS", "to=me", "Mine", "mine", "1003"):
        assert own not in printed
