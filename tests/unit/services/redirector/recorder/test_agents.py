import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.redirector.recorder.agents import Agent, read_agent

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0"
SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4"
MOBILE_SAFARI = "Mobile/15E148 Safari/604.1"


@pytest.mark.parametrize(
    ("user_agent", "expected"),
    [
        (
            f"Mozilla/5.0 (Linux; Android 14; SM-A546E) {CHROME} Mobile Safari/537.36",
            Agent(
                "Chrome Mobile",
                "124.0.0.0",
                "Android",
                "14",
                "mobile",
                "Samsung SM-A546E",
                is_spider=False,
            ),
        ),
        (
            f"Mozilla/5.0 (Linux; Android 10; K) {CHROME} Mobile Safari/537.36",
            Agent("Chrome Mobile", "124.0.0.0", "Android", "10", "mobile", None, is_spider=False),
        ),
        (
            f"Mozilla/5.0 (Linux; Android 14; SM-X910) {CHROME} Safari/537.36",
            Agent("Chrome", "124.0.0.0", "Android", "14", "tablet", "SM-X910", is_spider=False),
        ),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) {SAFARI} {MOBILE_SAFARI}",
            Agent("Mobile Safari", "17.4", "iOS", "17.4", "mobile", "iPhone", is_spider=False),
        ),
        (
            f"Mozilla/5.0 (iPad; CPU OS 17_4 like Mac OS X) {SAFARI} {MOBILE_SAFARI}",
            Agent("Mobile Safari", "17.4", "iOS", "17.4", "tablet", "iPad", is_spider=False),
        ),
        (
            f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {SAFARI} Safari/605.1.15",
            Agent("Safari", "17.4", "Mac OS X", "10.15.7", "desktop", "Mac", is_spider=False),
        ),
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36",
            Agent("Chrome", "124.0.0.0", "Windows", "10", "desktop", None, is_spider=False),
        ),
        (
            "Opera/9.80 (J2ME/MIDP; Opera Mini/7.1.32052/29.3709; U; en) Presto/2.8.119",
            Agent(
                "Opera Mini",
                "7.1.32052",
                None,
                None,
                "mobile",
                "Generic Feature Phone",
                is_spider=False,
            ),
        ),
        (
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            Agent(
                "Googlebot",
                "2.1",
                None,
                None,
                "bot",
                None,
                is_spider=True,
                listed_as="search-engine",
            ),
        ),
        (
            "[FBAN/FB4A;FBAV/570.0.0.61.88;FBPN/com.facebook.katana;FBDV/SM-S921B;FBSV/16]",
            Agent("Facebook", "570.0.0", None, None, "mobile", None, is_spider=False),
        ),
        (
            "",
            Agent(None, None, None, None, "unknown", None, is_spider=False, is_familiar=False),
        ),
    ],
    ids=[
        "Android phone",
        "Android phone that hides its model",
        "Android tablet",
        "iPhone",
        "iPad",
        "Mac, or an iPad that says so",
        "Windows",
        "feature phone",
        "crawler",
        "Facebook's own browser",
        "none",
    ],
)
def test_an_agent_is_read_as_far_as_it_says(user_agent: str, expected: Agent) -> None:
    assert read_agent(user_agent) == expected


@settings(max_examples=100)
@given(st.text(max_size=200))
def test_no_agent_is_too_odd_to_be_read(user_agent: str) -> None:
    assert read_agent(user_agent).device_type in {"mobile", "tablet", "desktop", "bot", "unknown"}
