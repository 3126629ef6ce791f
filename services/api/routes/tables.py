"""Whole reports of a campaign as files, streamed."""

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic.fields import FieldInfo

from services.api.auth import api_context, export_caller
from services.api.operations.authenticate import Caller
from services.api.operations.export_reports import export_hits, export_recipients
from services.api.operations.read_reports import number_of, read_campaign
from services.api.schemas.report_queries import (
    RecipientSheetQuery,
    RecipientTableQuery,
    ReportQuery,
    VisitSheetQuery,
    VisitTableQuery,
)
from services.api.schemas.reports import (
    RecipientReport,
    VisitReport,
    local,
    recipient_values,
    visit_values,
)
from services.api.schemas.spreadsheets import XLSX_TYPE, SpreadsheetResponse, to_cells, to_shape
from services.api.schemas.tables import CSV_TYPE, to_csv

router = APIRouter(prefix="/campaigns", tags=["reports"])

CallerOf = Annotated[Caller, Depends(export_caller)]
Batches = AsyncIterator[Iterable[Mapping[str, object]]]
CSV_EXAMPLES = {
    "recipients": "position,mobile,status,failure_cause,submitted_at,settled_at,link,destination,"
    "segments,hits,clicks,first_click_at,last_click_at\r\n"
    "0,'+919876543210,delivered,,2026-11-25T15:30:00+05:30,2026-11-25T15:30:04+05:30,"
    "https://tx1.in/SAlhjS,https://shop.example.com/sale,1,2,1,2026-11-25T15:31:07+05:30,"
    "2026-11-25T15:31:07+05:30\r\n",
    "clicks": "occurred_at,mobile,click_class,reasons,score,ip,country,region,city,asn,"
    "as_organisation,browser,browser_version,os,os_version,device_type,device,user_agent,"
    "referrer\r\n2026-11-25T15:31:07+05:30,'+919876543210,person,,0,203.0.113.7,IN,Maharashtra,"
    "Pune,64500,Example Mobile,Chrome Mobile,124,Android,14,mobile,Samsung SM-A546E,"
    "Mozilla/5.0 (Linux; Android 14; SM-A546E),\r\n",
}
XLSX_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {XLSX_TYPE: {"schema": {"type": "string", "format": "binary"}}},
        "description": "A row each; times are dates of the zone that their column names, numbers "
        "are text. Over 1,048,575 rows there are further sheets",
    }
}
XLSX_DESCRIPTION = """
The columns of the CSV. The whole file is made before its first octet is sent, which takes ten to
twenty seconds for each 100,000 rows. Where as many are being made as may be, the answer is 503, or
429 for those of one account, with `Retry-After`; the CSV needs no such place.
"""


def csv_answer(example_text: str) -> dict[int | str, dict[str, Any]]:
    """Describe the answer of a table as CSV."""
    example = {"schema": {"type": "string"}, "example": example_text}
    return {200: {"content": {"text/csv": example}, "description": "A row each, UTF-8, RFC 4180"}}


@router.get(
    "/{campaign_uuid}/recipients.csv",
    summary="All recipients as CSV",
    response_class=StreamingResponse,
    responses=csv_answer(CSV_EXAMPLES["recipients"]),
)
async def get_recipients_csv(
    request: Request,
    caller: CallerOf,
    campaign_uuid: UUID,
    query: Annotated[RecipientTableQuery, Query()],
) -> StreamingResponse:
    rows = await _recipients(request, caller, campaign_uuid, query)
    columns = list(RecipientReport.model_fields)
    name = f"recipients-{campaign_uuid}.csv"
    return csv_file(name, to_csv(columns, rows, with_mark=query.bom))


@router.get(
    "/{campaign_uuid}/clicks.csv",
    summary="All visits that are kept as CSV",
    description="Where visits before some time are no longer kept, the file's name says since "
    "when they are, and so does the header x-visits-kept-from.",
    response_class=StreamingResponse,
    responses=csv_answer(CSV_EXAMPLES["clicks"]),
)
async def get_clicks_csv(
    request: Request,
    caller: CallerOf,
    campaign_uuid: UUID,
    query: Annotated[VisitTableQuery, Query()],
) -> StreamingResponse:
    rows, kept_from = await _visits(request, caller, campaign_uuid, query)
    columns = list(VisitReport.model_fields)
    name = f"{_visits_name(campaign_uuid, kept_from)}.csv"
    answer = csv_file(name, to_csv(columns, rows, with_mark=query.bom))
    _say_since(answer, kept_from)
    return answer


