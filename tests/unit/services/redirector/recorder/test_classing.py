"""Requests as phones and machines make them, with all that is known of agents."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.redirector.recorder.agents import read_agent
from services.redirector.recorder.heads import RequestHead
from services.redirector.recorder.signals import read_signals
from shared.domain.clicks import ClickClass, classify

ENGINE = "AppleWebKit/537.36 (KHTML, like Gecko)"
ANDROID = (
    f"Mozilla/5.0 (Linux; Android 14; SM-A546E) {ENGINE} Chrome/124.0.0.0 Mobile Safari/537.36"
)
WEBVIEW = (
    f"Mozilla/5.0 (Linux; Android 14; SM-A546E Build/UP1A; wv) {ENGINE} Version/4.0 "
    "Chrome/124.0.0.0 Mobile Safari/537.36"
)
IPHONE_APP = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Mobile/15E148"
)
WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {ENGINE} Chrome/124.0.0.0 Safari/537.36"
SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.4 Safari/605.1.15"
)
FACEBOOK_APP = (
    "[FBAN/FB4A;FBAV/570.0.0.61.88;FBBV/1;FBDM/{density=3.0,width=1080,height=2340};FBLC/en_IN;"
    "FBPN/com.facebook.katana;FBDV/SM-S921B;FBSV/16;FBCA/arm64-v8a:;]"
)
IMESSAGE = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) "
    "Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0"
)

PERSONS = {
    "Chrome on Android": ANDROID,
    "a phone called CUBOT": ANDROID.replace("SM-A546E", "CUBOT_X30"),
    "a phone that hides its model": ANDROID.replace("Android 14; SM-A546E", "Android 10; K"),
    "Chrome on Windows": WINDOWS,
    "Safari on a Mac or an iPad": SAFARI,
    "Facebook's browser without Mozilla": FACEBOOK_APP,
    "Facebook's browser": f"{WEBVIEW} [FB_IAB/FB4A;FBAV/450.0.0.1;]",
    "Instagram's browser on Android": f"{WEBVIEW} Instagram 300.0.0.1 Android (34/14; samsung)",
    "Instagram's browser on iOS": f"{IPHONE_APP} Instagram 320.0.0.1 (iPhone14,5; iOS 17_4)",
    "WhatsApp's browser on Android": f"{WEBVIEW} WhatsApp/2.24.1.2",
    "WhatsApp's browser on iOS": f"{IPHONE_APP} WhatsApp/2.24.1",
    "Viber's browser": f"{WEBVIEW} Viber/21.0",
    "LINE's browser": f"{IPHONE_APP} Safari Line/14.1.0",
    "Snapchat's browser": f"{IPHONE_APP} Snapchat/12.7.0.35 (like Safari/8616.2.9.10.11, panda)",
    "Pinterest's browser": f"{WEBVIEW} [Pinterest/Android]",
    "Twitter's browser": f"{WEBVIEW} TwitterAndroid",
    "LinkedIn's browser": f"{WEBVIEW} [LinkedInApp]",
    "Telegram's browser": f"{WEBVIEW} Telegram-Android/10.9.1 (Samsung SM-A546E; Android 14)",
    "Slack's browser": f"{WEBVIEW} Slack/24.01",
    "Google's app": f"{IPHONE_APP} GSA/300.0 Safari/604.1",
    "DuckDuckGo's browser": f"{WEBVIEW} DuckDuckGo/5",
    "WeChat's browser": f"{WEBVIEW} MicroMessenger/8.0",
    "TikTok's browser": f"{WEBVIEW} trill_2023 BytedanceWebview/d8a21c6",
    "Samsung's browser": ANDROID.replace("Chrome/", "SamsungBrowser/24.0 Chrome/"),
    "Sogou's browser": f"{WEBVIEW} SogouMobileBrowser/5.28",
    "Truecaller": f"{WEBVIEW} Truecaller/13",
    "UC Browser": f"{WEBVIEW} UCBrowser/13.4",
    "Opera Mini": "Opera/9.80 (Android; Opera Mini/36.2/119.132; U; en) Presto/2.12.423",
    "JioPhone": "Mozilla/5.0 (Mobile; LYF/F220B; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5",
    "a feature phone": "Nokia215/UCWEB8.9 Mozilla/5.0 UNTRUSTED/1.0",
    "a Samsung of 2012": "SAMSUNG-GT-E1282T/1.0 UCWEB/2.0",
}
PREVIEWS = {
    "iMessage": (IMESSAGE, "agent:imessage"),
    "WhatsApp on Android": ("WhatsApp/2.23.20.0 A", "agent:whatsapp"),
    "WhatsApp on iOS": ("WhatsApp/2.23.20.0 i", "agent:whatsapp"),
    "WhatsApp's web": ("WhatsApp/2.2412.54 W", "agent:whatsapp"),
    "WhatsApp of old": ("WhatsApp/2.12.15/i", "agent:whatsapp"),
    "Facebook": (
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "agent:facebook",
    ),
    "Meta's fetcher": ("meta-externalfetcher/1.1", "agent:facebook"),
    "LINE": ("facebookexternalhit/1.1;line-poker/1.0", "agent:line"),
    "Telegram": ("TelegramBot (like TwitterBot)", "agent:telegram"),
    "Slack": ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "agent:slack"),
    "Skype and Teams": (
        "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
        "agent:skype",
    ),
    "Discord": ("Mozilla/5.0 (compatible; Discordbot/2.0)", "agent:discord"),
    "Viber": ("Viber/13.3.0.5", "agent:viber"),
    "Snapchat": ("Mozilla/5.0 (compatible) Snap URL Preview Service; bot", "agent:snapchat"),
    "Google": (f"{WINDOWS} Google-PageRenderer Google", "agent:google-preview"),
    "Bing": (f"Mozilla/5.0 (Windows NT 6.1) {ENGINE} BingPreview/1.0b", "agent:bing-preview"),
    "Outlook on a phone": (
        "Outlook-iOS/711.2620504.prod.iphone (3.34.0)",
        "agent:outlook-preview",
    ),
}
SCANNERS = {
    "a headless browser": (ANDROID.replace(" Chrome", " HeadlessChrome"), "agent:tool"),
    "curl": ("curl/8.5.0", "agent:tool"),
    "Python": ("python-requests/2.32.0", "agent:tool"),
    "an app's own fetch on Android": ("Dalvik/2.1.0 (Linux; U; Android 14)", "agent:tool"),
    "an app's own fetch on iOS": ("Cards/7 CFNetwork/1494.0.7 Darwin/23.4.0", "agent:tool"),
    "okhttp": ("okhttp/4.9.3", "agent:tool"),
    "Outlook's SafeLinks": (f"{WINDOWS} SafeLinks", "agent:microsoft"),
    "Office": ("Mozilla/4.0 (compatible; ms-office; MSOffice rmj)", "agent:microsoft"),
    "Proofpoint": ("Mozilla/5.0 (compatible; Proofpoint URL Defense)", "agent:proofpoint"),
    "Mimecast": ("Mozilla/5.0 (compatible; Mimecast)", "agent:mimecast"),
    "Barracuda": ("Mozilla/5.0 (compatible; Barracuda Sentinel)", "agent:barracuda"),
    "Gmail's image proxy": (
        "Mozilla/5.0 (Windows NT 5.1) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
        "agent:mail-proxy",
    ),
    "a search engine": ("Mozilla/5.0 (compatible; Googlebot/2.1)", "agent:listed"),
    "a crawler of the list": ("Mozilla/5.0 (compatible; AhrefsBot/7.0)", "agent:listed"),
}


def a_head(user_agent: str, *, method: str = "GET", **headers: str) -> RequestHead:
    sent = {"accept": "*/*", "accept-encoding": "gzip", "accept-language": "en-IN"} | headers
    return RequestHead(method, {"user-agent": user_agent} | sent, "")


def classed(head: RequestHead) -> tuple[ClickClass, tuple[str, ...]]:
    user_agent = head.headers["user-agent"]
    verdict = classify(read_signals(head, user_agent, read_agent(user_agent)))
    return verdict.click_class, verdict.reasons


@pytest.mark.parametrize("user_agent", PERSONS.values(), ids=PERSONS)
def test_a_persons_browser_says_nothing_against_its_person(user_agent: str) -> None:
    assert classed(a_head(user_agent)) == (ClickClass.PERSON, ())


@pytest.mark.parametrize("user_agent", PERSONS.values(), ids=PERSONS)
def test_a_person_whose_headers_a_proxy_took_out_stays_a_person(user_agent: str) -> None:
    head = RequestHead("GET", {"user-agent": user_agent}, "")

    assert classed(head)[0] is ClickClass.PERSON


@pytest.mark.parametrize(("user_agent", "reason"), PREVIEWS.values(), ids=PREVIEWS)
def test_who_fetches_a_link_to_show_a_card_is_a_preview(user_agent: str, reason: str) -> None:
    click_class, reasons = classed(a_head(user_agent))

    assert (click_class, reasons[0]) == (ClickClass.PREVIEW, reason)


@pytest.mark.parametrize(("user_agent", "reason"), SCANNERS.values(), ids=SCANNERS)
def test_programs_and_gateways_are_scanners(user_agent: str, reason: str) -> None:
    click_class, reasons = classed(a_head(user_agent))

    assert (click_class, reasons[0]) == (ClickClass.SCANNER, reason)


@pytest.mark.parametrize("user_agent", ["", "   ", "asdf", "-", "My Thing"])
def test_an_agent_that_says_nothing_is_unknown(user_agent: str) -> None:
    assert classed(a_head(user_agent))[0] is ClickClass.UNKNOWN


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sec-purpose", "prefetch"),
        ("sec-purpose", "prefetch;prerender"),
        ("sec-purpose", "prefetch;anonymous-client-ip"),
        ("purpose", "prefetch"),
        ("x-purpose", "preview"),
        ("x-moz", "prefetch"),
    ],
)
def test_a_browser_that_fetches_ahead_is_no_person_yet(name: str, value: str) -> None:
    assert classed(a_head(ANDROID, **{name: value})) == (ClickClass.PREFETCH, ("header:purpose",))


def test_a_head_request_is_no_click_whoever_makes_it() -> None:
    assert classed(a_head(ANDROID, method="HEAD")) == (ClickClass.HEAD, ("method:head",))


@settings(max_examples=100)
@given(st.text(max_size=300), st.sampled_from(["GET", "HEAD"]))
def test_no_agent_is_too_odd_to_be_classed(user_agent: str, method: str) -> None:
    click_class, _ = classed(a_head(user_agent, method=method))

    assert (click_class is ClickClass.HEAD) == (method == "HEAD")


def test_agent_that_may_have_been_cut_away_is_no_empty_one() -> None:
    # As where the query is longer than what the journal keeps of a head.
    bare, agent = RequestHead("GET", {}, ""), read_agent("")

    whole = classify(read_signals(bare, "", agent))
    cut = classify(read_signals(bare, "", agent, is_cut=True))

    assert (whole.click_class, whole.reasons) == (ClickClass.UNKNOWN, ("agent:empty",))
    assert (cut.click_class, cut.reasons, cut.score) == (ClickClass.PERSON, (), 0)


def test_a_data_centre_makes_a_machine_of_a_browser_without_its_headers_only() -> None:
    agent, bare = read_agent(ANDROID), RequestHead("GET", {"user-agent": ANDROID}, "")
    hosting = "Hetzner Online GmbH"

    whole = classify(read_signals(a_head(ANDROID), ANDROID, agent, hosting))
    lacking = classify(read_signals(bare, ANDROID, agent, hosting))

    assert (whole.click_class, whole.reasons) == (ClickClass.PERSON, ("network:hosting",))
    assert lacking.click_class is ClickClass.SCANNER


def test_headers_that_were_cut_off_are_not_missing() -> None:
    bare = RequestHead("GET", {"user-agent": ANDROID}, "")
    signals = read_signals(bare, ANDROID, read_agent(ANDROID), is_cut=True)

    assert classify(signals).reasons == ()


def test_agent_that_is_made_to_take_long_holds_up_nobody() -> None:
    user_agent = "Mac OS X" * 330 + "facebookexternalhit/" * 130 + "x" * 2_700
    head = RequestHead("GET", {"user-agent": user_agent}, "")
    read_agent("")  # which loads its rules

    began_at = time.perf_counter()
    classify(read_signals(head, user_agent, read_agent(user_agent)))

    # It took more than a second.
    assert time.perf_counter() - began_at < 0.2
