"""Secrets and signatures of webhooks, as Standard Webhooks 1.0 has them."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from uuid import UUID

MARK = "whsec_"
SECRET_OCTETS = 32


def make_secret(seed: bytes | None = None) -> bytes:
    """Make a new secret of 256 random bits.

    Args:
        seed: Random octets of which the same secret comes again; None: one that never does.
    """
    seed = seed or secrets.token_bytes(SECRET_OCTETS)
    return hmac.digest(seed, b"webhook, secret", hashlib.sha256)


def make_uuid(seed: bytes | None = None) -> UUID:
    """Make the name of a new webhook.

    Args:
        seed: As of ``make_secret``.
    """
    seed = seed or secrets.token_bytes(SECRET_OCTETS)
    return UUID(bytes=hmac.digest(seed, b"webhook, name", hashlib.sha256)[:16], version=4)


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
