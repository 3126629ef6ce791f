"""Tokens asked for lately are known, and never more than two generations of them."""

from services.redirector.links.token_cache import TokenCache


def known(cache: TokenCache[int], count: int) -> list[int]:
    return [number for number in range(count) if cache.get(b"%d" % number) is not None]


def test_a_generation_is_forgotten_when_the_next_but_one_begins() -> None:
    cache: TokenCache[int] = TokenCache(2)
    for number in range(5):
        cache.add(b"%d" % number, number)

    assert known(cache, 3) == [2]


def test_what_is_asked_for_is_taken_along_into_the_next_generation() -> None:
    cache: TokenCache[int] = TokenCache(2)
    for number in range(6):
        cache.add(b"%d" % number, number)
        assert cache.get(b"0") == 0


def test_everything_can_be_forgotten() -> None:
    cache: TokenCache[int] = TokenCache(2)
    for number in range(3):
        cache.add(b"%d" % number, number)

    cache.clear()

    assert known(cache, 3) == []
