"""API keys: ``txk_`` + a prefix that may be shown + ``_`` + a secret that may not."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final

# What a key may be good for: sends, one-time passwords, reports, setting up the account.
KEY_SCOPES: Final = frozenset({"send", "otp", "report", "admin"})
MARK = "txk"
PREFIX_LENGTH = 12
SECRET_OCTETS = 32


@dataclass(frozen=True, slots=True, repr=False)
class NewKey:
    """A key just made; its text is shown once and never kept."""

    text: str
    prefix: str
    secret_sha256: bytes


def make_key() -> NewKey:
    """Make a new key with 256 random bits of secret."""
    prefix = secrets.token_hex(PREFIX_LENGTH // 2)
    secret = secrets.token_urlsafe(SECRET_OCTETS)
    return NewKey(f"{MARK}_{prefix}_{secret}", prefix, digest(secret))


def split_key(text: str) -> tuple[str, str] | None:
    """Split a key into prefix and secret; None if it is not of a key's shape."""
    mark, _, rest = text.strip().partition("_")
    prefix, separator, secret = rest.partition("_")
    if mark != MARK or not separator or len(prefix) != PREFIX_LENGTH or not secret:
        return None
    return prefix, secret


def digest(secret: str) -> bytes:
    """Return what is kept of a secret. It has 256 random bits, so it wants no slow hash."""
    return hashlib.sha256(secret.encode()).digest()


def matches(secret: str, secret_sha256: bytes) -> bool:
    """Tell, in constant time, whether a secret is the one kept."""
    return hmac.compare_digest(digest(secret), secret_sha256)
