"""The public list of crawlers' user agents, which is kept by others and grows each month."""

from functools import cache

from crawleruseragents import CRAWLER_USER_AGENTS_DATA
from ua_parser import Domain, Matchers
from ua_parser.matchers import UserAgentMatcher
from ua_parser.regex import Resolver

# Here the list has the names of apps, which stand in the agents of their browsers, too, and that
# of a browser; machine_agents tells these apart.
AMBIGUOUS = frozenset(("WhatsApp", "Viber", "Sogou", "GoPay"))
UNTAGGED = "crawler"


def find_listed(user_agent: str) -> str:
    """Return what the list has an agent under, such as ``social-preview``; empty if nothing."""
    found = _resolver()(user_agent, Domain.USER_AGENT).user_agent
    return found.family if found else ""


@cache
def _resolver() -> Resolver:
    # All 1,500 patterns at once take 8 µs an agent; the list's own function takes 260.
    matchers: Matchers = (
        [
            UserAgentMatcher(entry["pattern"], (*entry.get("tags", ()), UNTAGGED)[0])
            for entry in CRAWLER_USER_AGENTS_DATA
            if entry["pattern"] not in AMBIGUOUS
        ],
        [],
        [],
    )
    return Resolver(matchers)
