"""What may go wrong in txlink's own terms; no HTTP here.

Each child takes typed facts, builds its own message and carries a stable ``code``.
"""

from typing import ClassVar


class DomainError(Exception):
    """A rule of txlink says no.

    Attributes:
        code: Stable name of the rule, for clients and logs.
        field: The input that is wrong, by its wire name; None where no single input is.
    """

    code: ClassVar[str]
    field: str | None = None

    @property
    def told_code(self) -> str:
        """The code to tell: this rule's, or that of the one for which this error stands."""
        return self.code


class InvalidTokenError(DomainError):
    """The text cannot be a token: another length, or a character of no token."""

    code = "invalid_token"
    field = "token"

    def __init__(self) -> None:
        super().__init__("A token has 6 to 8 characters out of 0-9, A-Z and a-z.")
