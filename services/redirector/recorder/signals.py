"""What the rules look at of one request."""

from services.redirector.recorder.agents import Agent
from services.redirector.recorder.heads import RequestHead
from shared.domain.clicks import BROWSER_HEADERS, Signals

PURPOSE_HEADERS = ("sec-purpose", "purpose", "x-purpose", "x-moz")


def read_signals(head: RequestHead, user_agent: str, agent: Agent) -> Signals:
    """Return the signals of a request with its user agent, as sent and as read."""
    headers = head.headers
    sent = headers.keys()
    purpose = (
        ""
        if sent.isdisjoint(PURPOSE_HEADERS)
        else ",".join([headers[name] for name in PURPOSE_HEADERS if name in headers])
    )
    return Signals(
        head.method,
        user_agent,
        purpose,
        sent >= BROWSER_HEADERS,
        agent.listed_as,
        agent.is_spider,
        agent.is_familiar,
    )
