"""Who guesses links is slowed, and nobody else."""

from ipaddress import ip_address

from services.redirector.guessing import GuessLimiter

GUESSER, OTHER = ip_address("192.0.2.1"), ip_address("2001:db8::1")


def test_so_many_a_minute_are_answered_and_no_more() -> None:
    guesses = GuessLimiter(3)

    assert [guesses.note(GUESSER, now_s=10.0) for _ in range(5)] == [False] * 3 + [True] * 2
    assert not guesses.note(OTHER, now_s=10.0)


def test_addresses_of_one_ipv6_subscriber_are_counted_together() -> None:
    guesses = GuessLimiter(2)
    own = [ip_address(f"2001:db8:0:1::{host:x}") for host in range(1, 4)]

    assert [guesses.note(address, now_s=1.0) for address in own] == [False, False, True]
    assert not guesses.note(ip_address("2001:db8:0:2::1"), now_s=1.0)


def test_the_next_minute_begins_anew() -> None:
    guesses = GuessLimiter(1)
    guesses.note(GUESSER, now_s=10.0)

    assert guesses.note(GUESSER, now_s=69.9)
    assert not guesses.note(GUESSER, now_s=70.0)


def test_what_is_one_too_many_may_be_counted_again_and_makes_the_minute_no_longer() -> None:
    guesses = GuessLimiter(2)

    admitted = [not guesses.note(GUESSER, now_s=1.0) for _ in range(4)]

    assert admitted == [True, True, False, False]
    assert not guesses.note(GUESSER, now_s=61.0)


def test_all_addresses_of_one_ipv6_subscriber_count_together() -> None:
    guesses = GuessLimiter(1)
    guesses.note(ip_address("2001:db8:0:1::1"), now_s=1.0)

    assert guesses.note(ip_address("2001:db8:0:1:ffff::2"), now_s=1.0)
    assert not guesses.note(ip_address("2001:db8:0:2::1"), now_s=1.0)


def test_neighbours_with_ipv4_count_apart() -> None:
    guesses = GuessLimiter(1)
    guesses.note(ip_address("192.0.2.1"), now_s=1.0)

    assert not guesses.note(ip_address("192.0.2.2"), now_s=1.0)


def test_only_so_many_addresses_are_watched() -> None:
    guesses = GuessLimiter(1, limit=2)
    for host in range(3):
        guesses.note(ip_address(host), now_s=1.0)

    assert not guesses.note(ip_address(0), now_s=1.0)
    assert guesses.note(ip_address(2), now_s=1.0)


def test_nobody_is_slowed_without_an_address() -> None:
    guesses = GuessLimiter(1)

    assert not any(guesses.note(None, now_s=1.0) for _ in range(5))
