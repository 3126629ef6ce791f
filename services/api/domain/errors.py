"""What the API refuses, each with the field that is wrong and what would be right."""

from collections.abc import Iterable
from typing import ClassVar

from shared.domain.errors import DomainError

CURSOR_WANTED = "must be the next_cursor of the page before, unchanged"


class InvalidCredentialsError(DomainError):
    """Nobody we know, or no longer: one answer for all, so that nothing is given away."""

    code: ClassVar[str] = "invalid_credentials"

    def __init__(self, field: str = "apikey") -> None:
        super().__init__(
            "Invalid credentials: send a live API key in the header apikey or as "
            "Authorization: Bearer, or userId and password"
        )
        self.field = field


class ScopeMissingError(DomainError):
    """The key or the user is known but may not do this."""

    code: ClassVar[str] = "scope_missing"

    def __init__(self, scope: str) -> None:
        super().__init__(f"These credentials lack the scope {scope}")


class FieldError(DomainError):
    """One parameter of a request is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class MissingFieldError(FieldError):
    """A parameter that must be there is absent or blank."""

    code: ClassVar[str] = "missing_field"

    def __init__(self, field: str, wanted: str) -> None:
        super().__init__(field, f"{field} is missing: give {wanted}")


class InvalidBooleanError(FieldError):
    """A boolean that is neither true nor false."""

    code: ClassVar[str] = "invalid_boolean"

    def __init__(self, field: str, value: str) -> None:
        super().__init__(field, f"{field} must be true or false, not {value[:40]!r}")


class UnknownValueError(FieldError):
    """A value that is none of those a parameter takes."""

    code: ClassVar[str] = "unknown_value"

    def __init__(self, field: str, value: str, allowed: Iterable[str]) -> None:
        words = ", ".join(allowed)
        super().__init__(field, f"{field} must be one of {words}, not {value[:40]!r}")


class InvalidValueError(FieldError):
    """A value of the wrong shape or size."""

    code: ClassVar[str] = "invalid_value"

    def __init__(self, field: str, wanted: str) -> None:
        super().__init__(field, f"{field} {wanted}")


class RepeatedParameterError(FieldError):
    """A parameter that came more than once: which one counts cannot be told."""

    code: ClassVar[str] = "repeated_parameter"

    def __init__(self, field: str) -> None:
        super().__init__(field, f"{field} came more than once: give it once")


class UnknownParameterError(FieldError):
    """A parameter that a call does not have; most often one misspelt."""

    code: ClassVar[str] = "unknown_parameter"

    def __init__(self, name: str, nearest: str | None) -> None:
        hint = f"; did you mean {nearest}?" if nearest else ""
        super().__init__(name[:40], f"{name[:40]!r} is not a parameter of this call{hint}")


class UnsupportedParameterError(FieldError):
    """A parameter of the trade not served yet: to ignore it would mislead."""

    code: ClassVar[str] = "unsupported_parameter"

    def __init__(self, field: str) -> None:
        super().__init__(field, f"{field} is not supported yet: leave it out")


class UnknownSenderIdError(FieldError):
    """A sender ID that the account has not registered."""

    code: ClassVar[str] = "unknown_sender_id"

    def __init__(self, sender_id: str, registered: Iterable[str]) -> None:
        known = ", ".join(registered) or "none yet"
        super().__init__(
            "senderId",
            f"senderId {sender_id[:20]!r} is not registered for this account; registered: {known}",
        )


class NoRecipientError(FieldError):
    """No number of the request can be sent to."""

    code: ClassVar[str] = "no_valid_mobile"

    def __init__(self, reasons: Iterable[str]) -> None:
        first = "; ".join(reasons)
        super().__init__("mobile", f"mobile holds no number that can be sent to: {first}")


class TooManyRecipientsError(FieldError):
    """More numbers than one request may carry."""

    code: ClassVar[str] = "too_many_recipients"

    def __init__(self, count: int, limit: int) -> None:
        super().__init__(
            "mobile", f"mobile holds {count} numbers; one request may carry {limit}: split it"
        )


class BodyTooLargeError(DomainError):
    """A request body over the limit; it is not read to its end."""

    code: ClassVar[str] = "body_too_large"
    field = "body"

    def __init__(self, limit_octets: int, *, is_unproven: bool = False) -> None:
        hint = "split the request"
        if is_unproven:
            hint = f"send the API key in a header, or {hint}"
        super().__init__(f"The request body is larger than {limit_octets} octets: {hint}")


class BodyTimeoutError(DomainError):
    """A request body that did not come in time."""

    code: ClassVar[str] = "body_timeout"
    field = "body"

    def __init__(self, limit_s: float) -> None:
        super().__init__(
            f"The request body did not arrive within {limit_s:g} seconds: send it again"
        )


class MalformedQueryError(DomainError):
    """A query that cannot be decoded."""

    code: ClassVar[str] = "malformed_query"
    field = "query"

    def __init__(self, wanted: str) -> None:
        super().__init__(f"The query could not be read: {wanted}")


class MalformedBodyError(DomainError):
    """A request body that is not what its content type says."""

    code: ClassVar[str] = "malformed_body"
    field = "body"

    def __init__(self, wanted: str) -> None:
        super().__init__(f"The request body could not be read: {wanted}")


class UnsupportedBodyError(DomainError):
    """A content type that is not read."""

    code: ClassVar[str] = "unsupported_body"
    field = "body"

    def __init__(self, content_type: str) -> None:
        super().__init__(
            f"Content type {content_type[:60]!r} is not read: send application/json, "
            "application/x-www-form-urlencoded, application/xml or multipart/form-data"
        )


class IdempotencyConflictError(FieldError):
    """A key that came before with another request."""

    code: ClassVar[str] = "idempotency_conflict"

    def __init__(self) -> None:
        super().__init__(
            "idempotencyKey",
            "idempotencyKey came before with another request: use a new key for a new request",
        )


class NoLinkRoomError(DomainError):
    """No token domain has room for a block of this size."""

    code: ClassVar[str] = "no_link_room"

    def __init__(self, link_count: int) -> None:
        super().__init__(f"No token domain has room for {link_count} links")


class SendsBusyError(DomainError):
    """As many large sends are waiting as may."""

    code: ClassVar[str] = "sends_busy"

    def __init__(self) -> None:
        super().__init__("Many large sends are under way at the moment: try again in a while")


class UnavailableError(DomainError):
    """What the call needs cannot be had just now: our fault, and likely to pass."""

    code: ClassVar[str] = "unavailable"

    def __init__(self) -> None:
        super().__init__("The database cannot be reached: try again")


class OverloadedError(DomainError):
    """Others have all that the call needs: it is likely to pass soon."""

    code: ClassVar[str] = "overloaded"

    def __init__(self) -> None:
        super().__init__("Too many requests are under way at the moment: try again")


class InternalError(DomainError):
    """A fault of ours that trying again will not mend."""

    code: ClassVar[str] = "internal_error"

    def __init__(self) -> None:
        super().__init__("Something went wrong on our side, and has been logged")


class NotFoundError(DomainError):
    """Nothing of that name belongs to the account; others' things are not told apart from none."""

    code: ClassVar[str] = "not_found"

    def __init__(self, what: str, *, field: str | None = None) -> None:
        given = f"the id that {field} gives" if field else "that id"
        super().__init__(f"No {what} of this account has {given}")
        self.field = field


