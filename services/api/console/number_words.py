"""What the console says of numbers: why one is refused, how an opt-out came."""

from collections.abc import Mapping
from typing import Final

from services.api.console.wording import N_, refusal_text
from services.api.console.wrong_fields import Wrong
from services.api.domain.contact_groups import VALUE_TOO_LONG
from services.api.domain.errors import InvalidValueError, MissingFieldError
from services.api.domain.sheet_numbers import CELL_ERROR, SCIENTIFIC_NOTATION
from services.api.schemas.file_bodies import FILE_FIELD
from shared.domain.errors import DomainError
from shared.domain.number_rejections import InvalidMsisdnError, RejectionReason

REJECTIONS: Final[Mapping[str, str]] = {
    RejectionReason.EMPTY: N_("Write the digits of a mobile number."),
    RejectionReason.UNEXPECTED_CHARACTER: N_(
        "A mobile number is of digits, with +, spaces, hyphens, brackets or dots between them."
    ),
    RejectionReason.TOO_SHORT: N_(
        "Digits are missing. Write the whole number; one from abroad with its country code."
    ),
    RejectionReason.TOO_LONG: N_("These are too many digits for one number."),
    RejectionReason.UNKNOWN_CALLING_CODE: N_(
        "No country has this calling code. Begin with + and the country's code."
    ),
    RejectionReason.UNALLOCATED: N_("No operator has numbers that begin like this."),
    RejectionReason.LANDLINE: N_("This is a landline, which takes no SMS."),
    RejectionReason.NOT_MOBILE: N_("This is a service number, and no mobile."),
    RejectionReason.SHORT_CODE: N_("This is a short code. Write a whole mobile number."),
    RejectionReason.ERASED: N_("The number that was here is erased."),
    SCIENTIFIC_NOTATION: N_(
        "Excel put an exponent in the place of the last digits. Format the column as text, "
        "mend the number and save the file anew."
    ),
    CELL_ERROR: N_("A cell of the row shows an error such as #N/A. Mend its formula."),
    VALUE_TOO_LONG: N_("A cell of the row is too long: 1,000 characters are the most."),
}
SOURCES: Final[Mapping[str, str]] = {
    "api": N_("By the API"),
    "file": N_("From a file"),
    "console": N_("Told to us"),
    "reply": N_("Answered a message"),
}
# What the console knows how to note by hand.
TYPED_SOURCES: Final = ("console", "reply")
AUTHORS: Final[Mapping[str, str]] = {
    "user": N_("User"),
    "key": N_("API key"),
    "cli": N_("Operator"),
}
# What is wanted in a field, of those whose refusals are of its shape alone.
_WANTED: Final[Mapping[str, str]] = {
    "note": N_("A note is one line of at most 500 characters."),
    "name": N_(
        "A name is one line of 1 to 100 characters without a comma, and does not look like an id."
    ),
    FILE_FIELD: N_("Choose a csv, txt or xlsx file that is not empty."),
}


def wrong_number(error: DomainError, field: str, form: str = "") -> Wrong:
    """Return what a refusal says at the field of a number; one of a note beside it, at that."""
    field = "note" if error.field == "note" else field
    return Wrong(field, field_text(error), form=form, refusal=error)


def field_text(error: DomainError) -> str:
    """Return a refusal as it stands at the field of a number, or at one beside it."""
    cause = error.__cause__
    if isinstance(cause, InvalidMsisdnError):
        return REJECTIONS[cause.reason]
    is_of_shape = isinstance(error, InvalidValueError | MissingFieldError)
    wanted = _WANTED.get(error.field or "") if is_of_shape else None
    return wanted or refusal_text(error)
