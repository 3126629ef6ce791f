"""Cursors: what a page gives is taken, and nothing else gets as far as the database."""

import base64
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.domain.errors import InvalidValueError
from services.api.schemas.report_queries import (
    MAX_ID,
    MAX_POSITION,
    cut_page,
    hit_cursor,
    to_hit_place,
    to_newest_cursor,
    to_number_cursor,
)
from services.api.storage.reports import HitPlace

PLACES = st.builds(
    HitPlace,
    st.datetimes(timezones=st.just(UTC)),
    st.integers(0, MAX_ID),
    st.integers(0, MAX_ID),
)
ALMOST_PLACES = st.builds(
    lambda *parts: base64.urlsafe_b64encode(" ".join(map(str, parts)).encode()).decode(),
    st.datetimes(timezones=st.none() | st.timezones()).map(datetime.isoformat),
    st.integers(),
    st.integers(),
)


@given(PLACES)
def test_the_cursor_of_a_hit_leads_back_to_it(place: HitPlace) -> None:
    row = {
        "occurred_at": place.occurred_at,
        "journal_id": place.journal_id,
        "journal_offset": place.journal_offset,
    }

    assert to_hit_place(hit_cursor(row)) == place


@given(st.text() | ALMOST_PLACES)
def test_any_other_cursor_of_hits_is_refused_or_a_place_that_can_be(cursor: str) -> None:
    with suppress(InvalidValueError):
        place = to_hit_place(cursor) or HitPlace(datetime(2026, 1, 1, tzinfo=UTC), 0, 0)

        assert place.occurred_at.tzinfo is UTC
        assert 0 <= place.journal_id <= MAX_ID
        assert 0 <= place.journal_offset <= MAX_ID


@given(st.text() | st.integers().map(str), st.sampled_from([MAX_POSITION, MAX_ID]))
def test_any_cursor_that_is_a_number_is_refused_or_can_be_one(cursor: str, highest: int) -> None:
    with suppress(InvalidValueError):
        number = to_number_cursor(cursor, highest=highest)

        assert number is None or 0 <= number <= highest


@pytest.mark.parametrize("highest", [MAX_POSITION, MAX_ID])
def test_the_highest_number_is_taken(highest: int) -> None:
    assert to_number_cursor(str(highest), highest=highest) == highest


@pytest.mark.parametrize(("cursor", "before"), [(None, MAX_ID), ("", MAX_ID), ("0", 0)])
def test_a_list_without_cursor_begins_with_its_newest(cursor: str | None, before: int) -> None:
    assert to_newest_cursor(cursor) == before


@pytest.mark.parametrize(
    ("rows", "page", "last"),
    [([], [], None), ([1, 2], [1, 2], None), ([1, 2, 3], [1, 2], 2)],
    ids=["none", "full and the last", "more behind it"],
)
def test_a_page_knows_whether_another_follows(
    rows: list[int], page: list[int], last: int | None
) -> None:
    assert cut_page(rows, 2) == (page, last)
