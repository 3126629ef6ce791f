"""The report of a campaign: its numbers, clicks over time, its recipients."""

from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.console.campaign_orders import orders_at
from services.api.console.charts import draw
from services.api.console.redirecting import is_partial
from services.api.console.rendering import render
from services.api.console.visits import enter
from services.api.console.wording import DONE, N_
from services.api.operations.read_reports import read_breakdown, read_campaign, read_recipients
from services.api.schemas.report_queries import (
    MAX_POSITION,
    RecipientsQuery,
    cut_page,
    to_number_cursor,
)
from services.api.schemas.reports import to_campaign_report, to_recipient_report

router = APIRouter(prefix="/campaigns")

PAGE: Final = 50
# Filters, in the order of their tabs.
FILTERS: Final = {
    "all": N_("All"),
    "clicked": N_("Clicked"),
    "not_clicked": N_("Not clicked"),
    "failed": N_("Failed"),
}


@router.get("/{campaign_uuid}")
async def show_report(
    request: Request,
    campaign_uuid: UUID,
    which: str = "all",
    cursor: str | None = None,
    done: str | None = None,
) -> Response:
    """Show the report, with a page of recipients."""
    visit = await enter(request, "report")
    account, engine = visit.caller.account, visit.context.engine
    which = which if which in FILTERS else "all"
    rows = await read_recipients(
        engine,
        account,
        campaign_uuid,
        after=_after(cursor),
        row_limit=PAGE + 1,
        which=RecipientsQuery.model_validate({"which": which}).which,
    )
    page, last = cut_page(rows, PAGE)
    shown: dict[str, Any] = {
        "caller": visit.caller,
        "recipients": [to_recipient_report(row, account.time_zone) for row in page],
        "which": which,
        "filters": FILTERS,
        "cursor": cursor,
        "next_cursor": last.row["position"] if last else None,
    }
    if is_partial(request):
        row = await read_campaign(engine, account, campaign_uuid)
        campaign = to_campaign_report(row, account.time_zone)
        return render(request, "_recipients.html", campaign=campaign, **shown)
    breakdown = await read_breakdown(engine, account, campaign_uuid, top=1)
    campaign = to_campaign_report(breakdown.campaign, account.time_zone)
    return render(
        request,
        "campaign.html",
        campaign=campaign,
        orders=orders_at(campaign.state, visit.caller.scopes),
        chart=draw(breakdown.quarters, account.time_zone),
        median=breakdown.median_first_click,
        done=DONE.get(done or ""),
        **shown,
    )


@router.get("/{campaign_uuid}/totals")
async def show_totals(request: Request, campaign_uuid: UUID) -> Response:
    """Show the numbers alone, as they are now."""
    visit = await enter(request, "report")
    account = visit.caller.account
    row = await read_campaign(visit.context.engine, account, campaign_uuid)
    return render(
        request,
        "_totals.html",
        caller=visit.caller,
        campaign=to_campaign_report(row, account.time_zone),
    )


def _after(cursor: str | None) -> int:
    position = to_number_cursor(cursor, highest=MAX_POSITION)
    return -1 if position is None else position
