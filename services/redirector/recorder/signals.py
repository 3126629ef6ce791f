"""What the rules look at of one request."""

from services.redirector.recorder.agents import Agent
from services.redirector.recorder.heads import RequestHead
from shared.domain.clicks import BROWSER_HEADERS, Signals

PURPOSE_HEADERS = ("sec-purpose", "purpose", "x-purpose", "x-moz")


def read_signals(
    head: RequestHead,
    user_agent: str,
    agent: Agent,
    organisation: str | None = None,
    *,
    is_cut: bool = False,
) -> Signals:
    """Return what a request tells.

    Args:
        head: As it came.
        user_agent: As it names itself.
        agent: How that is read.
        organisation: Whose network it came from; None if that is not known.
        is_cut: Whether headers may be missing because the head was too long to be kept.
    """
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
        is_cut or sent >= BROWSER_HEADERS,
        agent.listed_as,
        agent.is_spider,
        agent.is_familiar,
        organisation or "",
        is_cut,
    )
