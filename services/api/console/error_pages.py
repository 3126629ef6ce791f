"""What goes wrong, as pages that look like the others."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from services.api.console.redirecting import see
from services.api.console.rendering import render
from services.api.console.wording import N_, refusal_text
from services.api.domain.return_paths import CONSOLE
from services.api.domain.user_errors import SecondFactorDemandedError, SessionMissingError
from services.api.error_responses import REFUSALS, RETRY_AFTER_S, as_refusal
from shared.domain.errors import DomainError
from shared.storage.engine import STORE_ERRORS, is_outage

SIGN_IN = f"{CONSOLE}/sign-in"
SECURITY = f"{CONSOLE}/security"
NOT_FOUND, FORBIDDEN, TOO_MANY, FAULT, UNAVAILABLE = 404, 403, 429, 500, 503
TITLES = {
    NOT_FOUND: N_("There is no such page"),
    FORBIDDEN: N_("You may not do this"),
    TOO_MANY: N_("Too much at once"),
    FAULT: N_("Something broke on our side"),
    UNAVAILABLE: N_("txlink cannot answer just now"),
}
MEANINGS = {
    NOT_FOUND: N_("What you look for is not here, or not yours."),
    FORBIDDEN: N_("Your role does not allow it, or the page that asked was too old: go back, load "
    "it anew and try again."),
    TOO_MANY: N_("Wait a little, then load the page again."),
    FAULT: N_("It is noted. Try again; if it stays so, tell whoever runs this."),
    UNAVAILABLE: N_("Its database is away. Links work all the same. Try again in a moment."),
}
OTHER_TITLE = N_("That could not be done")
# A stream of events is not shown to anybody.
STREAM = "text/event-stream"


def install_error_pages(console: FastAPI) -> None:
    """Answer every error with a page."""

    @console.exception_handler(SessionMissingError)
    async def on_no_session(request: Request, error: SessionMissingError) -> Response:
        if request.headers.get("accept", "") == STREAM:
            return error_page(request, 401, refusal_text(error))
        if request.method != "GET":
            return see(SIGN_IN, request)
        query = f"?{request.url.query}" if request.url.query else ""
        return see(SIGN_IN, request, next=request.url.path + query)

    @console.exception_handler(SecondFactorDemandedError)
    async def on_owed_factor(request: Request, error: SecondFactorDemandedError) -> Response:
        del error
        return see(SECURITY, request, owed="1")

    @console.exception_handler(DomainError)
    async def on_refusal(request: Request, error: DomainError) -> Response:
        status = REFUSALS[type(error)].status
        response = error_page(request, status, refusal_text(error))
        if status in {TOO_MANY, UNAVAILABLE}:
            wait_s = getattr(error, "retry_after_s", RETRY_AFTER_S)
            response.headers["Retry-After"] = str(wait_s)
        return response

    @console.exception_handler(HTTPException)
    async def on_http_error(request: Request, error: HTTPException) -> Response:
        response = error_page(request, error.status_code)
        response.headers.update(error.headers or {})
        return response

    @console.exception_handler(RequestValidationError)
    async def on_wrong_address(request: Request, error: RequestValidationError) -> Response:
        del error
        return error_page(request, NOT_FOUND)

    async def on_store_error(request: Request, error: Exception) -> Response:
        if not is_outage(error):
            # On to the handler of what nobody foresaw, which logs it.
            raise error
        return await on_refusal(request, as_refusal(error))

    for kind in STORE_ERRORS:
        console.add_exception_handler(kind, on_store_error)

    @console.exception_handler(Exception)
    async def on_fault(request: Request, error: Exception) -> Response:
        # The server raises it again behind the answer, and it is logged there.
        del error
        return error_page(request, FAULT)


def error_page(request: Request, status: int, reason: str | None = None) -> Response:
    """Return the page of a status; where that has no words of its own, the reason is told."""
    return render(
        request,
        "error.html",
        status=status,
        number=status,
        title=TITLES.get(status, OTHER_TITLE),
        meaning=MEANINGS.get(status),
        reason=reason,
    )
