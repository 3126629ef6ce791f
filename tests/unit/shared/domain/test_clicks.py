import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.clicks import (
    BARE_BROWSER,
    BURST,
    EARLY,
    FLOOD,
    HOSTING,
    MACHINE_SCORE,
    STRONG_SIGNALS,
    WEAK_SIGNALS,
    ClickClass,
    Signals,
    Verdict,
    classify,
    judge,
)

ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; SM-A546E) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/124.0.0.0 Mobile Safari/537.36"
)
FACEBOOK = "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"
SIGNALS = st.builds(
    Signals,
    method=st.sampled_from(["GET", "HEAD"]) | st.text(max_size=8),
    user_agent=st.text(max_size=200) | st.just(ANDROID),
    purpose=st.text(max_size=30),
    has_browser_headers=st.booleans(),
    listed_as=st.sampled_from(["", "social-preview", "seo"]),
    is_spider=st.booleans(),
    is_familiar=st.booleans(),
    organisation=st.text(max_size=30) | st.just("HETZNER-AS"),
)
REASONS = st.sets(
    st.sampled_from([*STRONG_SIGNALS, *WEAK_SIGNALS, "forwarded:device", "time:reset"])
)


@pytest.mark.parametrize(
    ("signals", "click_class", "reasons"),
    [
        (Signals("GET", ANDROID), ClickClass.PERSON, ()),
        (Signals("GET", ANDROID, "prefetch;prerender"), ClickClass.PREFETCH, ("header:purpose",)),
        (Signals("GET", ANDROID, "Preview"), ClickClass.PREFETCH, ("header:purpose",)),
        (Signals("GET", ""), ClickClass.UNKNOWN, ("agent:empty",)),
        (Signals("GET", " \t"), ClickClass.UNKNOWN, ("agent:empty",)),
        (Signals("GET", "qwerty", is_familiar=False), ClickClass.UNKNOWN, ("agent:unfamiliar",)),
        (Signals("GET", "curl/8.5.0"), ClickClass.SCANNER, ("agent:tool",)),
        (Signals("GET", "XYZ/1", is_spider=True), ClickClass.SCANNER, ("agent:crawler",)),
        (Signals("GET", "XYZ/1", listed_as="seo"), ClickClass.SCANNER, ("agent:listed",)),
        (
            Signals("GET", "XYZ/1", listed_as="social-preview"),
            ClickClass.PREVIEW,
            ("agent:listed-preview",),
        ),
        (Signals("HEAD", ANDROID), ClickClass.HEAD, ("method:head",)),
        (
            Signals("HEAD", FACEBOOK, "prefetch", listed_as="social-preview", is_spider=True),
            ClickClass.HEAD,
            (
                "method:head",
                "header:purpose",
                "agent:facebook",
                "agent:listed-preview",
                "agent:crawler",
            ),
        ),
        (Signals("GET", ANDROID, has_browser_headers=False), ClickClass.PERSON, (BARE_BROWSER,)),
        (Signals("GET", "Opera/9.80", has_browser_headers=False), ClickClass.PERSON, ()),
        (Signals("GET", ANDROID, organisation="OVH SAS"), ClickClass.PERSON, (HOSTING,)),
        (
            Signals("GET", ANDROID, has_browser_headers=False, organisation="OVH SAS"),
            ClickClass.SCANNER,
            (HOSTING, BARE_BROWSER),
        ),
    ],
    ids=[
        "a person",
        "prerender",
        "Safari's top sites",
        "no agent",
        "blank agent",
        "an agent that nobody knows",
        "a tool",
        "a spider of the parser's",
        "a listed crawler",
        "a listed preview",
        "HEAD",
        "many signals",
        "a browser without its headers",
        "no browser, without a browser's headers",
        "a person by VPN",
        "a browser without its headers in a data centre",
    ],
)
def test_a_hit_is_classed_by_its_strongest_signal_and_keeps_all_as_reasons(
    signals: Signals, click_class: ClickClass, reasons: tuple[str, ...]
) -> None:
    verdict = classify(signals)

    assert (verdict.click_class, verdict.reasons) == (click_class, reasons)


@pytest.mark.parametrize("reason", WEAK_SIGNALS)
def test_what_persons_show_too_never_makes_a_machine_alone(reason: str) -> None:
    assert judge([reason]) == Verdict(ClickClass.PERSON, (reason,), WEAK_SIGNALS[reason])


@pytest.mark.parametrize(
    ("reasons", "click_class"),
    [
        ({HOSTING, EARLY}, ClickClass.SCANNER),
        ({HOSTING, BURST}, ClickClass.SCANNER),
        ({HOSTING, BARE_BROWSER}, ClickClass.SCANNER),
        ({FLOOD, EARLY}, ClickClass.SCANNER),
        ({FLOOD, BARE_BROWSER}, ClickClass.SCANNER),
        ({BURST, EARLY}, ClickClass.PERSON),
        ({BURST, BARE_BROWSER}, ClickClass.PERSON),
        ({EARLY, BARE_BROWSER}, ClickClass.PERSON),
        ({BURST, EARLY, BARE_BROWSER}, ClickClass.SCANNER),
        ({FLOOD, BURST}, ClickClass.PERSON),
    ],
    ids=[
        "a gateway's scan before delivery",
        "a scan of many links from a data centre",
        "a script in a data centre",
        "a scan of a whole campaign on delivery",
        "a script that follows a whole campaign",
        "many phones behind one address of a mobile network",
        "the same, with an app that leaves headers out",
        "an app that leaves headers out, before a late report",
        "a script that follows many links on delivery",
        "a flood is a burst, and counts once",
    ],
)
def test_weak_signals_add_up(reasons: set[str], click_class: ClickClass) -> None:
    assert judge(reasons).click_class is click_class


def test_marks_are_kept_and_weigh_nothing() -> None:
    marks = ("forwarded:device", "time:reset")

    assert judge(marks) == Verdict(ClickClass.PERSON, marks, 0)


def test_the_score_is_that_of_the_surest_signal() -> None:
    assert judge(["agent:tool"]).score == 90
    assert judge(["agent:tool", "method:head", HOSTING]).score == 100


@given(SIGNALS)
def test_whatever_comes_gets_one_class_and_a_score(signals: Signals) -> None:
    verdict = classify(signals)

    assert 0 <= verdict.score <= 100
    assert (verdict.click_class is ClickClass.PERSON) == (verdict.score < MACHINE_SCORE)


@given(SIGNALS)
def test_head_is_never_a_persons(signals: Signals) -> None:
    assert classify(signals._replace(method="HEAD")).click_class is ClickClass.HEAD


@given(REASONS)
def test_class_and_score_follow_from_the_reasons_alone(reasons: set[str]) -> None:
    verdict = judge(reasons)

    assert judge(reversed(verdict.reasons)) == verdict
    assert 0 <= verdict.score <= 100


@given(SIGNALS, REASONS)
def test_more_reasons_never_make_a_machine_a_person(signals: Signals, more: set[str]) -> None:
    before = classify(signals)
    after = judge((*before.reasons, *more))

    assert after.score >= before.score


def test_signals_do_not_show_whose_they_are() -> None:
    assert ANDROID not in repr(Signals("GET", ANDROID))
