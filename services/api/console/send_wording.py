"""How the console words what a send is refused for, and what the sender should know before it."""

from collections.abc import Mapping
from typing import Final

from services.api.console.number_words import REJECTIONS
from services.api.console.wording import N_, Told, refusal_text
from services.api.domain.composing import EmptyTextError, RowRefusedError
from services.api.domain.contact_groups import EmptyGroupError, UnknownGroupError
from services.api.domain.credit import (
    DailyCapReachedError,
    InsufficientCreditError,
)
from services.api.domain.errors import (
    IdempotencyConflictError,
    InvalidValueError,
    MissingFieldError,
    NoRecipientError,
    SendsBusyError,
    UnknownSenderIdError,
)
from services.api.domain.link_errors import (
    DestinationNotPublicError,
    LinkTooLongError,
    NoLinkError,
    OverlongTextError,
    OwnShortLinkError,
    UnusableHostError,
    UserinfoError,
)
from services.api.domain.link_shape import HeaderShapeNeedsSenderIdError
from services.api.domain.placeholders import MissingColumnError
from services.api.domain.upload_errors import (
    UnsupportedUploadError,
    UploadNotReadyError,
    UploadTooLargeError,
)
from shared.domain.consent import OPTED_OUT
from shared.domain.errors import DomainError
from shared.domain.number_rejections import InvalidMsisdnError
from shared.domain.segments import TextTooLongError

OPTED_OUT_WORD: Final = N_("This number has opted out.")
REFUSALS: Final[Mapping[type[DomainError], str]] = {
    EmptyTextError: N_("Write the message first."),
    NoLinkError: N_(
        "There is no link to track yet. Put one into the message, or switch link tracking off."
    ),
    OwnShortLinkError: N_(
        "The last link is a short link already. Put the address that it leads to, or switch "
        "link tracking off."
    ),
    UserinfoError: N_(
        "The last link has a user name or a password in it, which every recipient could read. "
        "Put the link without it."
    ),
    UnusableHostError: N_("The last link has no valid domain name. Correct it."),
    DestinationNotPublicError: N_(
        "The last link leads where only your own network reaches. Put one that opens everywhere."
    ),
    LinkTooLongError: N_("The last link is too long to be followed. Put a shorter one."),
    OverlongTextError: N_("The message is far too long. Shorten it."),
    TextTooLongError: N_("The message takes more than 20 segments. Shorten it."),
    NoRecipientError: N_(
        "None of the numbers can be sent to: they are wrong, or have opted out. Correct them, or "
        "give others."
    ),
    UnknownGroupError: N_("There is no such group any more. Choose another."),
    EmptyGroupError: N_("Nobody is in this group. Choose another, or add contacts to it."),
    UploadNotReadyError: N_("The file is not ready. Wait until it is read, or choose another."),
    UnknownSenderIdError: N_("This sender ID is not registered for the account. Choose another."),
    HeaderShapeNeedsSenderIdError: N_(
        "The account's links are to hold a sender ID, and this one does not fit. Choose another."
    ),
    IdempotencyConflictError: N_(
        "This was sent already, and has been changed since. Check it once more, then send it."
    ),
    SendsBusyError: N_("Many large sends are under way just now. Try again in a minute."),
    UploadTooLargeError: N_("The file is too large. Split it into several."),
    UnsupportedUploadError: N_("Choose a csv, txt or xlsx file."),
}
MISSING: Final[Mapping[str, str]] = {
    "mobile": N_("Give at least one mobile number."),
    "group": N_("Choose a contact group."),
    "upload": N_("Choose a file first."),
    "file": N_("Choose a file first. It must not be empty."),
    "msg": N_("Write the message first."),
}
MISTYPED: Final[Mapping[str, str]] = {
    "scheduleTime": N_(
        "Choose a day and a time from now on, within a year, by the clocks of the account."
    ),
    "dltEntityId": N_("Write its digits alone, or leave it empty."),
    "dltTemplateId": N_("Write its digits alone, or leave it empty."),
}
WARNINGS: Final[Mapping[str, str]] = {
    "insufficient_credit": N_(
        "The account has too few credits for this send. Top it up, or send to fewer."
    ),
    "daily_cap_reached": N_(
        "This is more than the account may still send today. Send it tomorrow, or to fewer."
    ),
    "placeholder_not_filled": N_(
        "What stands in braces goes out as it is: only the columns of a file or a group are "
        "filled in."
    ),
    "link_may_not_be_tappable": N_(
        "Something stands right at the short link, so some phones will not let it be tapped. Put "
        "a space before and behind it."
    ),
    "segment_added_by_link": N_(
        "The link makes the message one segment longer. A few characters less would save it."
    ),
    "link_splits": N_(
        "The link is cut in two by the end of a segment, so some phones cannot tap it. Put it "
        "nearer to the start."
    ),
    "unicode_costs_segments": N_(
        "A few characters make the message longer than it need be. Replace them."
    ),
    "empty_value": N_(
        "A column that is filled in is empty for some recipients. Fill it, or word the text so "
        "that it reads well without."
    ),
    "dlt_no_scheme": N_(
        "India's operators would drop the message: its link has no https://. Choose Include HTTPS."
    ),
    "dlt_no_header": N_(
        "India's operators would drop the message: its link does not name the sender ID. Let the "
        "account's links have that shape."
    ),
    "dlt_unregistered_domain": N_(
        "India's operators would drop the message: the short domain is not registered for this "
        "sender ID. Register the two together on your DLT portal."
    ),
    "dlt_variable_too_long": N_(
        "India's operators would drop the message: a variable of a template holds at most 40 "
        "characters. Shorten what is filled in."
    ),
    "schedule_time_doubtful": N_(
        "The clocks are changed on that day, and this time is skipped or comes twice. Look at "
        "when it goes out."
    ),
}


