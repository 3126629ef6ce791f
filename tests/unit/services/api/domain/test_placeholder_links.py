"""Values inside links, and the link that is the same for every row."""

import contextlib
import re
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.api.domain.link_finding import find_last_link
from services.api.domain.placeholders import Template
from services.api.domain.rewriting import plan_rewrite
from shared.domain.errors import DomainError


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        pytest.param(
            "See https://a.in/?q={v}. Bye", "a&b=c #d", "a%26b%3Dc%20%23d", id="in the query"
        ),
        pytest.param("https://a.in/x#{v}", "a/b?c", "a%2Fb%3Fc", id="in the fragment"),
        pytest.param("https://a.in/{v}/x", "a/b?c#d e", "a/b%3Fc%23d%20e", id="in the path"),
        pytest.param("https://a.in/{v}", "50%20off", "50%20off", id="triplet, once"),
        pytest.param("https://a.in/{v}", "50% off%2", "50%25%20off%252", id="percent sign"),
        pytest.param("https://a.in/?q={v}", "आशा", "%E0%A4%86%E0%A4%B6%E0%A4%BE", id="Hindi"),
        pytest.param("https://a.in/?q={v}", "A\r\nB\t", "A%0D%0AB%09", id="control characters"),
        pytest.param("https://a.in/?q={v}", "\ud800", "%3F", id="lone surrogate"),
        pytest.param("https://a.in/?q={v}.", "M.B.A.", "M.B.A%2E", id="full stop at its end"),
        pytest.param("_https://a.in/{v}_", "a_", "a%5F", id="underscore at its end"),
        pytest.param("(https://a.in/{v})", "a)", "a%29", id="bracket"),
        pytest.param("https://a.in/ok,{v}", "a b", "a%20b", id="glued by a comma"),
        pytest.param("shop.co.in/{v}", "a b", "a%20b", id="link without a scheme"),
        pytest.param("https://a.in/{v} or https://b.in/x", "a b", "a%20b", id="an earlier link"),
        pytest.param("https://{v}.example.com", "a b", "a b", id="host raw"),
        pytest.param("https://example.com:{v}/x", "80 ", "80 ", id="port raw"),
        pytest.param("https://example.com{v}?a=b", "/x y", "/x y", id="behind the host raw"),
        pytest.param("Open {v}. Bye", "https://b.in/x y", "https://b.in/x y", id="whole link raw"),
        pytest.param("{v}https://a.in/x", "a & b ", "a & b ", id="right before a link raw"),
        pytest.param("https://a.in/x {v}", "a & b", "a & b", id="behind a link raw"),
        pytest.param("https://a.in,{v}/c", "a & b", "a & b", id="behind host and comma raw"),
        pytest.param("Dear {v}/b, hi", "a & b", "a & b", id="a slash is no link"),
        pytest.param("Name:{v}/b, hi", "a & b", "a & b", id="a colon is no port"),
    ],
)
def test_value_is_encoded_inside_a_link_only(text: str, value: str, expected: str) -> None:
    assert Template.parse(text).fill({"v": value}) == text.replace("{v}", expected)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{s}://example.com/{v}", id="scheme"),
        pytest.param("{s}://{h}/{v}", id="scheme and host"),
        pytest.param("https://{h}/{v}", id="host"),
        pytest.param("https://{s}{h}/{v}", id="host of two"),
        pytest.param("https://{h}:{p}/{v}", id="host and port"),
        pytest.param("example.com:{p}/{v}", id="port of a bare host"),
        pytest.param("https://{s}@example.com/{v}", id="user name"),
        pytest.param("www.{h}/{v}", id="www"),
        pytest.param("{s}.example.com/{v}", id="label of a bare host"),
        pytest.param("{h}?u={v}", id="all before the query"),
        pytest.param("{h}/offer/x?u={v}", id="all before the path"),
        pytest.param("https://example.com{s}?u={v}", id="path as a whole"),
        pytest.param("{p}https://example.com/{v}", id="something glued before"),
        pytest.param("https://example.com/{p}{v}", id="two glued"),
        pytest.param("https://example.com/{p}/{v}.", id="sentence behind"),
    ],
)
def test_link_is_seen_around_the_placeholders_in_it(text: str) -> None:
    row = {"s": "http", "h": "shop.in", "p": "80", "v": "a b."}

    assert "a%20b%2E" in Template.parse(text).fill(row)


# What a link stands between, each sign with its match.
SURROUNDINGS = st.sampled_from(
    [
        ("", ""),
        ("See ", "."),
        ("(", ")"),
        ("'", "'"),
        ('"', '"'),
        ("_", "_"),
        ("*", "*"),
        ("देखें: ", "।"),
        ("Hi\n", "🔥"),
        ("x https://b.in/y ", ", ok?"),
        ("*b* ", "…"),
        ("", "?!"),
    ]
)
HOSTILE = st.lists(
    st.one_of(
        st.characters(),
        st.sampled_from(
            ["https://", "www.b.in", "&lt;", "%41", "..", "/", "\r\n", "\u200b", "🔥"]
        ),
    ),
    max_size=8,
).map("".join)


