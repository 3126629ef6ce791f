from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from services.redirector.links.blocks import Block, BlockCache, GapCache


def a_block(first_link: int, link_count: int = 10, token_length: int = 6) -> Block:
    return Block(token_length, first_link, link_count, first_link, "https://shop.example.com/")


def test_a_block_is_found_by_each_of_its_numbers_and_no_other() -> None:
    cache = BlockCache(10)
    cache.add(a_block(20))

    found = [number for number in range(50) if cache.find(6, number)]

    assert found == list(range(20, 30))


def test_blocks_of_another_token_length_are_another_matter() -> None:
    cache = BlockCache(10)
    cache.add(a_block(20, token_length=7))

    assert cache.find(6, 20) is None


def test_the_block_not_asked_for_the_longest_makes_room() -> None:
    cache = BlockCache(2)
    cache.add(a_block(0))
    cache.add(a_block(10))
    assert cache.find(6, 5)

    cache.add(a_block(20))

    assert [block.first_link for block in cache.list_blocks()] == [0, 20]
    assert cache.find(6, 15) is None


def test_a_block_that_was_changed_takes_the_place_of_the_one_before() -> None:
    cache = BlockCache(2)
    cache.add(a_block(0))
    cache.add(a_block(10))
    paused = replace(a_block(0), is_paused=True)

    assert cache.replace(paused)
    assert not cache.replace(paused)
    assert not cache.replace(a_block(20))

    # In its old place: nobody asked for it.
    assert cache.list_blocks() == [paused, a_block(10)]
    assert cache.find(6, 5) == paused


def test_a_block_added_again_replaces_itself() -> None:
    cache = BlockCache(2)
    cache.add(a_block(0))
    cache.add(a_block(0))

    assert len(cache) == 1


@settings(max_examples=200)
@given(st.lists(st.integers(0, 30), max_size=60), st.lists(st.integers(0, 320), max_size=60))
def test_a_full_cache_never_answers_with_a_wrong_block(added: list[int], asked: list[int]) -> None:
    cache = BlockCache(5)
    for slot in added:
        cache.add(a_block(slot * 10, link_count=7))

    assert len(cache) == min(5, len(set(added)))
    for number in asked:
        block = cache.find(6, number)
        assert block is None or block.first_link <= number < block.first_link + 7


def test_a_gap_is_believed_for_its_time_only() -> None:
    gaps = GapCache(limit=2, ttl_s=2.0)
    gaps.add(6, 5, now_s=100.0)

    assert gaps.has(6, 5, now_s=101.9)
    assert not gaps.has(6, 5, now_s=102.0)
    assert not gaps.has(6, 4, now_s=100.0)


def test_the_oldest_gap_makes_room() -> None:
    gaps = GapCache(limit=2, ttl_s=2.0)
    for number in (1, 2, 3):
        gaps.add(6, number, now_s=100.0)

    assert [gaps.has(6, number, now_s=100.0) for number in (1, 2, 3)] == [False, True, True]
