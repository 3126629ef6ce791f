"""Which HTTP status, and which code of the trade, each refusal has."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from services.api.domain import (
    access_errors,
    campaign_states,
    changed_destination,
    composing,
    contact_groups,
    credit,
    destination_lists,
    errors,
    head_errors,
    link_errors,
    link_shape,
    opt_outs,
    passwords,
    placeholders,
    rate_errors,
    set_up,
    sheet_errors,
    upload_errors,
    user_errors,
)
from services.api.schemas.answers import render
from services.api.schemas.complaints import complaint
from services.api.schemas.limit_fields import limit_fields
from services.api.schemas.queries import query_names
from shared.domain.errors import DomainError, InvalidTokenError
from shared.domain.number_rejections import InvalidMsisdnError
from shared.domain.segments import NotGsmError, TextTooLongError
from shared.storage.engine import STORE_ERRORS, is_outage, is_pool_exhausted

RETRY_AFTER_S = 5
UNAVAILABLE = 503
TOO_MANY = 429
UNAUTHORIZED = 401
PAYMENT_REQUIRED = 402

LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Refusal:
    """How a refusal is answered.

    Attributes:
        status: HTTP status for new clients; old ones always get 200.
        trade_code: The code that the trade has for it; None takes the status.
    """

    status: int
    trade_code: str | None = None


# One row each, without inheritance: a new error does not get an answer by accident.
REFUSALS: dict[type[DomainError], Refusal] = {
    errors.InvalidCredentialsError: Refusal(UNAUTHORIZED, "216"),
    errors.ScopeMissingError: Refusal(403),
    access_errors.KeyExpiredError: Refusal(UNAUTHORIZED, "216"),
    access_errors.AddressNotAllowedError: Refusal(403),
    access_errors.ScopeNotGrantableError: Refusal(403),
    access_errors.KeyNotLiveError: Refusal(409),
    access_errors.TooManyKeysError: Refusal(409),
    access_errors.LockOutError: Refusal(409),
    head_errors.TargetTooLongError: Refusal(414),
    head_errors.HeadersTooLargeError: Refusal(431),
    rate_errors.RateLimitedError: Refusal(TOO_MANY),
    user_errors.PasswordCallsOffError: Refusal(UNAUTHORIZED, "216"),
    user_errors.SignInRefusedError: Refusal(UNAUTHORIZED, "216"),
    user_errors.SecondFactorNeededError: Refusal(UNAUTHORIZED, "216"),
    user_errors.SecondFactorWrongError: Refusal(UNAUTHORIZED, "216"),
    user_errors.SessionMissingError: Refusal(UNAUTHORIZED, "216"),
    user_errors.TooManyFailuresError: Refusal(TOO_MANY),
    user_errors.CrossSiteError: Refusal(403),
    user_errors.SecondFactorDemandedError: Refusal(403),
    user_errors.FreshProofNeededError: Refusal(403),
    user_errors.RoleNotGrantableError: Refusal(403),
    user_errors.WrongPasswordError: Refusal(400),
    user_errors.SecondFactorStateError: Refusal(409),
    user_errors.LastOwnerError: Refusal(409),
    user_errors.OwnUserError: Refusal(409),
    user_errors.TooManyUsersError: Refusal(409),
    user_errors.NotOfConsoleError: Refusal(409),
    passwords.PasswordRefusedError: Refusal(400),
    set_up.SetUpTokenError: Refusal(400),
    set_up.SetUpClosedError: Refusal(404),
    errors.InvalidBooleanError: Refusal(400, "147"),
    errors.MissingFieldError: Refusal(400),
    errors.UnknownValueError: Refusal(400),
    errors.InvalidValueError: Refusal(400),
    errors.RepeatedParameterError: Refusal(400),
    errors.UnknownParameterError: Refusal(400),
    errors.UnsupportedParameterError: Refusal(400),
    errors.UnknownSenderIdError: Refusal(400),
    errors.NoRecipientError: Refusal(400),
    errors.TooManyRecipientsError: Refusal(413),
    errors.BodyTooLargeError: Refusal(413),
    errors.BodyTimeoutError: Refusal(408),
    errors.MalformedQueryError: Refusal(400),
    errors.MalformedBodyError: Refusal(422),
    errors.UnsupportedBodyError: Refusal(415),
    errors.IdempotencyConflictError: Refusal(409),
    credit.MoreThanAgreedError: Refusal(409),
    credit.InsufficientCreditError: Refusal(PAYMENT_REQUIRED),
    credit.DailyCapReachedError: Refusal(TOO_MANY),
    credit.CreditBelowZeroError: Refusal(409),
    credit.PostPaidError: Refusal(409),
    errors.NoLinkRoomError: Refusal(UNAVAILABLE),
    errors.SendsBusyError: Refusal(UNAVAILABLE),
    errors.OverloadedError: Refusal(UNAVAILABLE),
    errors.UnavailableError: Refusal(UNAVAILABLE),
    errors.InternalError: Refusal(500),
    errors.NotFoundError: Refusal(404),
    opt_outs.NotOptedOutError: Refusal(404),
    contact_groups.UnknownGroupError: Refusal(400),
    contact_groups.EmptyGroupError: Refusal(400),
    contact_groups.GroupNameTakenError: Refusal(409),
    contact_groups.TooManyGroupsError: Refusal(409),
    contact_groups.TooManyContactsError: Refusal(409),
    contact_groups.GroupBusyError: Refusal(409),
    errors.TextLetGoError: Refusal(409),
    campaign_states.CampaignStateError: Refusal(409),
    changed_destination.DestinationRefusedError: Refusal(400),
    changed_destination.SeveralDestinationsError: Refusal(409),
    errors.TooManyWebhooksError: Refusal(409),
    errors.WebhookDisabledError: Refusal(409),
    errors.StreamsBusyError: Refusal(TOO_MANY),
    errors.SpreadsheetsBusyError: Refusal(UNAVAILABLE),
    errors.AccountSpreadsheetsBusyError: Refusal(TOO_MANY),
    sheet_errors.SheetError: Refusal(400),
    upload_errors.UnsupportedUploadError: Refusal(415),
    upload_errors.UploadTooLargeError: Refusal(413),
    upload_errors.UploadTimeoutError: Refusal(408),
    upload_errors.UploadTooSlowError: Refusal(408),
    upload_errors.UploadCutOffError: Refusal(400),
    upload_errors.UploadsBusyError: Refusal(UNAVAILABLE),
    upload_errors.AccountUploadsBusyError: Refusal(TOO_MANY),
    upload_errors.UploadNotReadyError: Refusal(409),
    link_errors.OverlongTextError: Refusal(400),
    link_errors.NoLinkError: Refusal(400),
    link_errors.OwnShortLinkError: Refusal(400),
    link_errors.UserinfoError: Refusal(400),
    link_errors.UnusableHostError: Refusal(400),
    link_errors.DestinationNotPublicError: Refusal(400),
    destination_lists.DestinationBlockedError: Refusal(403),
    link_errors.LinkTooLongError: Refusal(400),
    link_shape.HeaderShapeNeedsSenderIdError: Refusal(400),
    composing.RowRefusedError: Refusal(400),
    composing.EmptyTextError: Refusal(400),
    placeholders.MissingColumnError: Refusal(400),
    TextTooLongError: Refusal(400),
    NotGsmError: Refusal(400),
    InvalidMsisdnError: Refusal(400),
    InvalidTokenError: Refusal(400),
}


def as_refusal(error: Exception) -> DomainError:
    """Return what an error is answered as; one that is a fault of ours is logged."""
    if isinstance(error, DomainError):
        return error
    if is_pool_exhausted(error):
        LOGGER.warning("no connection to Postgres was free in time")
        return errors.OverloadedError()
    if is_outage(error):
        LOGGER.warning("no Postgres (%s)", type(error).__name__)
        return errors.UnavailableError()
    LOGGER.error("a request failed", exc_info=error)
    return errors.InternalError()


def error_values(error: DomainError) -> dict[str, Any]:
    """Return an error as new clients get it."""
    refusal = REFUSALS[type(error)]
    values: dict[str, Any] = {
        "status": "error",
        "statusCode": refusal.trade_code or str(refusal.status),
        "reason": str(error),
        "code": error.told_code,
    }
    if isinstance(error, rate_errors.RateLimitedError):
        values |= {"limit": error.limit, "retryAfter": error.retry_after_s}
    return values | ({"field": error.field} if error.field else {})


def trade_error_values(error: DomainError) -> dict[str, str]:
    """Return an error with exactly the keys that old clients know."""
    values = error_values(error)
    return {name: values[name] for name in ("status", "statusCode", "reason")}


def error_response(error: DomainError, output: str = "json") -> Response:
    """Answer a new client with an error, in the form it asked for."""
    status = REFUSALS[type(error)].status
    response = render(error_values(error), output, status=status)
    if status == UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    if status in {UNAVAILABLE, TOO_MANY}:
        response.headers["Retry-After"] = str(getattr(error, "retry_after_s", RETRY_AFTER_S))
    return response


def install_error_handlers(app: FastAPI) -> None:
    """Answer every error in one shape, whatever route it comes from."""

    @app.exception_handler(DomainError)
    async def on_domain_error(request: Request, error: DomainError) -> Response:
        return _last_response(request, error_response(error))

    @app.exception_handler(RequestValidationError)
    async def on_validation_error(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        field = str(first["loc"][-1])
        refusal = complaint(first, field, query_names(request))
        return _last_response(request, error_response(refusal))

    @app.exception_handler(HTTPException)
    async def on_http_error(request: Request, error: HTTPException) -> Response:
        code = "not_found" if error.status_code == 404 else "http_error"  # noqa: PLR2004
        values = {
            "status": "error",
            "statusCode": str(error.status_code),
            "reason": f"{error.detail}: {request.method} {request.url.path}",
            "code": code,
        }
        response = render(values, "json", status=error.status_code)
        # Such as Allow, which says what a path takes.
        response.headers.update(error.headers or {})
        return _last_response(request, response)

    answer_outages(app, lambda request, error: _last_response(request, error_response(error)))

    @app.exception_handler(Exception)
    async def on_fault(request: Request, error: Exception) -> Response:
        # The server raises it again behind the answer, and it is logged there.
        del error
        response = error_response(errors.InternalError())
        # It is made outside of what gives all others theirs.
        response.headers.update(limit_fields(request.scope))
        return _last_response(request, response)


def answer_outages(app: FastAPI, answer: Callable[[Request, DomainError], Response]) -> None:
    """Answer what Postgres refuses while it is away, or busy, as the refusal that it comes to."""

    async def on_store_error(request: Request, error: Exception) -> Response:
        if not is_outage(error):
            # On to the handler of what nobody foresaw, which logs it.
            raise error
        return answer(request, as_refusal(error))

    for kind in STORE_ERRORS:
        app.add_exception_handler(kind, on_store_error)


def _last_response(request: Request, response: Response) -> Response:
    """Return a response that ends the connection if the request has a body.

    The server would read an unread rest for as long as its client cares to send it.
    """
    if "transfer-encoding" in request.headers or request.headers.get("content-length", "0") != "0":
        response.headers["Connection"] = "close"
    return response
