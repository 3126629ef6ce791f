import contextlib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.api.domain.link_errors import (
    LinkTooLongError,
    NoLinkError,
    OverlongTextError,
    OwnShortLinkError,
    UnusableHostError,
    UserinfoError,
)
from services.api.domain.link_finding import find_last_link
from services.api.domain.rewriting import MAX_BODY_LENGTH, Rewrite, plan_rewrite
from shared.domain.errors import DomainError

OURS = frozenset({"tx1.in", "go.example.com"})
LINK = "https://tx1.in/SAlhjS"

KIDS_SCHOOL = (
    "Learn about our new course on our sites, https://www.yourkidschoolexample.com or apply by"
    " visiting sign up page, https://www.yourkidschoolexample.com/signup/. Regards, The School"
)
SHOPPING = (
    "See https://www.mydomain.com/shoppingproduct.html. To buy this offer Visit"
    " https://mydomain.com/special_offer.html to get 20% off"
)


def plan(text: str) -> Rewrite:
    return plan_rewrite(text, short_domains=OURS)


def test_sign_up_page_of_the_school_is_tracked_and_its_full_stop_kept() -> None:
    rewrite = plan(KIDS_SCHOOL)

    assert rewrite.destination == "https://www.yourkidschoolexample.com/signup/"
    assert rewrite.with_link(LINK).endswith(f"sign up page, {LINK}. Regards, The School")
    assert "sites, https://www.yourkidschoolexample.com or" in rewrite.with_link(LINK)


def test_special_offer_is_tracked_and_the_product_left() -> None:
    rewrite = plan(SHOPPING)

    assert rewrite.destination == "https://mydomain.com/special_offer.html"
    assert rewrite.with_link(LINK) == (
        "See https://www.mydomain.com/shoppingproduct.html. To buy this offer Visit"
        f" {LINK} to get 20% off"
    )


@pytest.mark.parametrize(
    ("text", "rewritten"),
    [
        pytest.param(
            "https://a.example.com/a for him, https://a.example.com/a for her",
            f"https://a.example.com/a for him, {LINK} for her",
            id="only the last occurrence",
        ),
        pytest.param("[Apply](https://a.org/f) now", f"[Apply]({LINK}) now", id="in Markdown"),
        pytest.param("Offer:\nhttps://a.in/a\nSTOP", f"Offer:\n{LINK}\nSTOP", id="line feeds"),
        pytest.param("Shop at x.co.in/path today", f"Shop at {LINK} today", id="no scheme"),
        pytest.param("देखें https://a.in/offer।", f"देखें {LINK}।", id="danda"),
        pytest.param("Buy https://a.in/a🔥🔥", f"Buy {LINK}🔥🔥", id="emoji"),
        pytest.param("www.a.com or mail b@c.com", f"{LINK} or mail b@c.com", id="e-mail behind"),
        pytest.param(
            "https://a.com/s?href=http://b.org/x ok", f"{LINK} ok", id="a link inside a link"
        ),
    ],
)
def test_only_the_last_link_is_replaced(text: str, rewritten: str) -> None:
    assert plan(text).with_link(LINK) == rewritten


@pytest.mark.parametrize("domain", ["tx1.in:8001", "tx1.in"])
@pytest.mark.parametrize(
    "link", ["tx1.in/SAlhjS", "https://TX1.in:8001/SAlhjS", "http://tx1.in:1/a"]
)
def test_our_own_link_is_told_by_its_host_whatever_the_port(domain: str, link: str) -> None:
    with pytest.raises(OwnShortLinkError):
        plan_rewrite(f"See {link}", short_domains=frozenset({domain}))


def test_the_longest_text_that_may_come_is_searched() -> None:
    text = "https://a.example.com/".ljust(MAX_BODY_LENGTH, "x")

    with pytest.raises(LinkTooLongError):
        plan(text)


def test_a_longer_text_is_not_searched() -> None:
    with pytest.raises(OverlongTextError, match=f"at most {MAX_BODY_LENGTH} are read"):
        plan("e.com ".ljust(MAX_BODY_LENGTH + 1, "x"))


