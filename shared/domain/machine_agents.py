"""User agents by which machines that follow links name themselves."""

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple


class AgentKind(Enum):
    """What a machine is after: to show a card of the page, or to look it over."""

    PREVIEW = auto()
    SCANNER = auto()


class MachineAgent(NamedTuple):
    """A machine that names itself."""

    name: str
    kind: AgentKind
    pattern: re.Pattern[str]


def _agent(name: str, kind: AgentKind, pattern: str) -> MachineAgent:
    return MachineAgent(name, kind, re.compile(pattern, re.IGNORECASE))


# No pattern may look far from where it begins: visitors write agents, of up to 8 KiB.
# Full names only: CUBOT is a maker of phones. An app's name within a browser's agent, such as
# WhatsApp's, Viber's or Instagram's, is its own browser, with a person in front; alone at the
# start it is the app that fetches.
MACHINE_AGENTS = (
    _agent("imessage", AgentKind.PREVIEW, r"facebookexternalhit/[0-9.]{1,16} Facebot Twitterbot"),
    _agent("whatsapp", AgentKind.PREVIEW, r"^WhatsApp\b"),
    _agent("line", AgentKind.PREVIEW, r"line-poker/|\bLine/[0-9.]{1,16} Preview"),
    _agent(
        "facebook",
        AgentKind.PREVIEW,
        r"facebookexternalhit|facebookcatalog|Facebot|meta-external(?:agent|fetcher)",
    ),
    _agent("telegram", AgentKind.PREVIEW, r"TelegramBot"),
    _agent("slack", AgentKind.PREVIEW, r"Slackbot|Slack-ImgProxy"),
    _agent("skype", AgentKind.PREVIEW, r"SkypeUriPreview|skype-url-preview"),
    _agent("twitter", AgentKind.PREVIEW, r"Twitterbot"),
    _agent("linkedin", AgentKind.PREVIEW, r"LinkedInBot"),
    _agent("discord", AgentKind.PREVIEW, r"Discordbot"),
    _agent("viber", AgentKind.PREVIEW, r"^Viber\b"),
    _agent("kakao", AgentKind.PREVIEW, r"kakaotalk-scrap"),
    _agent("snapchat", AgentKind.PREVIEW, r"Snap ?URL ?Preview"),
    _agent("pinterest", AgentKind.PREVIEW, r"Pinterestbot|pinterest\.com/bot"),
    _agent(
        "google-preview",
        AgentKind.PREVIEW,
        r"Google-PageRenderer|GoogleMessages|/web/snippet/|com\.google\.android\.apps\.messaging",
    ),
    _agent("bing-preview", AgentKind.PREVIEW, r"BingPreview"),
    _agent("outlook-preview", AgentKind.PREVIEW, r"^Outlook-(?:iOS|Android)"),
    _agent("apple", AgentKind.PREVIEW, r"Applebot"),
    _agent("card", AgentKind.PREVIEW, r"redditbot|vkShare|Iframely|Embedly|Mattermost-Bot"),
    # Gateways that open the links of what they let through.
    _agent("microsoft", AgentKind.SCANNER, r"SafeLinks|\bms-office\b|^Microsoft Office\b"),
    _agent("proofpoint", AgentKind.SCANNER, r"proofpoint"),
    _agent("mimecast", AgentKind.SCANNER, r"mimecast"),
    _agent("barracuda", AgentKind.SCANNER, r"barracuda"),
    _agent("cisco", AgentKind.SCANNER, r"CiscoSecureEmail|IronPort|Cisco[- ]?Umbrella"),
    _agent("trend-micro", AgentKind.SCANNER, r"\bTrend ?Micro\b|\bTMES\b|\bTMUFE\b"),
    _agent("symantec", AgentKind.SCANNER, r"MessageLabs|Symantec|Blue ?Coat"),
    _agent("forcepoint", AgentKind.SCANNER, r"Forcepoint|Websense"),
    _agent("fortinet", AgentKind.SCANNER, r"FortiGuard|FortiMail|Fortinet"),
    _agent("mail-proxy", AgentKind.SCANNER, r"GoogleImageProxy|ggpht\.com|YahooMailProxy"),
    _agent("url-checker", AgentKind.SCANNER, r"VirusTotal|urlscan\.io|PhishTank|Netcraft"),
)
# Of a longer agent the start is read: patterns take time by the cube of what is made to last, and
# a hit whose agent takes seconds holds up everybody's. Phones' longest are half as long.
READ_LENGTH = 1_024
# Programs without a person in front: libraries, command lines, browsers run by scripts.
TOOL_AGENT = re.compile(
    r"^(?:curl|libcurl|wget|python|aiohttp|go-http-client|java|jakarta|apache-httpclient|dalvik|"
    r"libwww-perl|lwp|php|guzzlehttp|ruby|faraday|node|undici|got|node-fetch|axios|okhttp|httpie|"
    r"postmanruntime|insomnia|restsharp|winhttp|scrapy)\b|"
    r"HeadlessChrome|PhantomJS|Lighthouse|Puppeteer|Playwright|PowerShell/|\bCFNetwork/",
    re.IGNORECASE,
)
# Apps' own browsers that say so and nothing else; persons use them.
APP_BROWSER = re.compile(r"Mozilla/|Opera/|\[FB(?:AN|_IAB)/", re.IGNORECASE)
LISTED_PREVIEW = "social-preview"


def agent_reasons(
    user_agent: str, *, listed_as: str, is_spider: bool, is_familiar: bool
) -> Iterator[str]:
    """Yield what a user agent tells against its being a person's.

    Args:
        user_agent: As sent; empty if none was.
        listed_as: What the public list of crawlers has it under; empty if it has not.
        is_spider: Whether the user agent parser knows it as a crawler.
        is_familiar: Whether the parser found a browser, a system or a device in it.
    """
    user_agent = user_agent[:READ_LENGTH]
    if not user_agent.strip():
        yield "agent:empty"
        return
    named = [agent.name for agent in MACHINE_AGENTS if agent.pattern.search(user_agent)]
    if named:
        yield f"agent:{named[0]}"
    is_tool = TOOL_AGENT.search(user_agent) is not None
    if is_tool:
        yield "agent:tool"
    if listed_as:
        yield "agent:listed-preview" if listed_as == LISTED_PREVIEW else "agent:listed"
    if is_spider:
        yield "agent:crawler"
    is_known = named or is_tool or listed_as or is_spider or is_familiar
    if not is_known and not APP_BROWSER.search(user_agent):
        yield "agent:unfamiliar"
