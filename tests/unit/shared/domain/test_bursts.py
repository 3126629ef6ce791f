from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest

from shared.domain.bursts import BURST_LINKS, FLOOD_LINKS, KEPT_OF_ADDRESS, BurstWindow

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
GATEWAY = int(ip_address("8.8.8.8"))
PHONE = int(ip_address("49.36.1.1"))


def follow(
    window: BurstWindow,
    link_count: int,
    *,
    sender: int = GATEWAY,
    at: datetime = NOON,
    first_link: int = 0,
) -> bool:
    links = range(first_link, first_link + link_count)
    return [window.add(sender, (7, link), at) for link in links][-1]


@pytest.mark.parametrize(
    ("link_count", "reason"),
    [
        (1, None),
        (BURST_LINKS - 1, None),
        (BURST_LINKS, "sender:burst"),
        (FLOOD_LINKS - 1, "sender:burst"),
        (FLOOD_LINKS, "sender:flood"),
    ],
)
def test_many_links_within_seconds_are_a_burst_and_very_many_a_flood(
    link_count: int, reason: str | None
) -> None:
    window = BurstWindow()

    follow(window, link_count)

    assert window.reason(GATEWAY, NOON) == reason


def test_one_link_followed_often_is_no_burst() -> None:
    window = BurstWindow()
    for _ in range(FLOOD_LINKS):
        follow(window, 1)

    assert window.reason(GATEWAY, NOON) is None


def test_hits_of_earlier_batches_count_for_ten_seconds() -> None:
    window = BurstWindow()
    follow(window, BURST_LINKS - 1)
    follow(window, 1, at=NOON + timedelta(seconds=10), first_link=BURST_LINKS)

    assert window.reason(GATEWAY, NOON + timedelta(seconds=10)) == "sender:burst"
    assert window.reason(GATEWAY, NOON + timedelta(seconds=11)) is None


def test_others_hits_do_not_count() -> None:
    window = BurstWindow()
    follow(window, FLOOD_LINKS)

    assert window.reason(PHONE, NOON) is None


@pytest.mark.parametrize(
    ("link_count", "may"), [(BURST_LINKS, True), (BURST_LINKS - 1, False)], ids=["many", "few"]
)
def test_only_a_sender_of_many_links_needs_a_look(link_count: int, *, may: bool) -> None:
    assert follow(BurstWindow(), link_count) is may


def test_an_address_keeps_its_last_links_only() -> None:
    window = BurstWindow()
    follow(window, BURST_LINKS)
    later = NOON + timedelta(minutes=1)
    follow(window, KEPT_OF_ADDRESS, at=later, first_link=BURST_LINKS)

    assert window.reason(GATEWAY, NOON) is None
    assert window.reason(GATEWAY, later) == "sender:flood"


def test_addresses_that_were_seen_long_ago_are_forgotten_when_there_are_many() -> None:
    window = BurstWindow(kept_links=BURST_LINKS)
    follow(window, BURST_LINKS)
    follow(window, 1, sender=PHONE)

    assert window.reason(GATEWAY, NOON) is None


def test_the_address_at_hand_is_kept_whole_however_little_is_kept() -> None:
    window = BurstWindow(kept_links=1)
    follow(window, BURST_LINKS)

    assert window.reason(GATEWAY, NOON) == "sender:burst"
