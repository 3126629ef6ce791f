"""What a hit was: a person's click, or one of the machines that follow links.

Nothing is dropped for being a machine's; it is kept under another class. Class and score follow
from the reasons alone, and the reasons from values, so that all hits can be classed anew when
the rules get better.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from typing_extensions import override

from shared.domain.machine_agents import MACHINE_AGENTS, AgentKind, agent_reasons
from shared.domain.networks import is_hosting


class ClickClass(StrEnum):
    """What we think a hit was; only ``PERSON`` counts as a click."""

    PERSON = "person"
    PREVIEW = "preview"
    SCANNER = "scanner"
    PREFETCH = "prefetch"
    HEAD = "head"
    UNKNOWN = "unknown"


class Signals(NamedTuple):
    """What one request, looked at alone, tells.

    Attributes:
        method: ``GET`` or ``HEAD``.
        user_agent: As sent; empty if none was.
        purpose: Values of the headers with which browsers mark a prefetch; empty if none.
        has_browser_headers: Whether all of ``BROWSER_HEADERS`` were sent.
        listed_as: What the public list of crawlers has the agent under; empty if it has not.
        is_spider: Whether the user agent parser knows the agent as a crawler.
        is_familiar: Whether the parser found a browser, a system or a device in the agent.
        organisation: Whose network the request came from; empty if that is not known.
        is_cut: Whether headers may be missing because the head was too long to be kept.
    """

    method: str
    user_agent: str
    purpose: str = ""
    has_browser_headers: bool = True
    listed_as: str = ""
    is_spider: bool = False
    is_familiar: bool = True
    organisation: str = ""
    is_cut: bool = False

    @override
    def __repr__(self) -> str:
        return f"Signals(method={self.method!r})"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The class of a hit, and what led there.

    Attributes:
        reasons: The signals that spoke, as ``what:which``, those that decide first.
        score: How sure we are that it was a machine, 0 to 100; a person's is below
            ``MACHINE_SCORE``.
    """

    click_class: ClickClass
    reasons: tuple[str, ...]
    score: int


# What each browser sends with each page that a person opens.
BROWSER_HEADERS = frozenset(("accept", "accept-encoding", "accept-language"))
PREFETCH_PURPOSE = re.compile(r"prefetch|prerender|preview", re.IGNORECASE)

# Signals that persons show, too: the score is their sum, and a machine's only from here on, so
# that none of them decides alone.
MACHINE_SCORE = 70
HOSTING = "network:hosting"
BURST = "sender:burst"
FLOOD = "sender:flood"
EARLY = "time:delivery"
BARE_BROWSER = "headers:missing"
WEAK_SIGNALS = {HOSTING: 45, FLOOD: 55, BURST: 40, EARLY: 25, BARE_BROWSER: 25}

_CLASS_OF_AGENT = {AgentKind.PREVIEW: ClickClass.PREVIEW, AgentKind.SCANNER: ClickClass.SCANNER}
# Signals that decide alone: their class and score. The first that spoke gives the class.
STRONG_SIGNALS = {
    "method:head": (ClickClass.HEAD, 100),
    "header:purpose": (ClickClass.PREFETCH, 100),
    "agent:empty": (ClickClass.UNKNOWN, 80),
    **{f"agent:{row.name}": (_CLASS_OF_AGENT[row.kind], 100) for row in MACHINE_AGENTS},
    "agent:tool": (ClickClass.SCANNER, 90),
    "agent:listed-preview": (ClickClass.PREVIEW, 95),
    "agent:listed": (ClickClass.SCANNER, 90),
    "agent:crawler": (ClickClass.SCANNER, 90),
    "agent:unfamiliar": (ClickClass.UNKNOWN, 75),
}
_ORDER = {reason: rank for rank, reason in enumerate((*STRONG_SIGNALS, *WEAK_SIGNALS))}


def classify(signals: Signals) -> Verdict:
    """Say what a hit was, as far as its request alone tells."""
    return judge(_reasons(signals))


def judge(reasons: Iterable[str]) -> Verdict:
    """Weigh reasons, in any order; those that are no signal are kept and weigh nothing."""
    found = dict.fromkeys(reasons)
    if FLOOD in found:
        found.pop(BURST, None)  # of which it is the greater one
    ordered = tuple(sorted(found, key=lambda reason: (_ORDER.get(reason, len(_ORDER)), reason)))
    strong = [STRONG_SIGNALS[reason] for reason in ordered if reason in STRONG_SIGNALS]
    if strong:
        return Verdict(strong[0][0], ordered, max(score for _, score in strong))
    score = min(sum(WEAK_SIGNALS.get(reason, 0) for reason in ordered), 100)
    is_machine = score >= MACHINE_SCORE
    return Verdict(ClickClass.SCANNER if is_machine else ClickClass.PERSON, ordered, score)


def _reasons(signals: Signals) -> Iterable[str]:
    if signals.method == "HEAD":
        yield "method:head"
    if PREFETCH_PURPOSE.search(signals.purpose):
        yield "header:purpose"
    # Of a head that was cut, the agent may be in what is missing.
    if signals.user_agent or not signals.is_cut:
        yield from agent_reasons(
            signals.user_agent,
            listed_as=signals.listed_as,
            is_spider=signals.is_spider,
            is_familiar=signals.is_familiar,
        )
    if not signals.has_browser_headers and signals.user_agent.startswith("Mozilla/"):
        yield BARE_BROWSER
    if is_hosting(signals.organisation):
        yield HOSTING
