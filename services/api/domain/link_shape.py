"""What stands before the token in a short link."""

import re
from enum import StrEnum

from shared.domain.errors import DomainError

_HEADER = re.compile(r"[A-Za-z0-9]{1,15}")
# As long as any, to show what a link will look like; it leads nowhere.
_SAMPLE_TOKEN = "SAlhjSq2"  # noqa: S105


class LinkShape(StrEnum):
    """The path of a short link."""

    TOKEN = "token"  # noqa: S105  https://tx1.in/SAlhjS
    HEADER = "header"  # https://tx1.in/SAMRAT/SAlhjS, as India's rule for DLT sends wants it


class HeaderShapeNeedsSenderIdError(DomainError):
    """A link is to hold the sender ID, and there is none that a path can hold."""

    code = "header_shape_needs_sender_id"
    field = "linkShape"

    def __init__(self, *, sender_id: str) -> None:
        problem = f"is {sender_id[:20]!r}" if sender_id else "is missing"
        super().__init__(
            "linkShape=header puts the sender ID into the link, so it must be 1 to 15 letters"
            f" a-z or digits, but senderId {problem}. Give such a senderId, or linkShape=token."
        )


def link_prefix(shape: LinkShape, *, append_http: bool, short_domain: str, sender_id: str) -> str:
    """Return all of a short link but its token, such as ``https://tx1.in/SAMRAT/``.

    Args:
        shape: Whether the sender ID stands in the path.
        append_http: Whether the link begins with ``https://``.
        short_domain: The host, and port if it has one.
        sender_id: Used in the header shape only.

    Raises:
        HeaderShapeNeedsSenderIdError: The shape is header and the sender ID is not 1 to 15
            ASCII letters or digits.
    """
    host = f"{'https://' if append_http else ''}{short_domain}/"
    if shape is LinkShape.TOKEN:
        return host
    if not can_stand_in_link(sender_id):
        raise HeaderShapeNeedsSenderIdError(sender_id=sender_id)
    return f"{host}{sender_id}/"


def can_stand_in_link(sender_id: str) -> bool:
    """Tell whether links of the header shape can hold a sender ID."""
    return _HEADER.fullmatch(sender_id) is not None


def sample_link(prefix: str, *, token_length: int) -> str:
    """Return what links that begin so look like; it is nobody's."""
    return f"{prefix}{_SAMPLE_TOKEN[:token_length]}"


def shape_of(prefix: str) -> LinkShape:
    """Return the shape of links that begin so, as ``link_prefix`` made it."""
    path = prefix.removeprefix("https://").rstrip("/")
    return LinkShape.HEADER if "/" in path else LinkShape.TOKEN
