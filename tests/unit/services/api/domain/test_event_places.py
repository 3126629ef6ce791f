"""Ids of events say how far a stream has come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.domain.event_places import WHOLE, Place, StreamPlace, parse_place

PLACES = st.builds(Place, st.integers(0, 10**18 - 1), st.integers(0, WHOLE))


@given(PLACES, PLACES)
def test_an_id_is_read_as_it_was_written(clicks: Place, deliveries: Place) -> None:
    place = StreamPlace(clicks, deliveries)

    assert parse_place(str(place)) == place


@pytest.mark.parametrize(
    "text", ["", "c1.1", "c1.1-d1.1 ", "c-1.1-d1.1", "c1.1-d1.10000", "d1.1-c1.1", "c٣.1-d1.1"]
)
def test_what_is_no_id_is_told(text: str) -> None:
    assert parse_place(text) is None


def test_a_batch_is_told_once_all_of_it_is() -> None:
    assert Place(3, 0) < Place(3, 99) < Place(3) < Place(4, 0)
