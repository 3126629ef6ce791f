"""Sign in and out."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.api import cookies
from services.api.auth import (
    Credentials,
    api_context,
    client_address,
    count_address,
    identify,
    session_of,
)
from services.api.console.forms import Form, read_form
from services.api.console.kept_drafts import draft_in, kept_in
from services.api.console.proofs import given_in
from services.api.console.redirecting import is_partial, see
from services.api.console.rendering import render
from services.api.console.sending import form_page
from services.api.console.visits import Visit, enter
from services.api.console.wording import DONE, refusal_text
from services.api.domain.return_paths import CONSOLE, safe_return
from services.api.domain.user_errors import (
    SecondFactorNeededError,
    SecondFactorWrongError,
    SignInRefusedError,
    TooManyFailuresError,
)
from services.api.error_responses import UNAUTHORIZED
from services.api.operations.sessions import end_own
from services.api.operations.sign_in import SignIn
from shared.domain.errors import DomainError

router = APIRouter()

# What is told in the form itself; all else has a page of its own.
TOLD = (
    SignInRefusedError,
    SecondFactorNeededError,
    SecondFactorWrongError,
    TooManyFailuresError,
)


@router.get("/sign-in")
async def show_sign_in(
    request: Request,
    to: Annotated[str | None, Query(alias="next")] = None,
    done: str | None = None,
) -> Response:
    """Show the form, with where to go on from there."""
    await count_address(request)
    set_up = api_context(request).to_owner_set_up()
    return _form(
        request, {"next": safe_return(to)}, done=done, is_nobody_there=await set_up.is_open()
    )


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """Let somebody in, or say what is wrong or missing."""
    await count_address(request)
    cookies.check_origin(request)
    form = await read_form(request)
    context = api_context(request)
    shown = SignIn(
        login=form.get("login", ""),
        password=form.get("password", ""),
        given=given_in(form, "code"),
        address=client_address(request).address,
        agent=request.headers.get("user-agent", ""),
    )
    try:
        token = await context.to_signs_in().sign_in(shown)
    except TOLD as error:
        return _form(request, form, error=error)
    cookies.give(request, context, token)
    draft = draft_in(form)
    if draft and not is_partial(request):
        shown_by = Credentials(token.text, is_session=True, is_early=True)
        caller = await identify(request, shown_by)
        if "send" in caller.scopes:
            return await form_page(Visit(request, caller, {}), draft)
    return see(safe_return(form.get("next")), request)


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """End the session; of one that has ended already, forget the cookie."""
    visit = await enter(request)
    session = session_of(visit.caller)
    address = client_address(request).address
    await end_own(visit.context.engine, session, session.uuid, address)
    cookies.take_back(request, visit.context)
    response = see(f"{CONSOLE}/sign-in", done="signed-out")
    # What pages kept in the browser is nobody else's who uses it next.
    response.headers["Clear-Site-Data"] = '"storage"'
    return response


def sign_in_to_go_on(request: Request, to: str, kept: Form) -> Response:
    """Ask who has written something to sign in, and keep it meanwhile."""
    return _form(request, {"next": to, **kept}, done="ended", status=UNAUTHORIZED)


def _form(
    request: Request,
    form: Form,
    *,
    error: DomainError | None = None,
    done: str | None = None,
    is_nobody_there: bool = False,
    status: int = 200,
) -> Response:
    wants_code = isinstance(error, SecondFactorNeededError | SecondFactorWrongError)
    return render(
        request,
        "sign_in.html",
        status=status,
        refusal=error,
        kept=kept_in(form),
        login=form.get("login", ""),
        next=safe_return(form.get("next")),
        wants_code=wants_code,
        is_told=isinstance(error, SecondFactorNeededError),
        error=refusal_text(error) if error else None,
        error_field=error.field if error else None,
        done=DONE.get(done or ""),
        is_nobody_there=is_nobody_there,
    )
