"""/uploads: files of recipients, read ahead of the send that uses them."""

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from services.api.auth import api_context, author_of, send_caller
from services.api.operations import find_uploads
from services.api.operations.authenticate import Caller
from services.api.operations.receive_upload import ReceivedFile, receive_upload
from services.api.schemas.file_bodies import FILE_FIELD, MULTIPART, RAW_KINDS, receive_file
from services.api.schemas.json_bodies import admit_again
from services.api.schemas.reports import Limit
from services.api.schemas.uploads import (
    UploadPage,
    UploadReport,
    to_upload_report,
    to_upload_summary,
)
from shared.domain.errors import DomainError

router = APIRouter(prefix="/uploads", tags=["uploads"])

CallerOf = Annotated[Caller, Depends(send_caller)]

DESCRIPTION = """
Take in a file of recipients: csv, txt or xlsx, as the field `file` of a form or alone as the body.
The answer comes when the file is stored; it is read after that, and `GET /uploads/{id}` tells how
far. It is kept for seven days.

**Columns.** The first row names them. A column `Phone`, `Mobile`, `MSISDN`, `Number` or `To` holds
the numbers, a column `Message` or `msg` each row's own text; every other column fills the
placeholder of its name. Without such a row the first column holds the numbers.

**Texts** are UTF-8, or UTF-16 with a byte order mark; the separator (comma, semicolon, tab or
bar) is recognised. **Workbooks**: the first visible sheet, with the values that its formulas had
when it was saved.

A row whose number cannot be sent to is rejected with its reason, and the others stay. A file that
breaks a rule (columns without a name, more cells than columns, …) fails as a whole, and its
`error` names the row.
"""
ERROR_EXAMPLE = {
    "status": "error",
    "statusCode": "413",
    "reason": "The file is larger than 67108864 octets: split it",
    "code": "upload_too_large",
    "field": "file",
}
REFUSALS = {
    400: "There is no file",
    401: "No live API key",
    403: "The API key lacks the scope `send`",
    408: "The file stopped coming in, or came too slowly",
    413: "The file is too large",
    415: "The content type is no file's",
    422: "The form is malformed",
    429: "Too many files of this account are under way; try again after `Retry-After` seconds",
    503: "Too many files wait to be read; try again after `Retry-After` seconds",
}
NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"description": "No such upload"}}


def _responses() -> dict[int | str, dict[str, Any]]:
    content = {"application/json": {"schema": {"type": "object"}, "example": ERROR_EXAMPLE}}
    return {status: {"description": text, "content": content} for status, text in REFUSALS.items()}


def _request_body() -> dict[str, Any]:
    file = {"type": "string", "format": "binary"}
    form = {"type": "object", "properties": {FILE_FIELD: file}, "required": [FILE_FIELD]}
    kinds: dict[str, Any] = {kind: {"schema": file} for kind in RAW_KINDS}
    kinds["text/csv"]["example"] = "Phone,Name\n919876543210,Asha\n"
    return {"required": True, "content": {MULTIPART: {"schema": form}, **kinds}}


@router.post(
    "",
    status_code=202,
    summary="Upload a file of recipients",
    description=DESCRIPTION,
    responses=_responses(),
    openapi_extra={"requestBody": _request_body()},
)
async def post_upload(
    request: Request,
    response: Response,
    caller: CallerOf,
    name: Annotated[str, Query(description="What to call the file")] = "",
) -> UploadReport:
    context = api_context(request)
    shown = await receive_upload(
        context.engine,
        context.uploads,
        caller.account,
        author_of(request, caller),
        partial(_receive, request, name),
    )
    response.headers["Location"] = str(
        request.app.url_path_for("get_upload", upload_id=shown.upload.uuid)
    )
    return to_upload_report(shown, caller.account.time_zone)


async def _receive(request: Request, name: str) -> ReceivedFile:
    received = await receive_file(request, api_context(request).to_file_limits(), name=name)
    try:
        await admit_again(request)
    except DomainError:
        received.file.close()
        raise
    return received


@router.get("", summary="List uploads, newest first")
async def list_uploads(
    request: Request,
    caller: CallerOf,
    limit: Limit = 50,
    cursor: Annotated[UUID | None, Query(description="next_cursor of the page before")] = None,
) -> UploadPage:
    engine = api_context(request).engine
    found = await find_uploads.list_uploads(engine, caller.account, before=cursor, row_limit=limit)
    return UploadPage(
        uploads=[to_upload_summary(upload, caller.account.time_zone) for upload in found],
        next_cursor=str(found[-1].uuid) if len(found) == limit else None,
    )


@router.get(
    "/{upload_id}", summary="One upload, how far it is read, and what it says", responses=NOT_FOUND
)
async def get_upload(request: Request, caller: CallerOf, upload_id: UUID) -> UploadReport:
    engine = api_context(request).engine
    shown = await find_uploads.find_upload(engine, caller.account, upload_id)
    return to_upload_report(shown, caller.account.time_zone)


@router.delete(
    "/{upload_id}",
    status_code=204,
    summary="Delete an upload and its rows",
    responses=NOT_FOUND,
)
async def delete_upload(request: Request, caller: CallerOf, upload_id: UUID) -> None:
    engine = api_context(request).engine
    author = author_of(request, caller)
    await find_uploads.delete_upload(engine, caller.account, upload_id, author)
