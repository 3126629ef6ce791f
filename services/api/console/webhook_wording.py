"""What pages of webhooks say in the words of their readers."""

from collections.abc import Mapping
from typing import Final

from services.api.console.wording import N_
from services.api.domain.errors import FieldError, TooManyWebhooksError, WebhookDisabledError
from services.api.operations.manage_webhooks import EMPTY_SPAN, FULL_SPAN
from shared.domain import outbound
from shared.domain.errors import DomainError
from shared.domain.events import ALERT_KIND, TEST_KIND, EventKind

# What a webhook may be told, in the order in which it is offered.
KINDS: Final[Mapping[str, str]] = {
    EventKind.CLICK_RECORDED: N_("A person clicked"),
    EventKind.MESSAGE_SUBMITTED: N_("The carrier took a message"),
    EventKind.MESSAGE_DELIVERED: N_("A message was delivered"),
    EventKind.MESSAGE_FAILED: N_("A message failed"),
    ALERT_KIND: N_("An alert began or is over"),
}
DELIVERED_KINDS: Final[Mapping[str, str]] = {**KINDS, TEST_KIND: N_("Test")}
DELIVERY_STATUSES: Final[Mapping[str, str]] = {
    "pending": N_("Waiting"),
    "delivered": N_("Delivered"),
    "given_up": N_("Given up"),
}
HEALTH: Final[Mapping[str, str]] = {
    "well": N_("Works"),
    "failing": N_("Takes nothing"),
    "paused": N_("Paused"),
    "disabled": N_("Disabled by txlink"),
}
# For how many hours an old secret counts on.
OVERLAPS: Final[Mapping[str, str]] = {
    "24": N_("for a day"),
    "1": N_("for an hour"),
    "168": N_("for a week"),
    "0": N_("not at all: it may have leaked"),
}
NO_KINDS: Final = N_("Choose at least one thing that it is told.")
NO_TIME: Final = N_("Give a day and a time.")
_URLS: Final[Mapping[str, str]] = {
    outbound.NO_URL: N_("The URL must be a web address such as https://example.com/txlink."),
    outbound.TOO_LONG_OR_STRANGE: N_("The URL must have at most 2,000 ASCII characters."),
    outbound.HAS_LOGIN: N_(
        "The URL must hold no user name and password: the signature tells who calls."
    ),
    outbound.NOT_ENCRYPTED: N_("The URL must begin with https://."),
    outbound.NOT_PUBLIC: N_(
        "The URL must lead to a public address, not to one of a private or local network."
    ),
}
_SPANS: Final[Mapping[str, str]] = {
    EMPTY_SPAN: N_("The end must be later than the beginning."),
    FULL_SPAN: N_("The span holds too many events for one replay: choose an earlier end."),
}


def complaint_text(error: DomainError) -> str:
    """Return why something was refused; what has no words here, as the API says it."""
    if isinstance(error, TooManyWebhooksError):
        return N_("You have as many webhooks as an account may have. Delete one first.")
    if isinstance(error, WebhookDisabledError):
        return N_("Nothing is sent to a webhook that is paused: take it up again first.")
    told = str(error)
    if not isinstance(error, FieldError):
        return told
    wanted = told.removeprefix(f"{error.field} ")
    return {**_URLS, **_SPANS}.get(wanted, told)
