"""What the rules look at of one request."""

from services.redirector.recorder.agents import Agent
from services.redirector.recorder.heads import RequestHead
from shared.domain.clicks import BROWSER_HEADERS, Signals

PURPOSE_HEADERS = ("sec-purpose", "purpose", "x-purpose", "x-moz")


def read_signals(head: RequestHead, user_agent: str, agent: Agent) -> Signals:
    """Return the signals of a request with its user agent, as sent and as read."""
    headers = head.headers
    return Signals(
        head.method,
        user_agent,
        ",".join([headers[name] for name in PURPOSE_HEADERS if name in headers]),
        has_browser_headers=headers.keys() >= BROWSER_HEADERS,
        listed_as=agent.listed_as,
        is_spider=agent.is_spider,
        is_familiar=agent.is_familiar,
    )
