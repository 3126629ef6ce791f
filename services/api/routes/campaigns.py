"""/campaigns: what was sent and what came of it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from services.api.auth import api_context, report_caller
from services.api.operations.authenticate import Caller
from services.api.operations.compare_campaigns import read_comparison
from services.api.operations.read_reports import (
    number_of,
    read_breakdown,
    read_campaign,
    read_campaigns,
    read_hits,
    read_recipients,
)
from services.api.schemas.breakdowns import CampaignBreakdown, to_breakdown
from services.api.schemas.comparisons import CampaignComparison, to_comparison
from services.api.schemas.report_queries import (
    MAX_POSITION,
    BreakdownQuery,
    CampaignsQuery,
    ClicksQuery,
    ComparisonQuery,
    RecipientsQuery,
    ReportQuery,
    cut_page,
    hit_cursor,
    to_hit_place,
    to_number_cursor,
)
from services.api.schemas.reports import (
    CampaignPage,
    CampaignReport,
    RecipientPage,
    VisitPage,
    local,
    to_campaign_report,
    to_recipient_report,
    to_visit_report,
)

router = APIRouter(prefix="/campaigns", tags=["reports"])

CallerOf = Annotated[Caller, Depends(report_caller)]


@router.get("", summary="List campaigns, newest first")
async def list_campaigns(
    request: Request, caller: CallerOf, query: Annotated[CampaignsQuery, Query()]
) -> CampaignPage:
    zone = query.zone(caller.account.time_zone)
    rows = await read_campaigns(
        api_context(request).engine,
        caller.account,
        before=query.cursor,
        search=query.search(caller.account.time_zone),
        row_limit=query.limit + 1,
    )
    page, last = cut_page(rows, query.limit)
    return CampaignPage(
        campaigns=[to_campaign_report(row, zone) for row in page],
        next_cursor=str(last["uuid"]) if last else None,
    )


@router.get(
    "/compare",
    summary="Two to five campaigns side by side",
    description="Their figures, all of one moment, and what each other has more than `a`.",
)
async def compare_campaigns(
    request: Request, caller: CallerOf, query: Annotated[ComparisonQuery, Query()]
) -> CampaignComparison:
    zone = query.zone(caller.account.time_zone)
    compared = await read_comparison(
        api_context(request).engine, caller.account, query.campaigns()
    )
    return to_comparison(compared, zone)


@router.get("/{campaign_uuid}", summary="One campaign with its totals")
async def get_campaign(
    request: Request,
    caller: CallerOf,
    campaign_uuid: UUID,
    query: Annotated[ReportQuery, Query()],
) -> CampaignReport:
    zone = query.zone(caller.account.time_zone)
    row = await read_campaign(api_context(request).engine, caller.account, campaign_uuid)
    return to_campaign_report(row, zone)


@router.get("/{campaign_uuid}/breakdown", summary="Who clicked, when, where and on what")
async def get_breakdown(
    request: Request,
    caller: CallerOf,
    campaign_uuid: UUID,
    query: Annotated[BreakdownQuery, Query()],
) -> CampaignBreakdown:
    zone = query.zone(caller.account.time_zone)
    breakdown = await read_breakdown(
        api_context(request).engine, caller.account, campaign_uuid, top=query.top
    )
    return to_breakdown(breakdown, zone)


@router.get("/{campaign_uuid}/recipients", summary="Recipients with status, link and clicks")
async def list_recipients(
    request: Request,
    caller: CallerOf,
    campaign_uuid: UUID,
    query: Annotated[RecipientsQuery, Query()],
) -> RecipientPage:
    zone = query.zone(caller.account.time_zone)
    after = to_number_cursor(query.cursor, highest=MAX_POSITION)
    rows = await read_recipients(
        api_context(request).engine,
        caller.account,
        campaign_uuid,
        after=-1 if after is None else after,
        which=query.which,
        row_limit=query.limit + 1,
    )
    page, last = cut_page(rows, query.limit)
    return RecipientPage(
        recipients=[to_recipient_report(linked, zone) for linked in page],
        next_cursor=str(last.row["position"]) if last else None,
    )


@router.get("/{campaign_uuid}/clicks", summary="Each visit that is kept, newest first")
async def list_clicks(
    request: Request,
    caller: CallerOf,
    campaign_uuid: UUID,
    query: Annotated[ClicksQuery, Query()],
) -> VisitPage:
    zone = query.zone(caller.account.time_zone)
    visits = await read_hits(
        api_context(request).engine,
        caller.account,
        campaign_uuid,
        msisdn=number_of(query.mobile, caller.account) if query.mobile else None,
        with_machines=query.machines,
        before=to_hit_place(query.cursor),
        row_limit=query.limit + 1,
    )
    page, last = cut_page(visits.rows, query.limit)
    return VisitPage(
        clicks=[to_visit_report(row, zone) for row in page],
        visits_kept_from=local(visits.kept_from, zone),
        next_cursor=hit_cursor(last) if last else None,
    )
