"""Where links that are out, or over, are to lead from now on: by the rules of a send's URL."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from types import MappingProxyType

from typing_extensions import override

from services.api.domain.link_errors import (
    DestinationNotPublicError,
    LinkTooLongError,
    NoLinkError,
    OverlongTextError,
    OwnShortLinkError,
    UnusableHostError,
    UserinfoError,
)
from services.api.domain.rewriting import Rewrite, plan_rewrite
from shared.domain.errors import DomainError

_WANTED = "must be one whole web link, such as https://www.example.com/offer"
_WHY: Mapping[type[DomainError], str] = MappingProxyType(
    {
        NoLinkError: _WANTED,
        OverlongTextError: "is too long: put a shorter link",
        LinkTooLongError: "is too long to be followed: put a shorter link",
        OwnShortLinkError: "is on a short domain of ours: put the link that it leads to",
        UserinfoError: "has a user name or password before its host: put a link without one",
        UnusableHostError: "has no valid host, or a port beyond 65535: correct it",
        DestinationNotPublicError: "leads where only some network's own machines get to: put a"
        " public link",
    }
)


class DestinationRefusedError(DomainError):
    """A URL that no send would take; the told code is that of the send's refusal."""

    code = "destination_refused"

    def __init__(self, reason: DomainError, field: str = "destination") -> None:
        self.reason = reason
        self.field = field
        super().__init__(f"{field} {_WHY[type(reason)]}")

    @property
    @override
    def told_code(self) -> str:
        return self.reason.told_code


class SeveralDestinationsError(DomainError):
    """Each link leads to a place of its own, so there is not one to be changed."""

    code = "several_destinations"
    field = "destination"

    def __init__(self) -> None:
        super().__init__(
            "destination cannot be changed: the texts of this campaign are personal, and their"
            " links lead to several places; paused, expires_at and query_mode can be"
        )


def read_destination(
    link: str,
    *,
    before: str,
    after: str,
    short_domains: AbstractSet[str],
    may_be_private: bool = False,
    field: str = "destination",
) -> Rewrite:
    """Read a link that takes the place of the one in a text.

    Args:
        link: As a sender writes it.
        before: The text up to it; it has to be found there again if the campaign is sent anew.
        after: The text behind it.
        short_domains: As ``plan_rewrite`` has them.
        may_be_private: The same.
        field: What the caller calls the link.

    Raises:
        DestinationRefusedError: It is no link, only a part of it is, or no send would take it.
    """
    try:
        rewrite = plan_rewrite(
            f"{before}{link}{after}", short_domains=short_domains, may_be_private=may_be_private
        )
    except DomainError as error:
        raise DestinationRefusedError(error, field) from error
    if (rewrite.before, rewrite.after) != (before, after):
        raise DestinationRefusedError(NoLinkError(), field)
    return rewrite
