"""/privacy, /erasures, and what is done with all that is kept of one number."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, StreamingResponse

from services.api.auth import admin_caller, api_context, author_of, body_of
from services.api.operations.authenticate import Caller
from services.api.operations.change_privacy import PrivacyOrders
from services.api.operations.erase_number import NumberErasures
from services.api.operations.export_number import NumberExport
from services.api.operations.read_reports import number_of
from services.api.schemas.erasures import ErasureReport, to_erasure_report
from services.api.schemas.json_bodies import request_body
from services.api.schemas.number_exports import ExportedNumber, write_export
from services.api.schemas.privacy import PrivacyChange, PrivacyReport, to_privacy_report

router = APIRouter(tags=["privacy"])

CallerOf = Annotated[Caller, Depends(admin_caller)]
KeepOptOut = Annotated[
    bool,
    Query(
        description="Remember that the number is not to be sent to again; false forgets that, too"
    ),
]

ERASE = """
Erases the number from everything that the account has of it, and keeps all that was counted.
Messages to it that wait are cancelled first. A worker does it in the background: the answer is 202
and names the erasure, whose `status` is read at `/erasures/{id}`; a number that is being erased
already is not erased twice. Reports then show `erased` in the place of the number.
docs/privacy.md has what is erased, what stays and why.
"""
EXPORT = """
One JSON document with everything that the account has of the number: its opt-out, messages with
their texts as sent and what became of them, visits with all their circumstances, what contact
groups say of it, rows of uploads, and what webhooks were told. It is written as it is read; one
that has no closing brace is not whole.
"""
CHANGE = """
What is left out stays. Addresses of visits to come are stored as it says from now on; what was
stored before follows within the hour. Texts and visits go with the upkeep, once an hour.
"""
ACCEPTED: dict[int | str, dict[str, Any]] = {202: {"model": ErasureReport}}
DOCUMENT: dict[int | str, dict[str, Any]] = {200: {"model": ExportedNumber}}
NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"description": "No such erasure"}}


@router.delete(
    "/recipients/{msisdn}",
    status_code=202,
    summary="Erase a number everywhere",
    description=ERASE,
    responses=ACCEPTED,
)
async def delete_recipient(
    request: Request,
    caller: CallerOf,
    msisdn: str,
    keep_opt_out: KeepOptOut = True,  # noqa: FBT002 - a parameter of the query
) -> ErasureReport:
    number = number_of(msisdn, caller.account, field="msisdn")
    begun = await _erasures(request, caller).begin(number, keep_opt_out=keep_opt_out)
    return to_erasure_report(begun, caller.account.time_zone)


@router.get(
    "/erasures/{erasure_id}",
    summary="How far the erasure of a number has come",
    responses=NOT_FOUND,
)
async def get_erasure(request: Request, caller: CallerOf, erasure_id: UUID) -> ErasureReport:
    found = await _erasures(request, caller).get(erasure_id)
    return to_erasure_report(found, caller.account.time_zone)


@router.get(
    "/recipients/{msisdn}/export",
    summary="All that is kept of a number",
    description=EXPORT,
    response_class=JSONResponse,
    responses=DOCUMENT,
)
async def export_recipient(request: Request, caller: CallerOf, msisdn: str) -> StreamingResponse:
    engine = api_context(request).engine
    export = NumberExport(
        engine, caller.account, number_of(msisdn, caller.account, field="msisdn")
    )
    await export.note(author_of(request, caller))
    parts = write_export(export, caller.account.time_zone, api_context(request).clock.now())
    return StreamingResponse(
        parts,
        media_type="application/json",
        headers={"content-disposition": 'attachment; filename="recipient.json"'},
    )


@router.get("/privacy", summary="What the account keeps of visitors and texts, and how long")
async def get_privacy(request: Request, caller: CallerOf) -> PrivacyReport:
    return to_privacy_report(await _orders(request, caller).read())


@router.patch(
    "/privacy",
    summary="Say what the account keeps of visitors and texts, and how long",
    description=CHANGE,
    openapi_extra=request_body(PrivacyChange),
)
async def patch_privacy(request: Request, caller: CallerOf) -> PrivacyReport:
    body = await body_of(request, PrivacyChange)
    return to_privacy_report(await _orders(request, caller).change(body.changes()))


def _erasures(request: Request, caller: Caller) -> NumberErasures:
    engine = api_context(request).engine
    return NumberErasures(engine, caller.account.id, author_of(request, caller))


def _orders(request: Request, caller: Caller) -> PrivacyOrders:
    engine = api_context(request).engine
    return PrivacyOrders(engine, caller.account.id, author_of(request, caller))
