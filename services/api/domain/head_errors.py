"""Requests whose head is larger than any that makes sense; nothing of them is looked at."""

from typing import ClassVar

from shared.domain.errors import DomainError


class TargetTooLongError(DomainError):
    """A path with its query."""

    code: ClassVar[str] = "uri_too_long"
    field = "query"

    def __init__(self, limit_octets: int) -> None:
        super().__init__(
            f"The path with its query is longer than {limit_octets} octets: send the parameters "
            "in the body of a POST"
        )


class HeadersTooLargeError(DomainError):
    """The header fields of a request."""

    code: ClassVar[str] = "headers_too_large"
    field = "headers"

    def __init__(self, limit_octets: int, limit_count: int) -> None:
        super().__init__(
            f"The header is larger than {limit_octets} octets, or has more than {limit_count} "
            "fields: send fewer"
        )
