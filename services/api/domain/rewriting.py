"""Put a short link in the place of a message's last link; all other text stays as it is."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from services.api.domain.destination import to_destination
from services.api.domain.link_errors import NoLinkError, OwnShortLinkError
from services.api.domain.link_finding import find_last_link


@dataclass(frozen=True, slots=True)
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


def plan_rewrite(text: str, *, short_domains: AbstractSet[str]) -> Rewrite:
    """Find the last link of a message and where it leads.

    Args:
        text: The message as the sender wrote it.
        short_domains: The hosts of our own short links, in lower case.

    Raises:
        NoLinkError: The text has no link.
        OwnShortLinkError: The last link is on one of ``short_domains``.
        UserinfoError: The last link has a user name before its host.
        UnusableHostError: The last link's host is no valid domain name.
        LinkTooLongError: The last link is too long to redirect to.
    """
    link = find_last_link(text)
    if link is None:
        raise NoLinkError
    destination = to_destination(link.text)
    if destination.host in short_domains:
        raise OwnShortLinkError(host=destination.host)
    return Rewrite(text[: link.start], text[link.end :], link.text, destination.location)
