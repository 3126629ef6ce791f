"""Which HTTP status, and which code of the trade, each refusal has."""

from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from services.api.domain import errors
from services.api.schemas.answers import render
from shared.domain.errors import DomainError


@dataclass(frozen=True, slots=True)
class Refusal:
    """How a refusal is answered.

    Attributes:
        status: HTTP status for new clients; old ones always get 200.
        trade_code: The code that the trade has for it; None takes the status.
    """

    status: int
    trade_code: str | None = None


REFUSALS: dict[type[DomainError], Refusal] = {
    errors.InvalidCredentialsError: Refusal(401, "216"),
    errors.ScopeMissingError: Refusal(403),
    errors.InvalidBooleanError: Refusal(400, "147"),
    errors.MissingFieldError: Refusal(400),
    errors.UnknownValueError: Refusal(400),
    errors.InvalidValueError: Refusal(400),
    errors.UnknownParameterError: Refusal(400),
    errors.UnsupportedParameterError: Refusal(400),
    errors.UnknownSenderIdError: Refusal(400),
    errors.NoRecipientError: Refusal(400),
    errors.TooManyRecipientsError: Refusal(413),
    errors.BodyTooLargeError: Refusal(413),
    errors.MalformedBodyError: Refusal(422),
    errors.UnsupportedBodyError: Refusal(415),
    errors.IdempotencyConflictError: Refusal(409),
    errors.NoLinkRoomError: Refusal(503),
    errors.NotFoundError: Refusal(404),
    # What the rules of shared.domain refuse is the sender's text or number.
    DomainError: Refusal(400),
}


def refusal_of(error: DomainError) -> Refusal:
    """Return how an error is answered: by its own row, or that of its nearest parent."""
    return next(REFUSALS[kind] for kind in type(error).__mro__ if kind in REFUSALS)


def error_values(error: DomainError) -> dict[str, Any]:
    """Return an error as new clients get it."""
    refusal = refusal_of(error)
    values = {
        "status": "error",
        "statusCode": refusal.trade_code or str(refusal.status),
        "reason": str(error),
        "code": error.code,
    }
    return values | ({"field": error.field} if error.field else {})


def trade_error_values(error: DomainError) -> dict[str, str]:
    """Return an error with exactly the keys that old clients know."""
    values = error_values(error)
    return {name: values[name] for name in ("status", "statusCode", "reason")}


def _plain_error(status: int, reason: str, code: str) -> Response:
    values = {"status": "error", "statusCode": str(status), "reason": reason, "code": code}
    return render(values, "json", status=status)


def install_error_handlers(app: FastAPI) -> None:
    """Answer every refusal in one shape, whatever route it comes from."""

    @app.exception_handler(DomainError)
    async def on_domain_error(request: Request, error: DomainError) -> Response:
        del request
        response = render(error_values(error), "json", status=refusal_of(error).status)
        if isinstance(error, errors.InvalidCredentialsError):
            response.headers["WWW-Authenticate"] = "Bearer"
        return response

    @app.exception_handler(RequestValidationError)
    async def on_validation_error(request: Request, error: RequestValidationError) -> Response:
        del request
        first = error.errors()[0]
        field = str(first["loc"][-1])
        values = {
            "status": "error",
            "statusCode": "400",
            "reason": f"{field}: {first['msg']}",
            "code": "invalid_value",
            "field": field,
        }
        return render(values, "json", status=400)

    @app.exception_handler(HTTPException)
    async def on_http_error(request: Request, error: HTTPException) -> Response:
        code = "not_found" if error.status_code == 404 else "http_error"  # noqa: PLR2004
        reason = f"{error.detail}: {request.method} {request.url.path}"
        return _plain_error(error.status_code, reason, code)

    @app.exception_handler(ConnectionError)
    @app.exception_handler(TimeoutError)
    async def on_unavailable(request: Request, error: Exception) -> Response:
        del request, error
        response = _plain_error(503, "The database cannot be reached: try again", "unavailable")
        response.headers["Retry-After"] = "5"
        return response
