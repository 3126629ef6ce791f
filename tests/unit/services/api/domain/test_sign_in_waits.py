"""Waits grow with failures, and hold nobody up for what strangers do."""

from datetime import timedelta
from ipaddress import ip_address

import pytest

from services.api.domain.sign_in_waits import (
    LONGEST_WAIT,
    CountedFor,
    Failures,
    network_of,
    subjects_of,
    wait_after,
    wait_left,
)

NOW, NONE = timedelta(0), timedelta(0)
LOGIN, NETWORK, PAIR = CountedFor.LOGIN, CountedFor.NETWORK, CountedFor.LOGIN_FROM_NETWORK


@pytest.mark.parametrize(
    ("count", "kind", "seconds"),
    [
        (0, LOGIN, 0),
        (5, LOGIN, 0),
        (6, LOGIN, 1),
        (7, LOGIN, 2),
        (10, LOGIN, 16),
        (15, LOGIN, 512),
        (16, LOGIN, 900),
        (1_000_000, LOGIN, 900),
        (20, NETWORK, 0),
        (21, NETWORK, 1),
        (5, PAIR, 0),
        (8, PAIR, 4),
    ],
)
def test_waits_double_up_to_a_limit(count: int, kind: CountedFor, seconds: int) -> None:
    assert wait_after(count, kind) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("found", "is_known", "left"),
    [
        pytest.param({}, False, 0, id="nothing failed"),
        pytest.param({LOGIN: Failures(50, NOW)}, False, 900, id="a stranger, login hammered"),
        pytest.param({LOGIN: Failures(50, NOW)}, True, 0, id="known, login hammered"),
        pytest.param({NETWORK: Failures(50, NOW)}, True, 0, id="known, network hammers others"),
        pytest.param({NETWORK: Failures(50, NOW)}, False, 900, id="a stranger, from there"),
        pytest.param({PAIR: Failures(8, NOW)}, True, 4, id="known, and failed"),
        pytest.param({PAIR: Failures(8, NOW)}, False, 0, id="pairs hold up no stranger"),
        pytest.param({LOGIN: Failures(8, timedelta(seconds=3))}, False, 1, id="waited some"),
        pytest.param({LOGIN: Failures(8, timedelta(seconds=9))}, False, 0, id="waited enough"),
        pytest.param(
            {LOGIN: Failures(8, NOW), NETWORK: Failures(23, NOW)}, False, 4, id="the longer"
        ),
    ],
)
def test_what_is_left_to_wait(
    *, found: dict[CountedFor, Failures], is_known: bool, left: int
) -> None:
    assert wait_left(found, is_known=is_known) == timedelta(seconds=left)
    assert wait_left(found, is_known=is_known) <= LONGEST_WAIT


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7/32"),
        ("::ffff:203.0.113.7", "203.0.113.7/32"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ],
)
def test_a_place_is_an_address_or_a_64(address: str, network: str) -> None:
    assert str(network_of(ip_address(address))) == network


def test_a_connection_without_an_address_has_no_place() -> None:
    assert network_of(None) is None


def test_failures_are_counted_apart() -> None:
    here, there = network_of(ip_address("203.0.113.7")), network_of(ip_address("203.0.113.8"))
    of_a, of_b = subjects_of("a", here), subjects_of("b", here)
    elsewhere = subjects_of("a", there)

    assert len({*of_a.values(), *of_b.values()}) == 5
    assert of_a[NETWORK] == of_b[NETWORK] != elsewhere[NETWORK]
    assert of_a[LOGIN] == elsewhere[LOGIN]
    assert len({of_a[PAIR], of_b[PAIR], elsewhere[PAIR]}) == 3
    # What is given for a login may be anything.
    assert len(subjects_of("\ud83d\0", None)[LOGIN]) == 32
