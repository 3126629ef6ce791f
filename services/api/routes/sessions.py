"""/session: sign in, see who is, change one's own password and second factor, sign out."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from services.api import cookies
from services.api.auth import (
    api_context,
    body_of,
    client_address,
    count_address,
    session_caller,
    session_of,
)
from services.api.operations.authenticate import Caller
from services.api.operations.fresh_proofs import FreshProof
from services.api.operations.own_password import OwnPassword
from services.api.operations.second_factors import OwnUser
from services.api.operations.sessions import NewToken, end_own, list_own, use_session
from services.api.operations.sign_in import SignIn
from services.api.schemas.json_bodies import request_body
from services.api.schemas.queries import check_query
from services.api.schemas.sessions import (
    CodeProof,
    EnrolmentReport,
    FullProof,
    NewSession,
    PasswordChange,
    PasswordProof,
    RecoveryCodesReport,
    SessionList,
    SessionReport,
    to_codes_report,
    to_enrolment_report,
    to_session_list,
    to_session_report,
)

router = APIRouter(tags=["sessions"])

CallerOf = Annotated[Caller, Depends(session_caller)]

SIGN_IN = """
Of a user of the console; a user of the API cannot. The answer sets the cookie
`__Host-txlink-session` (HttpOnly, Secure, SameSite=Lax), which every call takes in place of a key
but those of old clients and `GET /send`. What changes anything needs the `csrf_token` in the
header `X-CSRF-Token`, too, and comes from pages of this origin alone.

Where there is a second factor, `code` or `recovery_code` is needed: without one the answer is 401
with the code `second_factor_needed`. After some failures it is 429, and `Retry-After` says for how
long; a right password from where the user signed in before is not held up by strangers.
"""
ENROL = """
Shows a secret for an authenticator (TOTP, RFC 6238: six digits, 30 seconds, SHA-1) once. It counts
from its confirmation on; until then another call makes another.
"""
CONFIRM = """
The second factor counts from now on. The answer has ten recovery codes, each good once, and no
other will. All your other sessions end, and this one gets another cookie.
"""
PROVE = """
Making or rotating a key with the scope `admin`, adding a user, letting one in again or giving them
more, and another's password and second factor need a proof that is not older than
`TXLINK_SESSION_PROOF_S` (15 minutes): signing in is one, and so is this. Without one the answer
there is 403 with the code `fresh_proof_needed`. Wrong ones count as those of signing in do.
"""
CHANGE = """
All your other sessions end at once, and this one gets another cookie and `csrf_token`.
"""
NO_STORE = "no-store, private"
NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"description": "No such session of yours"}}


@router.post(
    "/session",
    summary="Sign in",
    description=SIGN_IN,
    openapi_extra=request_body(NewSession),
)
async def sign_in(request: Request, response: Response) -> SessionReport:
    await count_address(request)
    cookies.check_origin(request)
    check_query(request)
    body = await body_of(request, NewSession)
    token = (
        await api_context(request)
        .to_signs_in()
        .sign_in(
            SignIn(
                login=body.login,
                password=body.password,
                given=body.given(),
                address=client_address(request).address,
                agent=request.headers.get("user-agent", ""),
            )
        )
    )
    return await _told(request, response, token)


@router.get("/session", summary="Who is signed in")
async def get_session(request: Request, response: Response, caller: CallerOf) -> SessionReport:
    del request
    response.headers["Cache-Control"] = NO_STORE
    return to_session_report(caller, session_of(caller))


@router.delete("/session", status_code=204, summary="Sign out")
async def sign_out(request: Request, caller: CallerOf) -> None:
    context, session = api_context(request), session_of(caller)
    await end_own(context.engine, session, session.uuid, client_address(request).address)
    cookies.take_back(request, context)


@router.get("/sessions", summary="Your own sessions")
async def list_sessions(request: Request, caller: CallerOf) -> SessionList:
    session = session_of(caller)
    found = await list_own(api_context(request).engine, session)
    return to_session_list(found, session, caller.account.time_zone)


@router.delete(
    "/sessions/{session_id}",
    status_code=204,
    summary="End one of your sessions",
    responses=NOT_FOUND,
)
async def end_session(request: Request, caller: CallerOf, session_id: UUID) -> None:
    context, session = api_context(request), session_of(caller)
    await end_own(context.engine, session, session_id, client_address(request).address)
    if session_id == session.uuid:
        cookies.take_back(request, context)


@router.post(
    "/session/proof",
    status_code=204,
    summary="Prove once more who you are",
    description=PROVE,
    openapi_extra=request_body(FullProof),
)
async def prove(request: Request, caller: CallerOf) -> None:
    body = await body_of(request, FullProof)
    await FreshProof(_own(request, caller)).give(body.password, body.given())


@router.post(
    "/session/password",
    summary="Change your password",
    description=CHANGE,
    openapi_extra=request_body(PasswordChange),
)
async def change_password(request: Request, response: Response, caller: CallerOf) -> SessionReport:
    body = await body_of(request, PasswordChange)
    token = await OwnPassword(_own(request, caller)).change(body.password, body.new_password)
    return await _told(request, response, token)


@router.post(
    "/session/second-factor",
    status_code=201,
    summary="Begin to set up a second factor",
    description=ENROL,
    openapi_extra=request_body(PasswordProof),
)
async def enrol_second_factor(
    request: Request, response: Response, caller: CallerOf
) -> EnrolmentReport:
    body = await body_of(request, PasswordProof)
    response.headers["Cache-Control"] = NO_STORE
    return to_enrolment_report(await _own(request, caller).enrol(body.password))


@router.post(
    "/session/second-factor/confirm",
    summary="Let the second factor count",
    description=CONFIRM,
    openapi_extra=request_body(CodeProof),
)
async def confirm_second_factor(
    request: Request, response: Response, caller: CallerOf
) -> RecoveryCodesReport:
    body = await body_of(request, CodeProof)
    made = await _own(request, caller).confirm(body.code)
    return to_codes_report(made, (await _told(request, response, made.token)).csrf_token)


@router.post(
    "/session/second-factor/recovery-codes",
    summary="Make other recovery codes",
    description="Those before count no more. " + CHANGE.strip(),
    openapi_extra=request_body(PasswordProof),
)
async def renew_recovery_codes(
    request: Request, response: Response, caller: CallerOf
) -> RecoveryCodesReport:
    body = await body_of(request, PasswordProof)
    made = await _own(request, caller).renew_codes(body.password)
    return to_codes_report(made, (await _told(request, response, made.token)).csrf_token)


@router.post(
    "/session/second-factor/remove",
    summary="Remove your second factor",
    description=CHANGE,
    openapi_extra=request_body(PasswordProof),
)
async def remove_second_factor(
    request: Request, response: Response, caller: CallerOf
) -> SessionReport:
    body = await body_of(request, PasswordProof)
    token = await _own(request, caller).remove(body.password)
    return await _told(request, response, token)


def _own(request: Request, caller: Caller) -> OwnUser:
    address = client_address(request).address
    return api_context(request).to_own_user(session_of(caller), address)


async def _told(request: Request, response: Response, token: NewToken) -> SessionReport:
    """Give the browser a token just made, and tell of the session as it is with that."""
    context, address = api_context(request), client_address(request).address
    cookies.give(request, context, token)
    response.headers["Cache-Control"] = NO_STORE
    limits = context.to_session_limits()
    used = await use_session(context.engine, token.text, address, limits)
    return to_session_report(used.caller, session_of(used.caller))
