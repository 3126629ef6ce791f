"""What a hit was: a person's click, or one of the machines that follow links.

Nothing is dropped for being a machine's; it is kept under another class. The rules see values
only, so that all hits can be classed anew when the rules get better.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class ClickClass(StrEnum):
    """What we think a hit was; only ``PERSON`` counts as a click."""

    PERSON = "person"
    PREVIEW = "preview"
    SCANNER = "scanner"
    PREFETCH = "prefetch"
    HEAD = "head"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Signals:
    """What the rules look at.

    Attributes:
        method: ``GET`` or ``HEAD``.
        user_agent: As sent; empty if none was.
        purpose: Values of the headers with which browsers mark a prefetch; empty if none.
        is_spider: Whether the user agent parser knows the agent as a crawler.
    """

    method: str
    user_agent: str
    purpose: str = ""
    is_spider: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """The class of a hit, and what led there.

    Attributes:
        reasons: The signals that spoke for a machine, as ``what:which``; none for a person.
        score: How sure we are that it was a machine, 0 to 100.
    """

    click_class: ClickClass
    reasons: tuple[str, ...]
    score: int


# Programs that fetch a link to show a card of it beside the message. Full names only: CUBOT is
# a maker of phones.
PREVIEW_AGENT = re.compile(
    r"^WhatsApp/[\d.]+ [AiWN]\b|^WhatsApp/[\d.]+$|facebookexternalhit|facebookcatalog|Facebot|"
    r"Twitterbot|TelegramBot|Slackbot|Slack-ImgProxy|Discordbot|LinkedInBot|SkypeUriPreview|"
    r"redditbot|vkShare|Iframely|Embedly|Google-PageRenderer|BingPreview|Pinterestbot|"
    r"Snap URL Preview|Viber/|Line/\S+ Preview|Applebot",
    re.IGNORECASE,
)
# Programs without a person in front: libraries, command lines, browsers run by scripts.
TOOL_AGENT = re.compile(
    r"^(?:curl|wget|python-\w+|python-urllib|aiohttp|go-http-client|java|apache-httpclient|"
    r"libwww-perl|node-fetch|axios|okhttp|postmanruntime|scrapy)\b|"
    r"HeadlessChrome|PhantomJS|Lighthouse",
    re.IGNORECASE,
)
PREFETCH_PURPOSE = re.compile(r"prefetch|prerender|preview", re.IGNORECASE)


def classify(signals: Signals) -> Verdict:
    """Say what a hit was; the first rule that speaks gives the class, all give reasons."""
    rules = [
        (signals.method == "HEAD", ClickClass.HEAD, "method:head", 100),
        (
            PREFETCH_PURPOSE.search(signals.purpose) is not None,
            ClickClass.PREFETCH,
            "header:purpose",
            100,
        ),
        (not signals.user_agent.strip(), ClickClass.UNKNOWN, "agent:empty", 80),
        (
            PREVIEW_AGENT.search(signals.user_agent) is not None,
            ClickClass.PREVIEW,
            "agent:preview",
            100,
        ),
        (
            TOOL_AGENT.search(signals.user_agent) is not None,
            ClickClass.SCANNER,
            "agent:tool",
            90,
        ),
        (signals.is_spider, ClickClass.SCANNER, "agent:crawler", 90),
    ]
    spoken = [(click_class, reason, score) for holds, click_class, reason, score in rules if holds]
    if not spoken:
        return Verdict(ClickClass.PERSON, (), 0)
    reasons = tuple(reason for _, reason, _ in spoken)
    return Verdict(spoken[0][0], reasons, max(score for _, _, score in spoken))
