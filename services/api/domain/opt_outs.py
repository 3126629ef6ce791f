"""Numbers that want nothing more of an account: how they became known, and what they change."""

import unicodedata
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from services.api.domain.errors import InvalidValueError
from shared.domain.errors import DomainError
from shared.domain.recipients import Recipients

OPTED_OUT_MESSAGE = (
    "This number has opted out of what the account sends; only what its owner asked for or has to"
    " know goes to it, with category=transactional."
)
MAX_NOTE = 500


class NotOptedOutError(DomainError):
    """A number that has not opted out of what the account sends."""

    code: ClassVar[str] = "not_opted_out"

    def __init__(self) -> None:
        super().__init__("This number has not opted out of what the account sends")


class SuppressionSource(StrEnum):
    """How an opt-out became known; the word is what the database keeps."""

    API = "api"
    FILE = "file"
    CONSOLE = "console"
    # The number's owner answered a message.
    REPLY = "reply"


@dataclass(frozen=True, slots=True)
class Sorted:
    """Whom a list of numbers still goes to.

    Attributes:
        msisdns: In the order of the list.
        opted_out: Those left out, in the order of the list.
        duplicate_count: How many repeat an earlier one, of those that it goes to or that were
            dropped.
    """

    msisdns: list[int] = field(repr=False)
    opted_out: list[int] = field(repr=False)
    duplicate_count: int


def without_opted_out(
    recipients: Recipients, opted_out: AbstractSet[int], *, drops_duplicates: bool
) -> Sorted:
    """Leave out who opted out."""
    msisdns = recipients.msisdns
    if not opted_out:
        return Sorted(msisdns, [], recipients.duplicate_count)
    kept = [msisdn for msisdn in msisdns if msisdn not in opted_out]
    left_out = [msisdn for msisdn in msisdns if msisdn in opted_out]
    duplicate_count = recipients.duplicate_count
    if not drops_duplicates:
        duplicate_count = len(kept) - len(set(kept))
    return Sorted(kept, left_out, duplicate_count)


def checked_note(note: str) -> str:
    """Return a note without the blanks around it.

    Raises:
        InvalidValueError: It is too long, or holds what no text may.
    """
    text = note.strip()
    if len(text) > MAX_NOTE:
        raise InvalidValueError("note", f"must be at most {MAX_NOTE} characters long")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in text):
        raise InvalidValueError("note", "must hold no line ends or other control characters")
    return text


def first_of(numbers: Sequence[int], *, room: int) -> Sequence[int]:
    """Return as many of the first numbers as there is room for."""
    return numbers[: max(room, 0)]
