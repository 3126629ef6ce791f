"""What goes wrong, as pages that look like the others."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from services.api.auth import in_cookie
from services.api.console.headers import FIELDS, NO_STORE
from services.api.console.kept_drafts import kept_of
from services.api.console.redirecting import is_partial, see
from services.api.console.rendering import page_above, render
from services.api.console.sign_in import sign_in_to_go_on
from services.api.console.wording import N_, refusal_text
from services.api.domain.access_errors import AddressNotAllowedError
from services.api.domain.errors import ScopeMissingError
from services.api.domain.return_paths import CONSOLE
from services.api.domain.user_errors import (
    CrossSiteError,
    SecondFactorDemandedError,
    SessionMissingError,
)
from services.api.error_responses import REFUSALS, answer_outages
from shared.domain.errors import DomainError

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
    TOO_MANY: N_("Wait a little, then load the page again."),
    FAULT: N_("It is noted. Try again; if it stays so, tell whoever runs this."),
    UNAVAILABLE: N_("Its database is away. Links work all the same. Try again in a moment."),
}
# What one status may mean of several things, of which each has another way out.
REASONS: Final[Mapping[type[DomainError], str]] = {
    ScopeMissingError: N_("Your role does not allow it. An owner of the account can change that."),
    CrossSiteError: N_(
        "The page that asked was too old, as after signing in anew, or of another site. Nothing "
        "is changed: load the page again, and then try again."
    ),
    AddressNotAllowedError: N_("The account may not be used from your address."),
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
        kept = await kept_of(request)
        if kept:
            return sign_in_to_go_on(request, _address_of_page(request), kept)
        ended = {"done": "ended"} if in_cookie(request) else {}
        return see(SIGN_IN, request, next=_address_of_page(request), **ended)

    @console.exception_handler(SecondFactorDemandedError)
    async def on_owed_factor(request: Request, error: SecondFactorDemandedError) -> Response:
        del error
        return see(SECURITY, request, owed="1")

    @console.exception_handler(DomainError)
    async def on_refusal(request: Request, error: DomainError) -> Response:
        return _refusal_page(request, error)

    answer_outages(console, _refusal_page)
    _install_pages_of_faults(console)


def _install_pages_of_faults(console: FastAPI) -> None:
    @console.exception_handler(HTTPException)
    async def on_http_error(request: Request, error: HTTPException) -> Response:
        response = error_page(request, error.status_code)
        response.headers.update(error.headers or {})
        return response

    @console.exception_handler(RequestValidationError)
    async def on_wrong_address(request: Request, error: RequestValidationError) -> Response:
        del error
        return error_page(request, NOT_FOUND)

    @console.exception_handler(Exception)
    async def on_fault(request: Request, error: Exception) -> Response:
        # The server raises it again behind the answer, and it is logged there.
        del error
        response = error_page(request, FAULT)
        # It is made outside of what gives all others theirs.
        response.headers.update({**FIELDS, "Cache-Control": NO_STORE})
        return response


def _address_of_page(request: Request) -> str:
    """Return where somebody is; of a part of a page or a form, where the page is."""
    url = urlsplit(request.headers.get("hx-current-url", "") if is_partial(request) else "")
    path, query = (url.path, url.query) if url.path else (request.url.path, request.url.query)
    page = page_above(request, path)
    return f"{page}?{query}" if query and page == path else page


def _refusal_page(request: Request, error: DomainError) -> Response:
    status = REFUSALS[type(error)].status
    return error_page(
        request, status, REASONS.get(type(error)) or refusal_text(error), refusal=error
    )


def error_page(
    request: Request,
    status: int,
    reason: str | None = None,
    *,
    refusal: DomainError | None = None,
) -> Response:
    """Return the page of a status; where that has no words of its own, the reason is told.

    Within a page that stays it is a note, where the part was to stand that is then asked for anew.
    """
    is_note = is_partial(request)
    response = render(
        request,
        "_error.html" if is_note else "error.html",
        status=status,
        refusal=refusal,
        number=status,
        title=TITLES.get(status, OTHER_TITLE),
        meaning=MEANINGS.get(status),
        reason=reason,
    )
    if is_note:
        response.headers.update({"HX-Reswap": "innerHTML", "HX-Reselect": "[role=alert]"})
    return response
