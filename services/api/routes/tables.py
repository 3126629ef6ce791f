"""Whole reports of a campaign as files, streamed."""

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from services.api.auth import api_context, report_caller
from services.api.operations.authenticate import Caller
from services.api.operations.export_reports import export_hits, export_recipients
from services.api.operations.read_reports import number_of, read_campaign
from services.api.schemas.report_queries import RecipientTableQuery, VisitTableQuery
from services.api.schemas.reports import (
    RecipientReport,
    VisitReport,
    local,
    recipient_values,
    visit_values,
)
from services.api.schemas.tables import CSV_TYPE, to_csv

router = APIRouter(prefix="/campaigns", tags=["reports"])

CallerOf = Annotated[Caller, Depends(report_caller)]
CSV_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {}}, "description": "A row each, UTF-8, RFC 4180"}
}


@router.get(
    "/{campaign_uuid}/recipients.csv",
    summary="All recipients as CSV",
    response_class=StreamingResponse,
    responses=CSV_ANSWER,
)
async def get_recipients_csv(
    request: Request,
    caller: CallerOf,
    campaign_uuid: UUID,
    query: Annotated[RecipientTableQuery, Query()],
) -> StreamingResponse:
    zone = query.zone(caller.account.time_zone)
    engine = api_context(request).engine
    # Before the first octet, since what is refused later cannot be said any more.
    await read_campaign(engine, caller.account, campaign_uuid)
    batches = export_recipients(engine, caller.account, campaign_uuid, which=query.which)
    rows = (
        [recipient_values(linked, zone, linked.row["msisdn"]) for linked in batch]
        async for batch in batches
    )
    columns = list(RecipientReport.model_fields)
    name = f"recipients-{campaign_uuid}.csv"
    return _file(name, to_csv(columns, rows, with_mark=query.bom))


@router.get(
    "/{campaign_uuid}/clicks.csv",
    summary="All visits that are kept as CSV",
    description="Where visits before some time are no longer kept, the file's name says since "
    "when they are, and so does the header x-visits-kept-from.",
    response_class=StreamingResponse,
    responses=CSV_ANSWER,
)
async def get_clicks_csv(
    request: Request,
    caller: CallerOf,
    campaign_uuid: UUID,
    query: Annotated[VisitTableQuery, Query()],
) -> StreamingResponse:
    zone = query.zone(caller.account.time_zone)
    engine = api_context(request).engine
    campaign = await read_campaign(engine, caller.account, campaign_uuid)
    batches = export_hits(
        engine,
        caller.account,
        campaign_uuid,
        msisdn=number_of(query.mobile, caller.account) if query.mobile else None,
        with_machines=query.machines,
    )
    rows = ([visit_values(row, zone) for row in batch] async for batch in batches)
    columns = list(VisitReport.model_fields)
    kept_from = local(campaign["hits_kept_from"], zone)
    since = f"-since-{kept_from:%Y-%m-%d}" if kept_from else ""
    name = f"clicks-{campaign_uuid}{since}.csv"
    answer = _file(name, to_csv(columns, rows, with_mark=query.bom))
    if kept_from:
        answer.headers["x-visits-kept-from"] = kept_from.isoformat()
    return answer


def _file(name: str, octets: AsyncIterator[bytes]) -> StreamingResponse:
    return StreamingResponse(
        octets,
        headers={
            "content-type": CSV_TYPE,
            "content-disposition": f'attachment; filename="{name}"',
        },
    )