def test_destination_is_kept_as_written_and_the_location_is_valid() -> None:
    rewrite = plan("देखें उत्पाद: HTTPS://उदाहरण.भारत/ऑफर?a=%7b1%7d अब")

    assert rewrite.destination == "HTTPS://उदाहरण.भारत/ऑफर?a=%7b1%7d"
    assert (
        rewrite.location
        == "https://xn--p1b6ci4b4b3a.xn--h2brj9c/%E0%A4%91%E0%A4%AB%E0%A4%B0?a=%7b1%7d"
    )


def test_html_entity_is_never_decoded() -> None:
    assert plan("Open https://a.in/?a=1&amp;b=2 now").location == "https://a.in/?a=1&amp;b=2"


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        pytest.param("No link here", NoLinkError, "trackLink=false", id="no link"),
        pytest.param("javascript:alert(1)", NoLinkError, "no link", id="another scheme"),
        pytest.param("Again: https://tx1.in/SAlhjS", OwnShortLinkError, "tx1.in", id="ours"),
        pytest.param("Again: TX1.IN/SAlhjS.", OwnShortLinkError, "tx1.in", id="ours, bare"),
        pytest.param("https://tx1.in:/x", OwnShortLinkError, "tx1.in", id="ours, port left out"),
        pytest.param("https://\uff54\uff58\uff11.in/x", OwnShortLinkError, "tx1", id="full width"),
        pytest.param("https://a.in:65536/x", UnusableHostError, "port beyond 65535", id="port"),
        pytest.param("go.example.com:8001/x", OwnShortLinkError, "go.example.com", id="with port"),
        pytest.param(
            "https://a.in/x then https://tx1.in/SAlhjS",
            OwnShortLinkError,
            "tx1.in",
            id="ours last, another before",
        ),
        pytest.param("https://me:pw@a.in/x", UserinfoError, "user name", id="user name"),
        pytest.param("https://-é.in/x", NoLinkError, "no link", id="label with a hyphen first"),
        pytest.param("https://a\u0640.in/x", UnusableHostError, "domain name", id="no IDNA name"),
    ],
)
def test_message_whose_link_cannot_be_tracked_is_refused(
    text: str, error: type[DomainError], says: str
) -> None:
    with pytest.raises(error, match=re.escape(says)) as refused:
        plan(text)

    assert refused.value.field == "msg"


def test_short_domain_inside_another_host_is_not_ours() -> None:
    assert plan("https://tx1.in.example.com/x").destination == "https://tx1.in.example.com/x"


AROUND = st.text(st.sampled_from("ab ,.;:!?()[]'*\n।🔥@é"), max_size=30)
LINKS = st.sampled_from(
    ["https://a.example.com/x", "http://é.example.com", "www.b.co.in/?q=[1]", "bit.ly/a_(b)"]
)


@given(before=AROUND, link=LINKS, after=AROUND)
@settings(max_examples=300, deadline=None)
def test_rewriting_changes_only_the_span_and_can_be_undone(
    before: str, link: str, after: str
) -> None:
    text = f"{before} {link} {after}"

    rewrite = plan(text)

    assert rewrite.with_link(rewrite.destination) == text
    assert rewrite.with_link("") == rewrite.before + rewrite.after
    assert re.fullmatch(r"https?://[!-~]+", rewrite.location)


@given(before=AROUND, link=LINKS, after=AROUND)
@settings(max_examples=300, deadline=None)
def test_short_link_is_found_again_where_it_was_put(before: str, link: str, after: str) -> None:
    rewrite = plan(f"{before} {link} {after}")

    found = find_last_link(rewrite.with_link(LINK))

    assert found is not None
    assert (found.start, found.text) == (len(rewrite.before), LINK)


HOSTILE = st.lists(
    st.one_of(
        st.characters(),
        st.sampled_from(
            ["http://", "https://", "www.", "a.in", ".com", "/", "[::1]", "xn--", "@"]
        ),
    ),
    max_size=30,
).map("".join)


@given(text=HOSTILE)
@settings(max_examples=300, deadline=None)
def test_any_text_is_rewritten_or_refused_by_a_rule(text: str) -> None:
    with contextlib.suppress(DomainError):
        rewrite = plan(text)
        assert rewrite.with_link(rewrite.destination) == text
        assert re.fullmatch(r"https?://[!-~]+", rewrite.location)
