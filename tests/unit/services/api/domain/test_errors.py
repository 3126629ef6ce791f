"""Each refusal names the field and says what would be right."""

import pytest

from services.api.domain import errors
from shared.domain.errors import DomainError


@pytest.mark.parametrize(
    ("error", "field", "message"),
    [
        (errors.InvalidCredentialsError("userId"), "userId", "or userId and password"),
        (errors.InvalidCredentialsError(), "apikey", "Invalid credentials: send a live API key"),
        (errors.ScopeMissingError("send"), None, "lack the scope send"),
        (errors.MissingFieldError("msg", "the text"), "msg", "msg is missing: give the text"),
        (
            errors.InvalidBooleanError("test", "x" * 50),
            "test",
            f"test must be true or false, not '{'x' * 40}'",
        ),
        (
            errors.UnknownValueError("output", "yaml", ["json", "xml"]),
            "output",
            "output must be one of json, xml, not 'yaml'",
        ),
        (errors.InvalidValueError("tz", "must be a zone"), "tz", "tz must be a zone"),
        (errors.NotFoundError("campaign", field="b"), "b", "has the id that b gives"),
        (errors.SpreadsheetsBusyError(), None, "try again in a while, or take the CSV"),
        (errors.AccountSpreadsheetsBusyError(2), None, "2 spreadsheets of this account"),
        (
            errors.UnknownParameterError("trackLnk", "trackLink"),
            "trackLnk",
            "'trackLnk' is not a parameter of this call; did you mean trackLink?",
        ),
        (errors.UnknownParameterError("zz", None), "zz", "'zz' is not a parameter of this call"),
        (errors.UnsupportedParameterError("file"), "file", "file is not supported yet"),
        (
            errors.UnknownSenderIdError("X", ["ACME", "ACMEIN"]),
            "senderId",
            "senderId 'X' is not registered for this account; registered: ACME, ACMEIN",
        ),
        (errors.UnknownSenderIdError("X", []), "senderId", "registered: none yet"),
        (errors.NoRecipientError(["'1': short"]), "mobile", "can be sent to: '1': short"),
        (errors.TooManyRecipientsError(3, 2), "mobile", "3 numbers; one request may carry 2"),
        (errors.BodyTooLargeError(10), "body", "larger than 10 octets: split the request"),
        (errors.BodyTooLargeError(10, is_unproven=True), "body", "send the API key in a header"),
        (errors.BodyTimeoutError(2.5), "body", "did not arrive within 2.5 seconds"),
        (errors.MalformedQueryError("no UTF-8"), "query", "query could not be read: no UTF-8"),
        (errors.RepeatedParameterError("msg"), "msg", "msg came more than once: give it once"),
        (errors.SendsBusyError(), None, "try again in a while"),
        (errors.UnavailableError(), None, "cannot be reached: try again"),
        (errors.OverloadedError(), None, "under way at the moment: try again"),
        (errors.InternalError(), None, "went wrong on our side, and has been logged"),
        (errors.MalformedBodyError("no JSON"), "body", "could not be read: no JSON"),
        (errors.UnsupportedBodyError("text/csv"), "body", "Content type 'text/csv' is not read"),
        (errors.MadeBeforeError("key"), None, "came before, and is not done again"),
        (errors.IdempotencyConflictError(), "idempotencyKey", "came before with another request"),
        (errors.NoLinkRoomError(5), None, "No token domain has room for 5 links"),
        (errors.NotFoundError("campaign"), None, "No campaign of this account has that id"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_a_refusal_names_the_field_and_what_would_be_right(
    error: DomainError, field: str | None, message: str
) -> None:
    assert message in str(error)
    assert error.field == field
    assert error.code
