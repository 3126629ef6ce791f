"""Secrets and signatures of webhooks, as Standard Webhooks 1.0 has them."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable

MARK = "whsec_"
SECRET_OCTETS = 32


def make_secret() -> bytes:
    """Make a new secret of 256 random bits."""
    return secrets.token_bytes(SECRET_OCTETS)


def secret_text(secret: bytes) -> str:
    """Write a secret as its owner is shown it, once."""
    return MARK + base64.b64encode(secret).decode()


def sign(message_id: str, timestamp_s: int, body: bytes, keys: Iterable[bytes]) -> str:
    """Return the value of the header ``webhook-signature``.

    Args:
        message_id: The value of ``webhook-id``, the same at every attempt.
        timestamp_s: The value of ``webhook-timestamp``: when this attempt is made.
        body: The octets that are sent.
        keys: Secrets; while one takes over from another, both.
    """
    signed = f"{message_id}.{timestamp_s}.".encode() + body
    digests = (hmac.digest(key, signed, hashlib.sha256) for key in keys)
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)