@router.get(
    "/{campaign_uuid}/recipients.xlsx",
    summary="All recipients as a spreadsheet",
    description=XLSX_DESCRIPTION,
    response_class=Response,
    responses=XLSX_ANSWER,
)
async def get_recipients_xlsx(
    request: Request,
    caller: CallerOf,
    campaign_uuid: UUID,
    query: Annotated[RecipientSheetQuery, Query()],
) -> SpreadsheetResponse:
    rows = await _recipients(request, caller, campaign_uuid, query)
    name = f"recipients-{campaign_uuid}.xlsx"
    zone = _zone(caller, query)
    return spreadsheet(
        request, caller, name, fields=RecipientReport.model_fields, rows=rows, zone=zone
    )


@router.get(
    "/{campaign_uuid}/clicks.xlsx",
    summary="All visits as a spreadsheet",
    description=XLSX_DESCRIPTION,
    response_class=Response,
    responses=XLSX_ANSWER,
)
async def get_clicks_xlsx(
    request: Request,
    caller: CallerOf,
    campaign_uuid: UUID,
    query: Annotated[VisitSheetQuery, Query()],
) -> SpreadsheetResponse:
    rows, kept_from = await _visits(request, caller, campaign_uuid, query)
    name = f"{_visits_name(campaign_uuid, kept_from)}.xlsx"
    zone = _zone(caller, query)
    answer = spreadsheet(
        request, caller, name, fields=VisitReport.model_fields, rows=rows, zone=zone
    )
    _say_since(answer, kept_from)
    return answer


def _zone(caller: Caller, query: ReportQuery) -> ZoneInfo:
    return query.zone(caller.account.time_zone)


async def _recipients(
    request: Request,
    caller: Caller,
    campaign_uuid: UUID,
    query: RecipientTableQuery | RecipientSheetQuery,
) -> Batches:
    zone = _zone(caller, query)
    engine = api_context(request).engine
    # Before the first octet, since what is refused later cannot be said any more.
    await read_campaign(engine, caller.account, campaign_uuid)
    batches = export_recipients(engine, caller.account, campaign_uuid, which=query.which)
    return (
        (recipient_values(linked, zone, linked.row["msisdn"]) for linked in batch)
        async for batch in batches
    )


async def _visits(
    request: Request,
    caller: Caller,
    campaign_uuid: UUID,
    query: VisitTableQuery | VisitSheetQuery,
) -> tuple[Batches, datetime | None]:
    zone = _zone(caller, query)
    engine = api_context(request).engine
    campaign = await read_campaign(engine, caller.account, campaign_uuid)
    batches = export_hits(
        engine,
        caller.account,
        campaign_uuid,
        msisdn=number_of(query.mobile, caller.account) if query.mobile else None,
        with_machines=query.machines,
    )
    rows = ((visit_values(row, zone) for row in batch) async for batch in batches)
    return rows, local(campaign["hits_kept_from"], zone)


def _visits_name(campaign_uuid: UUID, kept_from: datetime | None) -> str:
    since = f"-since-{kept_from:%Y-%m-%d}" if kept_from else ""
    return f"clicks-{campaign_uuid}{since}"


def _say_since(answer: Response, kept_from: datetime | None) -> None:
    if kept_from:
        answer.headers["x-visits-kept-from"] = kept_from.isoformat()


def csv_file(name: str, octets: AsyncIterator[bytes]) -> StreamingResponse:
    """Answer with a table as CSV."""
    return StreamingResponse(
        octets,
        headers={
            "content-type": CSV_TYPE,
            "content-disposition": f'attachment; filename="{name}"',
        },
    )


def spreadsheet(
    request: Request,
    caller: Caller,
    name: str,
    *,
    fields: Mapping[str, FieldInfo],
    rows: Batches,
    zone: ZoneInfo,
) -> SpreadsheetResponse:
    """Answer with a table as a workbook, whose sheet is called as the file up to its hyphen."""
    making = api_context(request).spreadsheets.make(
        caller.account,
        to_shape(name.partition("-")[0], fields, zone),
        to_cells(list(fields), rows),
    )
    return SpreadsheetResponse(name, making)
