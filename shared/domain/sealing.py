"""Secrets at rest, sealed: encrypted under a key from the environment and bound to their place.

A sealed secret is ``txs1.KEYID.`` and a Fernet token (AES-128-CBC, HMAC-SHA256), all of ASCII. The
id is no secret: it tells which key opens it without trying any. What is sealed has its context
inside, such as ``webhook:17``, so that a row's secret is of no use in another row.
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from typing import Final

from cryptography.fernet import Fernet, InvalidToken
from typing_extensions import override

SETTING: Final = "TXLINK_SECRET_KEYS"
KEY_OCTETS: Final = 32
MARK: Final = b"txs1."
_ID_CHARACTERS = 8
_CONTEXT_END = b"\0"


class SealError(Exception):
    """A sealed secret cannot be had; a fault of the installation and of no caller."""


class UnknownKeyError(SealError):
    """It was sealed under a key that the environment does not name (any more)."""

    def __init__(self, key_id: str, known: Sequence[str], context: str) -> None:
        super().__init__(
            f"The secret of {context} is sealed under the key {key_id}, which is not among those "
            f"of {SETTING} ({', '.join(known)}); add that key behind the first."
        )


class BrokenSealError(SealError):
    """It was changed since it was sealed, or is of no sealed secret's form."""

    def __init__(self, context: str) -> None:
        super().__init__(f"The secret of {context} is damaged, or not sealed by txlink.")


class OtherContextError(SealError):
    """It was sealed for another place; somebody moved it."""

    def __init__(self, context: str) -> None:
        super().__init__(f"The secret of {context} was sealed for another place.")


def make_key() -> str:
    """Make a new key of 256 random bits, as the setting takes it."""
    return Fernet.generate_key().decode()


def is_sealed(kept: bytes) -> bool:
    """Tell a sealed secret from a plain one, as releases before sealing kept it."""
    return kept.startswith(MARK)


def key_id_of(kept: bytes) -> str | None:
    """Return the id of the key that opens a sealed secret; None of a plain one."""
    if not is_sealed(kept):
        return None
    return kept[len(MARK) : len(MARK) + _ID_CHARACTERS].decode("ascii", "replace")


class Sealer:
    """Seals under the first of its keys, and opens what any of them has sealed.

    Args:
        keys: Each 32 octets in base64, of either alphabet.

    Raises:
        ValueError: There is none, or one is not of that form; the message shows none of it.
    """

    __slots__ = ("_current", "_fernets")

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise ValueError("should name a key")
        self._fernets = {_key_id(key): Fernet(key) for key in map(_octets, keys)}
        self._current = next(iter(self._fernets))

    @classmethod
    def of_setting(cls, setting: str) -> "Sealer":
        """Make one of the keys that the setting names, separated by commas.

        Raises:
            ValueError: As the constructor does.
        """
        return cls([key.strip() for key in setting.split(",") if key.strip()])

    @override
    def __repr__(self) -> str:
        return f"Sealer(keys {', '.join(self.key_ids)})"

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of the keys; the first is the one that seals."""
        return tuple(self._fernets)

    def seal(self, secret: bytes, context: str) -> bytes:
        """Seal a secret for one place, such as ``webhook:17``."""
        token = self._fernets[self._current].encrypt(_bound(context) + secret)
        return MARK + self._current.encode() + b"." + token

    def open(self, kept: bytes, context: str) -> bytes:
        """Return the secret that was sealed for this place.

        Raises:
            UnknownKeyError: Under a key that is not among these.
            BrokenSealError: It is plain, damaged or forged.
            OtherContextError: It was sealed for another place.
        """
        key_id = key_id_of(kept)
        if key_id is None:
            raise BrokenSealError(context)
        fernet = self._fernets.get(key_id)
        if fernet is None:
            raise UnknownKeyError(key_id, self.key_ids, context)
        try:
            opened = fernet.decrypt(kept[len(MARK) + _ID_CHARACTERS + 1 :])
        except InvalidToken as error:
            raise BrokenSealError(context) from error
        bound = _bound(context)
        if not opened.startswith(bound):
            raise OtherContextError(context)
        return opened[len(bound) :]

    def open_or_plain(self, kept: bytes, context: str) -> bytes:
        """Return a secret that a release before sealing may have kept plain.

        Raises:
            SealError: It is sealed, and ``open`` refuses it.
        """
        return self.open(kept, context) if is_sealed(kept) else kept

    def is_current(self, kept: bytes) -> bool:
        """Tell whether it is sealed, and under the key that seals now."""
        return key_id_of(kept) == self._current

    def rotate(self, kept: bytes, context: str) -> bytes:
        """Seal anew, under the key that seals now, what is plain or sealed under any key.

        Raises:
            SealError: ``open`` refuses it.
        """
        return self.seal(self.open_or_plain(kept, context), context)


def _octets(key: str) -> bytes:
    # Strictly, since the library passes over what is not of the alphabet.
    try:
        octets = base64.b64decode(key.translate(str.maketrans("-_", "+/")), validate=True)
    except (binascii.Error, ValueError):
        octets = b""
    if len(octets) != KEY_OCTETS:
        raise ValueError(
            f"should be keys of {KEY_OCTETS} octets in base64, such as "
            "`openssl rand -base64 32` makes, separated by commas"
        )
    return base64.urlsafe_b64encode(octets)


def _key_id(key: bytes) -> str:
    # Keys are random, so a hash of one tells nothing of it.
    return hashlib.sha256(b"txlink key id:" + key).hexdigest()[:_ID_CHARACTERS]


def _bound(context: str) -> bytes:
    return context.encode() + _CONTEXT_END
