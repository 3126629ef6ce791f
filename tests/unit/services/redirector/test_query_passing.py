"""What becomes of the query that a visitor comes with."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.redirector.query_passing import pass_query

PLAIN = "https://shop.example.com/sale"
TAGGED = "https://shop.example.com/sale?utm_source=sms&a=1#top"


@pytest.mark.parametrize(
    ("location", "query", "mode", "expected"),
    [
        pytest.param(PLAIN, b"a=1", "off", PLAIN, id="dropped"),
        pytest.param(PLAIN, b"", "add", PLAIN, id="none came"),
        pytest.param(PLAIN, b"a=1&b", "add", f"{PLAIN}?a=1&b", id="added"),
        pytest.param(
            TAGGED,
            b"a=2&b=3",
            "add",
            "https://shop.example.com/sale?utm_source=sms&a=1&b=3#top",
            id="added but for what is there, before the fragment",
        ),
        pytest.param(
            TAGGED,
            b"a=2&b=3",
            "override",
            "https://shop.example.com/sale?utm_source=sms&a=2&b=3#top",
            id="replaced",
        ),
        pytest.param(
            "https://a.example.com/?q%20r=1",
            b"q+r=2",
            "override",
            "https://a.example.com/?q+r=2",
            id="same name, written otherwise",
        ),
        pytest.param(PLAIN, b"&&", "add", PLAIN, id="nothing but separators"),
        pytest.param(
            PLAIN, b"a=\xc3\xa9<>", "add", f"{PLAIN}?a=%C3%A9%3C%3E", id="what no location holds"
        ),
        pytest.param(PLAIN, b"a=%41%zz", "add", f"{PLAIN}?a=%41%zz", id="nothing encoded twice"),
    ],
)
def test_query_is_passed_as_the_campaign_says(
    location: str, query: bytes, mode: str, expected: str
) -> None:
    assert pass_query(location, query, mode) == expected


@given(st.binary(max_size=60), st.sampled_from(["off", "add", "override"]))
def test_location_stays_one_whatever_comes(query: bytes, mode: str) -> None:
    passed = pass_query(TAGGED, query, mode)

    assert re.fullmatch(r"https://shop\.example\.com/sale\?[!-~]+#top", passed)