class TextLetGoError(DomainError):
    """What a campaign said is no longer kept, so it cannot be said again."""

    code: ClassVar[str] = "text_let_go"

    def __init__(self) -> None:
        super().__init__(
            "The texts of this campaign are no longer kept, by the account's limit or since its "
            "recipients are erased: send them as a new campaign"
        )


class TooManyWebhooksError(DomainError):
    """An account has as many webhooks as it may."""

    code: ClassVar[str] = "too_many_webhooks"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The account has {limit} webhooks, which is the most: delete one")


class WebhookDisabledError(DomainError):
    """Nothing is sent to a webhook that is disabled."""

    code: ClassVar[str] = "webhook_disabled"

    def __init__(self) -> None:
        super().__init__("The webhook is disabled: enable it first")


class StreamsBusyError(DomainError):
    """As many streams of events are open as may be."""

    code: ClassVar[str] = "streams_busy"

    def __init__(self) -> None:
        super().__init__("As many streams of events are open as may be: close one, or try again")


class SpreadsheetsBusyError(DomainError):
    """As many spreadsheets are being made or fetched as may."""

    code: ClassVar[str] = "spreadsheets_busy"

    def __init__(self) -> None:
        super().__init__(
            "Many spreadsheets are being made at the moment: try again in a while, or take the CSV"
        )


class AccountSpreadsheetsBusyError(DomainError):
    """As many spreadsheets of one account are being made or fetched as may."""

    code: ClassVar[str] = "account_spreadsheets_busy"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"{limit} spreadsheets of this account are being made or fetched, which is as many as "
            "may: try again when one is there, or take the CSV"
        )
