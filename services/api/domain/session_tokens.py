"""What a session's cookie holds, and when it is exchanged."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

TOKEN_OCTETS: Final = 32
# Of a token that came with a request; ours has 43.
MAX_TOKEN_LENGTH: Final = 100
ROTATED_AFTER: Final = timedelta(minutes=15)
# For requests that were under way with the token before.
GRACE: Final = timedelta(seconds=60)
NOTED_AFTER: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SessionAge:
    """How old what a session has is.

    Attributes:
        is_current: Whether the request showed the token that was made last, and not that before.
        rotated: Since that was made.
        seen: Since the session was noted to be in use.
        awaits_first_use: Whether the token made last has not been seen yet.
    """

    is_current: bool
    rotated: timedelta
    seen: timedelta
    awaits_first_use: bool


@dataclass(frozen=True, slots=True)
class SessionSteps:
    """What is to be done about a session that is in use."""

    rotate: bool
    begin_grace: bool
    note: bool

    def __bool__(self) -> bool:
        return self.rotate or self.begin_grace or self.note


def make_token() -> str:
    """Make what a cookie, or a page, is to show: 256 random bits."""
    return secrets.token_urlsafe(TOKEN_OCTETS)


def digest(token: str) -> bytes:
    """Return what is kept of a cookie's token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def is_same(given: str, kept: str) -> bool:
    """Tell, in constant time, whether a page's token is the session's."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), kept.encode())


def steps_of(age: SessionAge) -> SessionSteps:
    """Return what is due.

    A token takes over from the one before once it has come with a request: an answer that never
    arrived leaves the browser with the old one, which then gets another.
    """
    if age.is_current:
        rotate = age.rotated >= ROTATED_AFTER and not age.awaits_first_use
        return SessionSteps(rotate, age.awaits_first_use, age.seen >= NOTED_AFTER)
    lost = age.awaits_first_use and age.rotated >= GRACE
    return SessionSteps(lost, begin_grace=False, note=age.seen >= NOTED_AFTER)
