"""Make the first user, while there is none: an owner, by the token that txlink prints."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api import cookies
from services.api.auth import api_context, client_address, count_address
from services.api.console.forms import Form, read_form
from services.api.console.redirecting import see
from services.api.console.rendering import render
from services.api.console.wording import refusal_text
from services.api.domain.errors import InvalidValueError
from services.api.domain.passwords import PasswordRefusedError
from services.api.domain.return_paths import CONSOLE
from services.api.domain.set_up import SetUpTokenError
from services.api.operations.set_up_owner import FirstOwner
from services.api.operations.sign_in import SignIn
from shared.domain.errors import DomainError

router = APIRouter()


@router.get("/set-up")
async def show_set_up(request: Request) -> Response:
    """Show the form, as long as there is nobody."""
    await count_address(request)
    await api_context(request).to_owner_set_up().require_open()
    return _form(request, {})


@router.post("/set-up")
async def set_up(request: Request) -> Response:
    """Make the owner, and let them in."""
    await count_address(request)
    cookies.check_origin(request)
    form = await read_form(request)
    context, address = api_context(request), client_address(request).address
    owner = FirstOwner(
        token=form.get("token", ""),
        login=form.get("login", ""),
        password=form.get("password", ""),
        address=address,
    )
    try:
        await context.to_owner_set_up().make(owner)
    except (SetUpTokenError, InvalidValueError, PasswordRefusedError) as error:
        return _form(request, form, error)
    shown = SignIn(
        login=owner.login,
        password=owner.password,
        given=None,
        address=address,
        agent=request.headers.get("user-agent", ""),
    )
    cookies.give(request, context, await context.to_signs_in().sign_in(shown))
    return see(f"{CONSOLE}/security", done="owner")


def _form(request: Request, form: Form, error: DomainError | None = None) -> Response:
    return render(
        request,
        "set_up.html",
        refusal=error,
        login=form.get("login", ""),
        token=form.get("token", ""),
        error=refusal_text(error) if error else None,
        error_field=error.field if error else None,
    )
