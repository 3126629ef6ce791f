"""Files of recipients for a send: taken in, and followed while they are read."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api import cookies
from services.api.auth import authenticate, count_address, identify, in_cookie
from services.api.console.drafts import UPLOAD, to_draft
from services.api.console.file_forms import enter_with_file
from services.api.console.rendering import render
from services.api.console.send_wording import refusal_of, rejection_word
from services.api.console.sending import form_page
from services.api.console.visits import Visit, enter
from services.api.console.wrong_fields import Wrong
from services.api.domain.user_errors import SessionMissingError
from services.api.operations.find_uploads import ShownUpload, find_upload
from services.api.operations.receive_upload import ReceivedFile, receive_upload
from services.api.schemas.file_bodies import receive_file
from services.api.schemas.uploads import to_upload_report
from shared.domain.errors import DomainError

router = APIRouter(prefix="/send/files")

UNDER_WAY: Final = frozenset({"waiting", "reading"})


@router.post("")
async def take_file(request: Request, name: str = "") -> Response:
    """Take a file in: alone from a script, or as a field of the whole form without one.

    Raises:
        SessionMissingError: They are not signed in, or no more.
    """
    if cookies.CSRF_HEADER not in request.headers:
        return await _take_with_form(request)
    visit = await _enter_by_header(request)
    try:
        shown = await _received(visit, partial(_take_alone, visit, name))
    except SessionMissingError:
        raise
    except DomainError as error:
        return _state(visit, None, error)
    return _state(visit, shown)


@router.get("/{upload_id}")
async def show_file(request: Request, upload_id: UUID) -> Response:
    """Show how far a file is read, and what it says."""
    visit = await enter(request, "send")
    return _state(visit, await find_upload(visit.context.engine, visit.caller.account, upload_id))


async def _take_with_form(request: Request) -> Response:
    async with enter_with_file(request, "send") as (visit, file):
        draft = {**to_draft(visit.form), "to": UPLOAD}

        async def taken() -> ReceivedFile:
            return file.take()

        try:
            shown = await _received(visit, taken)
        except DomainError as error:
            return await form_page(visit, draft, file_refusal=error)
        return await form_page(visit, {**draft, "upload": str(shown.upload.uuid)})


async def _enter_by_header(request: Request) -> Visit:
    """Let in a script of ours, whose token is in a header since the body is the file.

    Raises:
        SessionMissingError: Nobody is signed in.
        DomainError: As ``enter``.
    """
    await count_address(request)
    shown = in_cookie(request)
    if shown is None:
        raise SessionMissingError
    caller = await authenticate(request, shown)
    caller.require("send")
    return Visit(request, caller, {})


async def _take_alone(visit: Visit, name: str) -> ReceivedFile:
    limits = visit.context.to_file_limits()
    received = await receive_file(visit.request, limits, name=name)
    try:
        # Anew, as their session may have ended while the file came in.
        caller = await identify(visit.request, in_cookie(visit.request))
        caller.require("send")
    except DomainError:
        received.file.close()
        raise
    return received


async def _received(visit: Visit, receive: Callable[[], Awaitable[ReceivedFile]]) -> ShownUpload:
    return await receive_upload(
        visit.context.engine,
        visit.context.uploads,
        visit.caller.account,
        visit.author,
        receive,
    )


def _state(visit: Visit, shown: ShownUpload | None, error: DomainError | None = None) -> Response:
    upload = to_upload_report(shown, visit.caller.account.time_zone) if shown else None
    response = render(
        visit.request,
        "_send_upload.html",
        caller=visit.caller,
        refusal=error,
        upload=upload,
        file_wrong=Wrong("file", refusal_of(error)) if error else None,
        rejection_word=rejection_word,
    )
    if upload is not None and upload.status not in UNDER_WAY:
        response.headers["HX-Trigger-After-Settle"] = "counted"
    return response
