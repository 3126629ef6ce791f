"""Classes of hits and their reasons in plain words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.api.console.wording import N_
from shared.domain.clicks import ClickClass
from shared.domain.machine_agents import MACHINE_AGENTS, AgentKind

CLASSES: Final[Mapping[str, str]] = {
    ClickClass.PERSON: N_("A person"),
    ClickClass.PREVIEW: N_("App that shows a preview"),
    ClickClass.SCANNER: N_("Filter, crawler or script"),
    ClickClass.PREFETCH: N_("Browser that loads ahead"),
    ClickClass.HEAD: N_("Check whether the page is there"),
    ClickClass.UNKNOWN: N_("Unknown program"),
}
CLASS_MEANINGS: Final[Mapping[str, str]] = {
    ClickClass.PERSON: N_("Somebody opened the link."),
    ClickClass.PREVIEW: N_(
        "An app such as WhatsApp fetched the page to show a card of it beside the message."
    ),
    ClickClass.SCANNER: N_("A mail or web filter, a crawler or a script looked at the link."),
    ClickClass.PREFETCH: N_("A browser fetched the page in case somebody opens it."),
    ClickClass.HEAD: N_("Something asked whether the page is there, and did not open it."),
    ClickClass.UNKNOWN: N_("The program did not say what it is. Browsers do."),
}
DEVICE_TYPES: Final[Mapping[str, str]] = {
    "mobile": N_("Phone"),
    "tablet": N_("Tablet"),
    "desktop": N_("Computer"),
    "bot": N_("Machine"),
    "unknown": N_("Not known"),
}
REASONS: Final[Mapping[str, str]] = {
    "method:head": N_("It asked only whether the page is there (HEAD)."),
    "header:purpose": N_("The browser itself marked it as loading ahead."),
    "agent:empty": N_("The program gave no name (user agent)."),
    "agent:tool": N_("It was a script, a program library, or a browser run by a script."),
    "agent:listed-preview": N_("The public list of crawlers has the program among previews."),
    "agent:listed": N_("The public list of crawlers has the program."),
    "agent:crawler": N_("The program is known as a crawler."),
    "agent:unfamiliar": N_("No browser, system or device is known by such a name."),
    "network:hosting": N_("It came from a data centre's network, as VPNs do, too."),
    "sender:flood": N_("Its address followed 100 or more recipients' links within ten seconds."),
    "sender:burst": N_("Its address followed 20 or more recipients' links within ten seconds."),
    "time:delivery": N_("It came before the delivery report, or within two seconds of it."),
    "headers:missing": N_("A header was missing that browsers send."),
    "forwarded:device": N_(
        "On another device than the recipient's first click: likely forwarded, or they have two."
    ),
    "forwarded:region": N_(
        "From another region than the recipient's first click: likely forwarded, or they travel."
    ),
    "time:reset": N_("Its time could not be true, and was moved to the nearest that can be."),
}
OF_NO_REASON: Final = N_("It looks like a person's browser in every respect.")
OF_PREVIEW: Final = N_("It gave the name with which %(app)s fetches pages for its previews.")
OF_SCANNER: Final = N_("It gave the name of %(app)s, which looks links over.")
APPS: Final[Mapping[str, str]] = {
    "imessage": "iMessage",
    "whatsapp": "WhatsApp",
    "line": "LINE",
    "facebook": "Facebook, Messenger, Instagram",
    "skype": "Skype, Teams",
    "twitter": "X (Twitter)",
    "linkedin": "LinkedIn",
    "kakao": "KakaoTalk",
    "google-preview": "Google Messages",
    "bing-preview": "Bing",
    "outlook-preview": "Outlook",
    "card": "Reddit, VK, Iframely, Embedly, Mattermost",
    "microsoft": "Microsoft (SafeLinks, Office)",
    "trend-micro": "Trend Micro",
    "mail-proxy": "Gmail, Yahoo Mail",
    "url-checker": "VirusTotal, urlscan.io, PhishTank, Netcraft",
}
_KINDS: Final = {f"agent:{agent.name}": agent for agent in MACHINE_AGENTS}


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason in plain words.

    Attributes:
        text: Marked for the catalogues.
        app: What stands in it for ``%(app)s``; empty if nothing does.
    """

    text: str
    app: str = ""


def reason_of(code: str) -> Reason:
    """Return a reason of a hit's class; one that is not known, as it is."""
    agent = _KINDS.get(code)
    if agent is None:
        return Reason(REASONS.get(code, code))
    text = OF_PREVIEW if agent.kind is AgentKind.PREVIEW else OF_SCANNER
    return Reason(text, APPS.get(agent.name, agent.name.title()))
