"""Second factors: codes of an authenticator (TOTP, RFC 6238), and codes for when it is lost."""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Final

import pyotp

ISSUER: Final = "txlink"
STEP_S: Final = 30
# RFC 4226 §4 asks for 128 bits at least, and recommends these.
SEED_OCTETS: Final = 20
RECOVERY_CODE_COUNT: Final = 10
_RECOVERY_OCTETS: Final = 10
_GROUP: Final = 4
_DIGITS: Final = 6


def make_seed() -> bytes:
    """Make a new secret, to be shared with an authenticator once."""
    return secrets.token_bytes(SEED_OCTETS)


def seed_text(seed: bytes) -> str:
    """Write a secret as people type it into an authenticator."""
    return base64.b32encode(seed).decode()


def otpauth_url(seed: bytes, login: str) -> str:
    """Return what an authenticator reads from a QR code."""
    return _totp(seed).provisioning_uri(name=login, issuer_name=ISSUER)


def find_step(seed: bytes, code: str, *, now: datetime, last_step: int | None) -> int | None:
    """Return the step whose code this is; None if it is wrong, or was taken before.

    Args:
        seed: The shared secret.
        code: As it was typed.
        now: The authenticator's clock may be a step before or behind it.
        last_step: The last that was taken: neither it nor any before it is taken again.
    """
    given = "".join(code.split()).encode("utf-8", "replace")
    step = int(now.timestamp()) // STEP_S
    totp = _totp(seed)
    found = None
    for candidate in (step - 1, step, step + 1):
        is_it = hmac.compare_digest(totp.generate_otp(candidate).encode(), given)
        if is_it and (last_step is None or candidate > last_step):
            found = candidate
    return found


def make_recovery_codes() -> list[str]:
    """Make codes that stand in for an authenticator, each once."""
    return [_recovery_code() for _ in range(RECOVERY_CODE_COUNT)]


def recovery_digest(code: str) -> bytes:
    """Return what is kept of a recovery code. It has 80 random bits, so it wants no slow hash."""
    plain = "".join(character for character in code.casefold() if character.isalnum())
    return hashlib.sha256(plain.encode("utf-8", "replace")).digest()


def _recovery_code() -> str:
    text = base64.b32encode(secrets.token_bytes(_RECOVERY_OCTETS)).decode().lower()
    return "-".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))


def _totp(seed: bytes) -> pyotp.TOTP:
    return pyotp.TOTP(seed_text(seed), digits=_DIGITS, interval=STEP_S)
