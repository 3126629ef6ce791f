import pytest

from shared.domain.clicks import ClickClass, Signals, Verdict, classify

ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; SM-A546E) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/124.0.0.0 Mobile Safari/537.36"
)
CUBOT = ANDROID.replace("SM-A546E", "CUBOT_X30")
FACEBOOK_APP = (
    "[FBAN/FB4A;FBAV/570.0.0.61.88;FBBV/1;FBDM/{density=3.0,width=1080,height=2340};FBLC/en_IN;"
    "FBPN/com.facebook.katana;FBDV/SM-S921B;FBSV/16;FBCA/arm64-v8a:;]"
)
MAC = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.4 Safari/605.1.15"
)
IMESSAGE = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) "
    "Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0"
)
FACEBOOK = "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"
HEADLESS = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/124.0.0.0"


@pytest.mark.parametrize(
    ("signals", "click_class", "reasons"),
    [
        (Signals("GET", ANDROID), ClickClass.PERSON, ()),
        (Signals("GET", CUBOT), ClickClass.PERSON, ()),
        (Signals("GET", FACEBOOK_APP), ClickClass.PERSON, ()),
        (Signals("GET", MAC), ClickClass.PERSON, ()),
        (Signals("GET", f"{ANDROID} WhatsApp/2.24.1"), ClickClass.PERSON, ()),
        (Signals("GET", "WhatsApp/2.23.20.0 A"), ClickClass.PREVIEW, ("agent:preview",)),
        (Signals("GET", "WhatsApp/2.23.20.0"), ClickClass.PREVIEW, ("agent:preview",)),
        (Signals("GET", IMESSAGE), ClickClass.PREVIEW, ("agent:preview",)),
        (
            Signals("GET", "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"),
            ClickClass.PREVIEW,
            ("agent:preview",),
        ),
        (Signals("GET", FACEBOOK), ClickClass.PREVIEW, ("agent:preview",)),
        (Signals("GET", "TelegramBot (like TwitterBot)"), ClickClass.PREVIEW, ("agent:preview",)),
        (
            Signals("GET", ANDROID, "prefetch;prerender"),
            ClickClass.PREFETCH,
            ("header:purpose",),
        ),
        (Signals("GET", ANDROID, "Preview"), ClickClass.PREFETCH, ("header:purpose",)),
        (Signals("GET", ""), ClickClass.UNKNOWN, ("agent:empty",)),
        (Signals("GET", "  "), ClickClass.UNKNOWN, ("agent:empty",)),
        (Signals("GET", HEADLESS), ClickClass.SCANNER, ("agent:tool",)),
        (Signals("GET", "curl/8.5.0"), ClickClass.SCANNER, ("agent:tool",)),
        (
            Signals("GET", "Googlebot/2.1", is_spider=True),
            ClickClass.SCANNER,
            ("agent:crawler",),
        ),
        (Signals("HEAD", ANDROID), ClickClass.HEAD, ("method:head",)),
        (
            Signals("HEAD", FACEBOOK, "prefetch", is_spider=True),
            ClickClass.HEAD,
            ("method:head", "header:purpose", "agent:preview", "agent:crawler"),
        ),
    ],
    ids=[
        "Android",
        "a phone called CUBOT",
        "Facebook's own browser",
        "Safari on a Mac",
        "WhatsApp's own browser",
        "WhatsApp's card with platform",
        "WhatsApp's card",
        "iMessage's card",
        "Slack's card",
        "Facebook's card",
        "Telegram's card",
        "prerender",
        "Safari's top sites",
        "no agent",
        "blank agent",
        "headless browser",
        "curl",
        "known crawler",
        "HEAD",
        "many signals",
    ],
)
def test_a_hit_is_classed_by_the_first_signal_and_keeps_all_as_reasons(
    signals: Signals, click_class: ClickClass, reasons: tuple[str, ...]
) -> None:
    verdict = classify(signals)

    assert (verdict.click_class, verdict.reasons) == (click_class, reasons)


def test_the_score_is_that_of_the_surest_signal() -> None:
    assert classify(Signals("GET", "curl/8.5.0")).score == 90
    assert classify(Signals("HEAD", "curl/8.5.0")).score == 100


def test_a_person_has_no_reasons_and_no_score() -> None:
    assert classify(Signals("GET", ANDROID)) == Verdict(ClickClass.PERSON, (), 0)
