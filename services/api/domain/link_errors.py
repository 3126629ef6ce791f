"""Why the link of a message cannot be tracked."""

from shared.domain.errors import DomainError


class OverlongTextError(DomainError):
    """The message is so long that it is not even searched for a link."""

    code = "msg_too_long"
    field = "msg"

    def __init__(self, *, length: int, limit: int) -> None:
        super().__init__(
            f"msg is {length} characters long; at most {limit} are read, which is more than"
            " any message with its link needs. Shorten the text."
        )


class NoLinkError(DomainError):
    """The message has no link."""

    code = "no_link"
    field = "msg"

    def __init__(self) -> None:
        super().__init__(
            "msg has no link to track. Put one in, like https://www.example.com/offer;"
            " a send without one needs trackLink=false."
        )


class OwnShortLinkError(DomainError):
    """The last link of the message is a short link already."""

    code = "own_short_link"
    field = "msg"

    def __init__(self, *, host: str) -> None:
        super().__init__(
            f"The last link in msg is on {host}, which is a short domain of ours, so it is left"
            " as it is. Put the link that it leads to; a send that keeps it needs trackLink=false."
        )


class UserinfoError(DomainError):
    """The last link of the message carries a user name or password."""

    code = "userinfo_in_link"
    field = "msg"

    def __init__(self, *, host: str) -> None:
        # The link itself is not quoted: answers are logged, and it has a password in it.
        super().__init__(
            f"The last link in msg, to {host}, has a user name or password before its host."
            " Every recipient could read it: put a link without one."
        )


class UnusableHostError(DomainError):
    """The last link of the message names a host or port that no browser takes."""

    code = "unusable_host"
    field = "msg"

    def __init__(self, *, host: str) -> None:
        super().__init__(
            f"The last link in msg names the host {host!r}, which is no valid domain name or has"
            " a port beyond 65535. Correct it, or write the name in its xn-- form."
        )


class DestinationNotPublicError(DomainError):
    """The last link of the message leads where only some network's own machines get to."""

    code = "destination_not_public"
    field = "msg"

    def __init__(self, *, host: str) -> None:
        super().__init__(
            f"The last link in msg leads to {host}, which recipients cannot reach: it is no public"
            " name or address. Put a link that opens everywhere."
        )


class LinkTooLongError(DomainError):
    """The last link of the message is longer than what browsers and proxies carry."""

    code = "link_too_long"
    field = "msg"

    def __init__(self, *, octets: int, limit: int) -> None:
        super().__init__(
            f"The last link in msg is {octets} octets long; at most {limit} can be followed."
            " Put a shorter link."
        )
