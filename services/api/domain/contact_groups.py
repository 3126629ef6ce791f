"""Contact groups: what they may be called, and what their contacts may hold."""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import ClassVar
from uuid import UUID

from services.api.domain.column_names import column_key
from services.api.domain.errors import FieldError, InvalidValueError
from shared.domain.errors import DomainError

MAX_GROUPS = 1_000
MAX_GROUPS_OF_SEND = 50
MAX_NAME = 100
MAX_COLUMNS = 50
MAX_COLUMN_NAME = 100
MAX_VALUE = 1_000
# What a contact that has a longer value is rejected for.
VALUE_TOO_LONG = "value_too_long"
VALUE_TOO_LONG_MESSAGE = f"A column of the row holds more than {MAX_VALUE:,} characters: cut it."
# They are the number itself, in texts.
NUMBER_KEYS = frozenset({"mobile", "phone"})


class UnknownGroupError(FieldError):
    """A send to a contact group that the account does not have."""

    code: ClassVar[str] = "unknown_group"

    def __init__(self, asked: str) -> None:
        super().__init__(
            "group",
            f"group {asked[:40]!r} is no contact group of this account: give a group's name or id",
        )


class EmptyGroupError(FieldError):
    """A send to contact groups that hold nobody."""

    code: ClassVar[str] = "empty_group"

    def __init__(self) -> None:
        super().__init__("group", "group holds no contact: add some, or give another")


class GroupNameTakenError(FieldError):
    """A name that another contact group of the account has."""

    code: ClassVar[str] = "group_name_taken"

    def __init__(self, name: str) -> None:
        super().__init__(
            "name", f"name {name[:40]!r} is another contact group's, in letters of any case"
        )


class TooManyGroupsError(DomainError):
    """An account has as many contact groups as it may."""

    code: ClassVar[str] = "too_many_groups"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The account has {limit} contact groups, which is the most: delete one")


class TooManyContactsError(DomainError):
    """A contact group would hold more contacts than one send may go to."""

    code: ClassVar[str] = "too_many_contacts"

    def __init__(self, limit: int) -> None:
        super().__init__(f"A contact group holds at most {limit} contacts: make another")


class GroupBusyError(DomainError):
    """A contact group that is being changed by another call."""

    code: ClassVar[str] = "group_busy"

    def __init__(self) -> None:
        super().__init__("The contact group is being changed by another call: try again after it")


def checked_name(name: str) -> str:
    """Return a group's name with single blanks.

    Raises:
        InvalidValueError: It is blank or too long, could not be told from several names or from
            an id, or holds what no text may.
    """
    text = " ".join(name.split())
    if not 1 <= len(text) <= MAX_NAME:
        raise InvalidValueError("name", f"must be 1 to {MAX_NAME} characters long")
    if "," in text:
        raise InvalidValueError("name", "must hold no comma, which separates names in a send")
    if not is_storable(text):
        raise InvalidValueError("name", "must hold no control characters")
    if to_uuid(text) is not None:
        raise InvalidValueError("name", "must not look like an id")
    return text


def is_storable(text: str, *, allowed: str = "") -> bool:
    """Tell whether a text has neither control characters nor halves of surrogate pairs.

    Args:
        text: What is to be kept.
        allowed: Control characters that it may have.
    """
    return all(
        character in allowed or unicodedata.category(character) not in {"Cc", "Cs"}
        for character in text
    )


def folded_name(name: str) -> str:
    """Return a group's name as it is compared: without case, and with single blanks."""
    return unicodedata.normalize("NFC", " ".join(name.split()).casefold())


def to_uuid(text: str) -> UUID | None:
    """Read an id; None if a text is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


class ContactColumns:
    """The columns of a group, each in the spelling in which it first came.

    Args:
        names: Those that the group has.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = {column_key(name): name for name in names}

    @property
    def names(self) -> list[str]:
        """In the order in which they came."""
        return list(self._names.values())

    def add(self, name: str) -> str:
        """Add a column that the group has not yet, and return its name as the group has it.

        Raises:
            InvalidValueError: The name cannot be a column's, or they are too many.
        """
        text = " ".join(name.split())
        key = column_key(text)
        if key in self._names:
            return self._names[key]
        if key in NUMBER_KEYS:
            raise InvalidValueError("columns", f"must have none called {text!r}: it is the number")
        if not 1 <= len(text) <= MAX_COLUMN_NAME or not is_storable(text):
            wanted = f"must have names of 1 to {MAX_COLUMN_NAME} characters, and none of control"
            raise InvalidValueError("columns", wanted)
        if len(self._names) == MAX_COLUMNS:
            raise InvalidValueError("columns", f"must be at most {MAX_COLUMNS} in a group")
        self._names[key] = text
        return text


def kept_values(names: Sequence[str], values: Sequence[str]) -> dict[str, str] | None:
    """Return what a contact keeps of its row, which is what is not blank.

    Args:
        names: Of the columns, as the group has them.
        values: Of the row, one a column.

    Returns:
        None where a value is too long.
    """
    kept = {name: value for name, value in zip(names, values, strict=True) if value.strip()}
    return kept if all(len(value) <= MAX_VALUE for value in kept.values()) else None
