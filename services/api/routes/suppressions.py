"""/suppressions: numbers that want nothing more of the account."""

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from services.api.auth import (
    admin_caller,
    api_context,
    author_of,
    body_of,
    export_caller,
    list_caller,
    report_caller,
)
from services.api.domain.opt_outs import SuppressionSource
from services.api.operations.authenticate import Caller
from services.api.operations.manage_suppressions import Imported, OptOutOrders
from services.api.routes.tables import (
    XLSX_ANSWER,
    XLSX_DESCRIPTION,
    csv_answer,
    csv_file,
    spreadsheet,
)
from services.api.schemas.file_bodies import receive_file
from services.api.schemas.imports import file_body, is_list, read_list
from services.api.schemas.json_bodies import request_body
from services.api.schemas.report_queries import (
    ReportQuery,
    TableQuery,
    cut_page,
    to_number_cursor,
)
from services.api.schemas.spreadsheets import SpreadsheetResponse
from services.api.schemas.suppressions import (
    COLUMNS,
    CSV_EXAMPLE,
    ImportReport,
    NewSuppression,
    SuppressionPage,
    SuppressionReport,
    SuppressionsQuery,
    suppression_values,
    to_import_report,
    to_suppression_report,
)
from services.api.schemas.tables import to_csv

router = APIRouter(prefix="/suppressions", tags=["consent"])

Reader = Annotated[Caller, Depends(report_caller)]
Exporter = Annotated[Caller, Depends(export_caller)]
Sender = Annotated[Caller, Depends(list_caller)]
Admin = Annotated[Caller, Depends(admin_caller)]
Msisdn = Annotated[str, Path(description="In any written form", examples=["919876543210"])]
NOT_OPTED_OUT: dict[int | str, dict[str, Any]] = {
    404: {"description": "The number has not opted out"}
}
ADD = """
From now on no marketing goes to the number: sends leave it out and list it in `rejected` with the
reason `opted_out`, and what was accepted before is cancelled instead of handed over. A number that
has opted out stays noted as it is: when and how that first became known is what counts.
"""
REMOVE = """
From now on marketing goes to the number again. Do that only where its owner asked for it; who took
an opt-out back, and when, stays in the audit trail.
"""
IMPORT = """
Note the opt-outs of a csv, txt or xlsx file, as `/uploads` reads them, or of a JSON list of
numbers: all or none, up to 1,000,000. Rows without a number are told of, and the others noted; a
number that has opted out stays noted as it is. The answer comes when all is noted.
"""


@router.get("", summary="List who opted out, in the order of numbers")
async def list_suppressions(
    request: Request, caller: Reader, query: Annotated[SuppressionsQuery, Query()]
) -> SuppressionPage:
    after = to_number_cursor(query.cursor)
    found = await _orders(request, caller).page(after=after, row_limit=query.limit + 1)
    page, last = cut_page(found, query.limit)
    zone = query.zone(caller.account.time_zone)
    return SuppressionPage(
        suppressions=[to_suppression_report(each, zone) for each in page],
        next_cursor=str(page[-1].msisdn) if last else None,
    )


# Before those of one number, which would be called "import".
@router.post(
    "/import",
    summary="Note the opt-outs of a file or a list",
    description=IMPORT,
    openapi_extra=dict(file_body(with_list=True)),
)
async def import_suppressions(
    request: Request,
    caller: Admin,
    note: Annotated[str, Query(description="What is said of all of them")] = "",
) -> ImportReport:
    context = api_context(request)
    with context.imports.place(caller.account.id):
        return to_import_report(await _import(request, _orders(request, caller), note))


@router.get(
    ".csv",
    summary="All who opted out as CSV",
    response_class=StreamingResponse,
    responses=csv_answer(CSV_EXAMPLE),
)
async def get_suppressions_csv(
    request: Request, caller: Exporter, query: Annotated[TableQuery, Query()]
) -> StreamingResponse:
    rows = _rows(request, caller, query)
    return csv_file("suppressions.csv", to_csv(COLUMNS, rows, with_mark=query.bom))


@router.get(
    ".xlsx",
    summary="All who opted out as a spreadsheet",
    description=XLSX_DESCRIPTION,
    response_class=Response,
    responses=XLSX_ANSWER,
)
async def get_suppressions_xlsx(
    request: Request, caller: Exporter, query: Annotated[ReportQuery, Query()]
) -> SpreadsheetResponse:
    rows = _rows(request, caller, query)
    fields = {name: SuppressionReport.model_fields[name] for name in COLUMNS}
    zone = query.zone(caller.account.time_zone)
    return spreadsheet(request, caller, "suppressions.xlsx", fields=fields, rows=rows, zone=zone)


@router.get("/{msisdn}", summary="Whether and how a number opted out", responses=NOT_OPTED_OUT)
async def get_suppression(
    request: Request, caller: Reader, msisdn: Msisdn, query: Annotated[ReportQuery, Query()]
) -> SuppressionReport:
    found = await _orders(request, caller).find(msisdn)
    return to_suppression_report(found, query.zone(caller.account.time_zone))


@router.put(
    "/{msisdn}",
    summary="Note that a number wants nothing more",
    description=ADD,
    responses={201: {"description": "Noted", "model": SuppressionReport}},
    openapi_extra=request_body(NewSuppression, is_required=False),
)
async def put_suppression(
    request: Request, response: Response, caller: Sender, msisdn: Msisdn
) -> SuppressionReport:
    body = await body_of(request, NewSuppression)
    noted = await _orders(request, caller).add(
        msisdn, source=SuppressionSource(body.source), note=body.note
    )
    if noted.is_new:
        response.status_code = 201
    return to_suppression_report(noted.suppression, caller.account.time_zone)


@router.delete(
    "/{msisdn}",
    status_code=204,
    summary="Take an opt-out back",
    description=REMOVE,
    responses=NOT_OPTED_OUT,
)
async def delete_suppression(
    request: Request,
    caller: Admin,
    msisdn: Msisdn,
    note: Annotated[
        str, Query(description="Why, for the audit trail", examples=["Asked by telephone"])
    ] = "",
) -> None:
    await _orders(request, caller).remove(msisdn, note=note)


async def _import(request: Request, orders: OptOutOrders, note: str) -> Imported:
    context = api_context(request)
    limits = context.to_file_limits()
    if is_list(request):
        mobiles = await read_list(request, limits, octet_limit=context.settings.max_body_octets)
        return await orders.import_list(mobiles, note=note)
    received = await receive_file(request, limits, name="")
    with received.file:
        return await orders.import_file(received.file, note=note)


def _rows(
    request: Request, caller: Caller, query: ReportQuery
) -> AsyncIterator[Iterable[Mapping[str, object]]]:
    # Before the first octet, since what is refused later cannot be said any more.
    zone = query.zone(caller.account.time_zone)
    batches = _orders(request, caller).export()
    return ([suppression_values(each, zone) for each in batch] async for batch in batches)


def _orders(request: Request, caller: Caller) -> OptOutOrders:
    author = author_of(request, caller)
    return api_context(request).to_opt_out_orders(caller.account, author)
