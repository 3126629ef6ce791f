"""Which passwords users may have, after NIST SP 800-63B §5.1.1.2: long ones, of any characters."""

import unicodedata
from typing import ClassVar, Final

from services.api.domain.common_passwords import is_common
from services.api.domain.errors import FieldError

MIN_LENGTH: Final = 12
MAX_LENGTH: Final = 128
# Looked at first, so that nothing long is worked on.
MAX_OCTETS: Final = 512
# A name shorter than this is in many a good password by chance.
_SHORTEST_NAME: Final = 4
# What must be left of a password beside names that everybody knows.
_LEFT: Final = 8


class PasswordRefusedError(FieldError):
    """A password that is soon guessed, or too long to be taken."""

    code: ClassVar[str] = "password_refused"

    def __init__(self, wanted: str, field: str = "password") -> None:
        super().__init__(field, f"{field} {wanted}")


def normalised(password: str) -> str:
    """Return a password as it is hashed: whichever way its letters are composed, in one."""
    return unicodedata.normalize("NFC", password)


def checked_password(
    password: str, *, login: str, account_name: str, field: str = "password"
) -> str:
    """Return a password that somebody wants to have, as it is hashed.

    Args:
        password: As it was typed.
        login: Of the user.
        account_name: Of their account.
        field: What the caller calls it.

    Raises:
        PasswordRefusedError: It is too short or too long, or guessed soon.
    """
    try:
        octet_count = len(password.encode())
    except UnicodeEncodeError:
        raise PasswordRefusedError("must be text: it has half a character", field) from None
    if octet_count > MAX_OCTETS:
        raise PasswordRefusedError(f"must have at most {MAX_OCTETS} octets of UTF-8", field)
    password = normalised(password)
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        wanted = f"must have {MIN_LENGTH} to {MAX_LENGTH} characters, of any kind"
        raise PasswordRefusedError(wanted, field)
    if is_common(password):
        raise PasswordRefusedError("is among the first that are guessed: take another", field)
    if _is_made_of_names(password.casefold(), (login.casefold(), account_name.casefold())):
        wanted = "must be more than the login or the account's name: take another"
        raise PasswordRefusedError(wanted, field)
    return password


def _is_made_of_names(password: str, names: tuple[str, ...]) -> bool:
    left = password
    for name in sorted(names, key=len, reverse=True):
        if len(name) >= _SHORTEST_NAME:
            left = left.replace(name, "")
    return left != password and len(left) < _LEFT
