"""/campaigns: what was sent and what came of it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from services.api.auth import api_context, report_caller
from services.api.operations.authenticate import Caller
from services.api.operations.read_reports import (
    number_of,
    read_campaign,
    read_campaigns,
    read_hits,
    read_recipients,
)
from services.api.schemas.reports import (
    CampaignPage,
    CampaignReport,
    Limit,
    RecipientPage,
    VisitPage,
    hit_cursor,
    to_campaign_report,
    to_hit_place,
    to_number_cursor,
    to_recipient_report,
    to_visit_report,
    zone_of,
)

router = APIRouter(prefix="/campaigns", tags=["reports"])

CallerOf = Annotated[Caller, Depends(report_caller)]
Zone = Annotated[str | None, Query(description="IANA time zone; default: the account's")]
Cursor = Annotated[str | None, Query(description="next_cursor of the page before")]
UuidCursor = Annotated[UUID | None, Query(description="next_cursor of the page before")]


@router.get("", summary="List campaigns, newest first")
async def list_campaigns(
    request: Request,
    caller: CallerOf,
    limit: Limit = 50,
    cursor: UuidCursor = None,
    tz: Zone = None,
) -> CampaignPage:
    zone = zone_of(tz, caller.account.time_zone)
    engine = api_context(request).engine
    rows = await read_campaigns(engine, caller.account, before=cursor, row_limit=limit)
    return CampaignPage(
        campaigns=[to_campaign_report(row, zone) for row in rows],
        next_cursor=str(rows[-1]["uuid"]) if len(rows) == limit else None,
    )


@router.get("/{campaign_uuid}", summary="One campaign with its totals")
async def get_campaign(
    request: Request, caller: CallerOf, campaign_uuid: UUID, tz: Zone = None
) -> CampaignReport:
    zone = zone_of(tz, caller.account.time_zone)
    row = await read_campaign(api_context(request).engine, caller.account, campaign_uuid)
    return to_campaign_report(row, zone)


@router.get("/{campaign_uuid}/recipients", summary="Recipients with status, link and clicks")
async def list_recipients(
    request: Request,
    caller: CallerOf,
    campaign_uuid: UUID,
    *,
    limit: Limit = 100,
    cursor: Cursor = None,
    tz: Zone = None,
) -> RecipientPage:
    zone = zone_of(tz, caller.account.time_zone)
    after = to_number_cursor(cursor)
    rows = await read_recipients(
        api_context(request).engine,
        caller.account,
        campaign_uuid,
        after=-1 if after is None else after,
        row_limit=limit,
    )
    return RecipientPage(
        recipients=[to_recipient_report(linked, zone) for linked in rows],
        next_cursor=str(rows[-1].row["position"]) if len(rows) == limit else None,
    )


@router.get("/{campaign_uuid}/clicks", summary="Each visit, newest first")
async def list_clicks(
    request: Request,
    caller: CallerOf,
    campaign_uuid: UUID,
    *,
    mobile: Annotated[str | None, Query(description="Visits of this number only")] = None,
    machines: Annotated[bool, Query(description="Include what no person did")] = False,
    limit: Limit = 100,
    cursor: Cursor = None,
    tz: Zone = None,
) -> VisitPage:
    zone = zone_of(tz, caller.account.time_zone)
    rows = await read_hits(
        api_context(request).engine,
        caller.account,
        campaign_uuid,
        msisdn=number_of(mobile, caller.account) if mobile else None,
        with_machines=machines,
        before=to_hit_place(cursor),
        row_limit=limit,
    )
    return VisitPage(
        clicks=[to_visit_report(row, zone) for row in rows],
        next_cursor=hit_cursor(rows[-1]) if len(rows) == limit else None,
    )
