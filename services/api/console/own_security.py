"""One's own password, second factor and sessions."""

from uuid import UUID

import segno
from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response

from services.api import cookies
from services.api.auth import client_address, session_of
from services.api.console.redirecting import see
from services.api.console.rendering import render
from services.api.console.visits import Visit, enter
from services.api.console.wording import DONE, refusal_text
from services.api.domain.passwords import PasswordRefusedError
from services.api.domain.return_paths import CONSOLE
from services.api.domain.user_errors import (
    SecondFactorStateError,
    SecondFactorWrongError,
    TooManyFailuresError,
    WrongPasswordError,
)
from services.api.operations.own_password import OwnPassword
from services.api.operations.second_factors import RecoveryCodes
from services.api.operations.sessions import end_own, list_own, use_session
from shared.domain.errors import DomainError

router = APIRouter(prefix="/security")

SECURITY = f"{CONSOLE}/security"
# What is told beside the form that it is about.
TOLD = (
    WrongPasswordError,
    PasswordRefusedError,
    SecondFactorStateError,
    SecondFactorWrongError,
    TooManyFailuresError,
)


@router.get("")
async def show_security(
    request: Request, done: str | None = None, owed: str | None = None
) -> Response:
    """Show what there is."""
    visit = await enter(request)
    return await _page(visit, done=done, is_owed=owed is not None)


@router.post("/password")
async def change_password(request: Request) -> Response:
    """Change the password."""
    visit = await enter(request)
    current, new = visit.form.get("password", ""), visit.form.get("new_password", "")
    try:
        token = await OwnPassword(visit.own_user).change(current, new)
    except TOLD as error:
        return await _page(visit, error=error, form="password")
    cookies.give(request, visit.context, token)
    return see(SECURITY, done="password")


@router.post("/second-factor")
async def enrol(request: Request) -> Response:
    """Show the secret of a second factor, this once."""
    visit = await enter(request)
    try:
        begun = await visit.own_user.enrol(visit.form.get("password", ""))
    except TOLD as error:
        return await _page(visit, error=error, form="enrol")
    code = segno.make(begun.otpauth_url, error="m", micro=False)
    # Of squares alone: nothing that was typed is in it as text.
    drawn = Markup(code.svg_inline(scale=1, border=4, omitsize=True))  # noqa: S704
    return render(
        request, "factor.html", caller=visit.caller, drawn=drawn, secret=begun.secret, error=None
    )


@router.post("/second-factor/confirm")
async def confirm(request: Request) -> Response:
    """Let the second factor count, and show the recovery codes, this once."""
    visit = await enter(request)
    try:
        made = await visit.own_user.confirm(visit.form.get("code", ""))
    except SecondFactorWrongError as error:
        return render(
            request,
            "factor.html",
            caller=visit.caller,
            refusal=error,
            drawn=None,
            secret=None,
            error=refusal_text(error),
        )
    except SecondFactorStateError as error:
        return await _page(visit, error=error, form="enrol")
    return await _codes(visit, made)


@router.post("/second-factor/recovery-codes")
async def renew_codes(request: Request) -> Response:
    """Make other recovery codes, and show them, this once."""
    visit = await enter(request)
    try:
        made = await visit.own_user.renew_codes(visit.form.get("password", ""))
    except TOLD as error:
        return await _page(visit, error=error, form="codes")
    return await _codes(visit, made)


@router.post("/second-factor/remove")
async def remove(request: Request) -> Response:
    """Remove the second factor."""
    visit = await enter(request)
    try:
        token = await visit.own_user.remove(visit.form.get("password", ""))
    except TOLD as error:
        return await _page(visit, error=error, form="remove")
    cookies.give(request, visit.context, token)
    return see(SECURITY, done="factor-off")


@router.post("/sessions/{session_id}/end")
async def end_session(request: Request, session_id: UUID) -> Response:
    """End one of one's own sessions."""
    visit = await enter(request)
    session, address = session_of(visit.caller), client_address(request).address
    await end_own(visit.context.engine, session, session_id, address)
    if session_id != session.uuid:
        return see(SECURITY, done="session")
    cookies.take_back(request, visit.context)
    return see(f"{CONSOLE}/sign-in", done="signed-out")


async def _codes(visit: Visit, made: RecoveryCodes) -> Response:
    """Show recovery codes; the session has another cookie and token by now."""
    cookies.give(visit.request, visit.context, made.token)
    address = client_address(visit.request).address
    limits = visit.context.to_session_limits()
    used = await use_session(visit.context.engine, made.token.text, address, limits)
    return render(visit.request, "recovery_codes.html", caller=used.caller, codes=made.codes)


async def _page(
    visit: Visit,
    *,
    error: DomainError | None = None,
    form: str | None = None,
    done: str | None = None,
    is_owed: bool = False,
) -> Response:
    session = session_of(visit.caller)
    return render(
        visit.request,
        "security.html",
        caller=visit.caller,
        refusal=error,
        session=session,
        sessions=await list_own(visit.context.engine, session),
        error=refusal_text(error) if error else None,
        error_field=error.field if error else None,
        error_form=form,
        done=DONE.get(done or ""),
        is_owed=is_owed or visit.caller.owes_factor,
    )
