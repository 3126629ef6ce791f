from hypothesis import given
from hypothesis import strategies as st

from services.redirector.links.personal_links import ENTRY_OCTETS, PersonalLink, PersonalLinkCache

CAMPAIGN = 7 << 32


def a_link(position: int, octets: int = 30) -> PersonalLink:
    return PersonalLink(CAMPAIGN, position, f"https://x.example/{position}".ljust(octets, "x"))


def room_for(link_count: int) -> int:
    return link_count * (ENTRY_OCTETS + 30)


def test_a_link_is_found_by_its_campaign_and_position_only() -> None:
    cache = PersonalLinkCache(room_for(10))
    cache.add([a_link(0), a_link(1)])

    assert cache.find(CAMPAIGN, 1) == a_link(1).location
    assert cache.find(CAMPAIGN, 2) is None
    assert cache.find(CAMPAIGN + 1, 1) is None


def test_the_link_not_asked_for_the_longest_makes_room() -> None:
    cache = PersonalLinkCache(room_for(2))
    cache.add([a_link(0), a_link(1)])
    assert cache.find(CAMPAIGN, 0)

    cache.add([a_link(2)])

    assert cache.list_latest(room_for(2)) == [a_link(0), a_link(2)]
    assert cache.find(CAMPAIGN, 1) is None


def test_a_long_link_takes_the_room_of_several() -> None:
    cache = PersonalLinkCache(room_for(3))
    cache.add([a_link(0), a_link(1), a_link(2)])

    cache.add([a_link(3, octets=30 + room_for(1))])

    assert cache.list_latest(room_for(3)) == [a_link(2), a_link(3, octets=30 + room_for(1))]


def test_a_link_longer_than_the_cache_is_not_kept() -> None:
    cache = PersonalLinkCache(room_for(1))

    cache.add([a_link(0, octets=room_for(1))])

    assert len(cache) == 0


def test_a_link_added_again_replaces_itself() -> None:
    cache = PersonalLinkCache(room_for(2))
    cache.add([a_link(0), a_link(1), a_link(0)])

    assert cache.list_latest(room_for(2)) == [a_link(1), a_link(0)]


def test_the_latest_links_are_those_that_the_octets_allow() -> None:
    cache = PersonalLinkCache(room_for(10))
    cache.add([a_link(position) for position in range(5)])

    assert cache.list_latest(room_for(3) - 1) == [a_link(3), a_link(4)]
    assert cache.list_latest(0) == []


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(30, 2_000)), max_size=60),
    st.integers(0, 5_000),
)
def test_the_cache_holds_the_last_locations_within_its_octets(
    added: list[tuple[int, int]], octet_limit: int
) -> None:
    cache = PersonalLinkCache(octet_limit)
    for position, octets in added:
        cache.add([a_link(position, octets)])

    kept = cache.list_latest(octet_limit)

    assert len(kept) == len(cache)
    assert sum(ENTRY_OCTETS + len(link.location) for link in kept) <= octet_limit
    last = {position: a_link(position, octets).location for position, octets in added}
    assert all(link.location == last[link.position] for link in kept)