def refusal_of(error: DomainError) -> Told:
    """Return what is told of a refusal; one that a form has no words for, as all pages tell it."""
    if isinstance(error, RowRefusedError):
        reason = refusal_of(error.reason)
        before = Told(N_("Row %(row)s:"), {"row": error.row})
        return Told(reason.text, reason.values, before)
    if isinstance(error, InsufficientCreditError | DailyCapReachedError):
        return _shortfall(error)
    if isinstance(error, MissingColumnError):
        text = N_("There is no column %(column)s to fill in. Choose one of those that there are.")
        return Told(text, {"column": error.column})
    if isinstance(error, InvalidMsisdnError):
        return Told(rejection_word(error.reason))
    return Told(_of_field(error) or REFUSALS.get(type(error)) or refusal_text(error))


def _of_field(error: DomainError) -> str | None:
    if isinstance(error, MissingFieldError):
        return MISSING.get(error.field or "")
    if isinstance(error, InvalidValueError):
        return MISTYPED.get(error.field or "")
    return None


def _shortfall(error: InsufficientCreditError | DailyCapReachedError) -> Told:
    if isinstance(error, InsufficientCreditError):
        text = N_(
            "The send needs %(needed)s credits and the account has %(available)s. Top it up, or "
            "send to fewer."
        )
        return Told(text, {"needed": error.needed, "available": error.available})
    text = N_(
        "The send takes %(needed)s segments. The account may send %(cap)s a day, and has used "
        "%(used)s of them. Send it tomorrow, or to fewer."
    )
    return Told(text, {"needed": error.needed, "cap": error.cap, "used": error.used})


def warning_of(code: str, message: str) -> Told:
    """Return what is told of a warning; one that there are no words for, as the API tells it."""
    return Told(WARNINGS.get(code, message))


def rejection_word(reason: str) -> str:
    """Return why a number is left out, marked for the catalogues."""
    return OPTED_OUT_WORD if reason == OPTED_OUT else REJECTIONS.get(reason, reason)