def decoded(value: str) -> str:
    """Return what a server reads: triplets are decoded, and no surrogate is alone."""
    return unquote(re.sub("[\ud800-\udfff]", "?", value))


@given(around=SURROUNDINGS, value=HOSTILE, other=HOSTILE)
@settings(max_examples=300, deadline=None)
def test_any_value_in_the_query_stays_in_the_link_whole(
    around: tuple[str, str], value: str, other: str
) -> None:
    words = "https://a.example.com/s?q={v}&r=1{o}".join(around)

    text = Template.parse(words).fill({"v": value, "o": other})

    link = find_last_link(text)
    assert link is not None
    assert (text[: link.start], text[link.end :]) == around
    query = link.text.removeprefix("https://a.example.com/s?q=").split("&")
    assert [unquote(part) for part in query] == [decoded(value), "r=1" + decoded(other)]


@given(around=SURROUNDINGS, value=HOSTILE)
@settings(max_examples=200, deadline=None)
def test_any_value_in_the_path_stays_in_the_link_whole(
    around: tuple[str, str], value: str
) -> None:
    text = Template.parse("https://a.example.com/s/{v}".join(around)).fill({"v": value})

    link = find_last_link(text)
    assert link is not None
    assert (text[: link.start], text[link.end :]) == around
    assert unquote(link.text.removeprefix("https://a.example.com/s/")) == decoded(value)


@pytest.mark.parametrize(
    ("text", "link"),
    [
        pytest.param("Hi {v}, see https://a.in/x.", "https://a.in/x", id="placeholder before"),
        pytest.param("https://a.in/x for {v}", "https://a.in/x", id="placeholder behind"),
        pytest.param("https://b.in/{v} a.in/x", "a.in/x", id="an earlier link has it"),
        pytest.param("No placeholder: https://a.in/x*", "https://a.in/x*", id="none at all"),
        pytest.param("*{v}* https://a.in/x", "https://a.in/x", id="asterisks elsewhere"),
    ],
)
def test_link_that_no_value_can_change_is_fixed(text: str, link: str) -> None:
    fixed = Template.parse(text).fixed_link

    assert fixed is not None
    assert fixed.text == link


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Hi {v}", id="no link"),
        pytest.param("https://a.in/{v}", id="placeholder in it"),
        pytest.param("https://{v}.a.in/x", id="placeholder in its host"),
        pytest.param("https://a.in/x and {v}.b.in/x", id="a later one has it"),
        pytest.param("{v}https://a.in/x", id="glued before"),
        pytest.param("{v}:(https://a.in/x)", id="no blank before"),
        pytest.param("https://a.in/x.{v}", id="glued behind"),
        pytest.param("https://a.in/x|{v}", id="no blank behind"),
        pytest.param("{v} https://a.in/x*", id="an asterisk before would count"),
        pytest.param("{v} https://a.in/x*. Bye", id="asterisk, then a sentence's end"),
    ],
)
def test_link_that_a_value_could_change_is_not_fixed(text: str) -> None:
    assert Template.parse(text).fixed_link is None


def test_link_in_a_value_behind_the_fixed_one_is_found_out() -> None:
    fixed = Template.parse("Hi {a}: https://a.in/x or {b}.").fixed_link

    assert fixed is not None
    assert fixed.fill_around({"a": "b.in/x", "b": "call"}) == ("Hi b.in/x: ", " or call.")
    assert fixed.fill_around({"a": "", "b": "b.in/x"}) is None


PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            ["https://a.in/x", "www.b.in", "c.co.in/y?z=*", "https://", "{a}", "{b}", "{a}", " "]
        ),
        st.sampled_from(
            [" ", "\n", " ", "*", "_", "'", "(", ")", ".", "/", "javascript:", "x", "."]
        ),
    ),
    max_size=12,
).map("".join)
FILLED = st.one_of(HOSTILE, st.sampled_from(["*", "_", "javascript:", "b.in", "com", "x@", "'"]))


@given(text=PIECES, a=FILLED, b=FILLED)
@settings(max_examples=500, deadline=None)
def test_fixed_link_is_what_rewriting_each_row_or_the_link_alone_would_find(
    text: str, a: str, b: str
) -> None:
    template = Template.parse(text)
    values = {"a": a, "b": b}

    around = template.fixed_link.fill_around(values) if template.fixed_link else None

    if template.fixed_link and around:
        rewrite = plan_rewrite(template.fill(values), short_domains=frozenset())
        found = (rewrite.before, rewrite.destination, rewrite.after)
        assert found == (around[0], template.fixed_link.text, around[1])
        alone = plan_rewrite(template.fixed_link.text, short_domains=frozenset())
        assert (alone.destination, alone.location) == (rewrite.destination, rewrite.location)


@given(text=PIECES, a=FILLED, b=FILLED)
@settings(max_examples=200, deadline=None)
def test_any_template_is_filled_and_planned_or_refused(text: str, a: str, b: str) -> None:
    filled = Template.parse(text).fill({"a": a, "b": b})

    with contextlib.suppress(DomainError):
        rewrite = plan_rewrite(filled, short_domains=frozenset())
        assert rewrite.with_link(rewrite.destination) == filled
