"""Why a mobile number is turned down, for people and for programs."""

from enum import StrEnum

from shared.domain.errors import DomainError


class RejectionReason(StrEnum):
    """What is wrong with a number; the value is the stable code that clients see."""

    EMPTY = "empty"
    UNEXPECTED_CHARACTER = "unexpected_character"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    UNKNOWN_CALLING_CODE = "unknown_calling_code"
    UNALLOCATED = "unallocated"
    LANDLINE = "landline"
    NOT_MOBILE = "not_mobile"
    SHORT_CODE = "short_code"
    ERASED = "erased"

    @property
    def message(self) -> str:
        """What would be right, in a sentence for the sender."""
        return _MESSAGES[self]


_MESSAGES = {
    RejectionReason.EMPTY: "There is no number here; write the digits of a mobile number.",
    RejectionReason.UNEXPECTED_CHARACTER: (
        "A mobile number holds digits only, with +, spaces, hyphens, brackets or dots between"
        " them; leave out letters, extensions and other signs."
    ),
    RejectionReason.TOO_SHORT: (
        "Digits are missing; write the whole mobile number, from abroad with its country code."
    ),
    RejectionReason.TOO_LONG: (
        "There are too many digits for one number; separate numbers by commas."
    ),
    RejectionReason.UNKNOWN_CALLING_CODE: (
        "No country has this calling code; begin with + and the country's code."
    ),
    RejectionReason.UNALLOCATED: (
        "The length is right but no operator has numbers that begin like this; check the digits."
    ),
    RejectionReason.LANDLINE: (
        "This is a landline, which takes no SMS; give a mobile number, or begin with + and the"
        " country code if it is from abroad."
    ),
    RejectionReason.NOT_MOBILE: (
        "This is a service number (toll-free, premium, internet or the like); give a mobile"
        " number."
    ),
    RejectionReason.SHORT_CODE: (
        "This is a short code or an emergency number; give a full mobile number."
    ),
    RejectionReason.ERASED: "The number that was here is erased; leave the row out.",
}


class InvalidMsisdnError(DomainError):
    """A text is not a number that an SMS can go to.

    Attributes:
        reason: Which rule it breaks.
    """

    code = "invalid_msisdn"
    field = "mobile"

    def __init__(self, reason: RejectionReason) -> None:
        super().__init__(reason.message)
        self.reason = reason
