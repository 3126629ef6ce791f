"""Roles of users, what each may do, and the two kinds of users."""

from enum import StrEnum
from typing import Final

# Files of whole reports: lists of numbers that leave the house at once.
EXPORT: Final = "export"
# Keys know no ``export``: one that may read reports may fetch them whole, as it always might.
IMPLIED: Final = {"report": EXPORT}
ROLE_SCOPES: Final = {
    "owner": frozenset({"send", "otp", "report", EXPORT, "admin"}),
    "sender": frozenset({"send", "otp", "report", EXPORT}),
    "analyst": frozenset({"report", EXPORT}),
    "read-only": frozenset({"report"}),
}
OWNER: Final = "owner"


class UserKind(StrEnum):
    """How a user is let in; the word is what the database keeps."""

    # By userId and password on each call, as old clients do, and not otherwise.
    API = "api"
    # By signing in to a session, and not otherwise.
    CONSOLE = "console"


def with_implied(scopes: frozenset[str]) -> frozenset[str]:
    """Return what a key of these scopes may do."""
    return scopes | {implied for scope, implied in IMPLIED.items() if scope in scopes}


def may_grant(scopes: frozenset[str], role: str) -> bool:
    """Tell whether whoever has these scopes may do all that a role may, and so may give it."""
    return ROLE_SCOPES[role] <= scopes
