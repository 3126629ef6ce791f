"""Put a short link in the place of a message's last link; all other text stays as it is."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from services.api.domain.destination import MAX_LOCATION_OCTETS, to_destination
from services.api.domain.link_errors import (
    DestinationNotPublicError,
    NoLinkError,
    OverlongTextError,
    OwnShortLinkError,
    UnusableHostError,
)
from services.api.domain.link_finding import find_last_link
from shared.domain.destination_hosts import is_public_host, read_host
from shared.domain.segments import MAX_SEGMENTS

SEPTETS_IN_PART = 153
# The longest text that can still be sent: all its segments full, and a link that gives way to a
# short one. What is longer is refused unread, since reading takes time that grows with it.
MAX_BODY_LENGTH = MAX_SEGMENTS * SEPTETS_IN_PART + MAX_LOCATION_OCTETS


@dataclass(frozen=True, slots=True, repr=False)
class Rewrite:
    """A message around the link that is replaced.

    Attributes:
        before: The text up to the link.
        after: The text behind it.
        destination: The link as the sender wrote it; the three joined are the message.
        location: Its form for a ``Location`` header: printable ASCII from ``http`` on.
    """

    before: str
    after: str
    destination: str
    location: str

    def with_link(self, short_link: str) -> str:
        """Return the message with a short link in place of the sender's."""
        return f"{self.before}{short_link}{self.after}"


def refuse_overlong(text: str) -> None:
    """Let pass only what may be short enough once its link is replaced.

    Raises:
        OverlongTextError: It has more than ``MAX_BODY_LENGTH`` code points.
    """
    if len(text) > MAX_BODY_LENGTH:
        raise OverlongTextError(length=len(text), limit=MAX_BODY_LENGTH)


def plan_rewrite(
    text: str, *, short_domains: AbstractSet[str], may_be_private: bool = False
) -> Rewrite:
    """Find the last link of a message and where it leads.

    Args:
        text: The message as the sender wrote it.
        short_domains: The domains of our own short links, in lower case; one that has a port
            stands for its host with any port.
        may_be_private: Whether the last link may lead to a host that is not public.

    Raises:
        OverlongTextError: The text is too long to be read.
        NoLinkError: The text has no link.
        OwnShortLinkError: The last link is on one of ``short_domains``.
        UserinfoError: The last link has a user name before its host.
        UnusableHostError: The last link's host is no valid domain name.
        DestinationNotPublicError: It is one that only some network's own machines reach.
        LinkTooLongError: The last link is too long to redirect to.
    """
    refuse_overlong(text)
    link = find_last_link(text)
    if link is None:
        raise NoLinkError
    destination = to_destination(link.text)
    if destination.host in {domain.partition(":")[0] for domain in short_domains}:
        raise OwnShortLinkError(host=destination.host)
    host = read_host(destination.host)
    if host is None:
        raise UnusableHostError(host=destination.host)
    if not may_be_private and not is_public_host(host):
        raise DestinationNotPublicError(host=destination.host)
    return Rewrite(text[: link.start], text[link.end :], link.text, destination.location)
