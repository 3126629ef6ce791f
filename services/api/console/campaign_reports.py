"""The report of a campaign: its numbers, what it came to, its recipients."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.console.campaign_orders import orders_at
from services.api.console.insights import read_insights
from services.api.console.redirecting import is_partial
from services.api.console.rendering import render
from services.api.console.sealed_numbers import sealed_with
from services.api.console.visits import Visit, enter
from services.api.console.wording import DONE, N_
from services.api.operations.read_reports import read_campaign, read_recipients
from services.api.schemas.report_queries import (
    MAX_POSITION,
    RecipientsQuery,
    cut_page,
    to_number_cursor,
)
from services.api.schemas.reports import CampaignReport, to_campaign_report, to_recipient_report

router = APIRouter(prefix="/campaigns")

PAGE: Final = 50
# Filters, in the order of their tabs.
FILTERS: Final = {
    "all": N_("All"),
    "clicked": N_("Clicked"),
    "not_clicked": N_("Not clicked"),
    "failed": N_("Failed"),
}
FILTER_MEANINGS: Final = {
    "all": N_("Everybody the campaign was sent to, in the order of the send."),
    "clicked": N_("People followed their link. What machines did does not count."),
    "not_clicked": N_(
        "They have the message, did not follow its link, and have not opted out: those whom you "
        "may send to again."
    ),
    "failed": N_("The message did not arrive; beside the status is why, where the carrier said."),
}


@router.get("/{campaign_uuid}")
async def show_report(
    request: Request,
    campaign_uuid: UUID,
    which: str = "all",
    cursor: str | None = None,
    done: str | None = None,
) -> Response:
    """Show the report, with a page of recipients; those alone, if htmx asks for them."""
    visit = await enter(request, "report")
    which = which if which in FILTERS else "all"
    if is_partial(request):
        campaign = await _campaign(visit, campaign_uuid)
        recipients = await _recipients(visit, campaign_uuid, which, cursor)
        return render(
            request, "_recipients.html", caller=visit.caller, campaign=campaign, **recipients
        )
    insights = await read_insights(visit, campaign_uuid)
    recipients = await _recipients(visit, campaign_uuid, which, cursor)
    return render(
        request,
        "campaign.html",
        caller=visit.caller,
        orders=orders_at(insights.campaign.state, visit.caller.scopes),
        done=DONE.get(done or ""),
        **insights.values(),
        **recipients,
    )


@router.get("/{campaign_uuid}/totals")
async def show_totals(request: Request, campaign_uuid: UUID) -> Response:
    """Show the numbers alone, as they are now."""
    visit = await enter(request, "report")
    campaign = await _campaign(visit, campaign_uuid)
    return render(
        request,
        "_totals.html",
        caller=visit.caller,
        campaign=campaign,
        orders=orders_at(campaign.state, visit.caller.scopes),
    )


@router.get("/{campaign_uuid}/insights")
async def show_insights(request: Request, campaign_uuid: UUID) -> Response:
    """Show what it came to alone, as it is now."""
    visit = await enter(request, "report")
    insights = await read_insights(visit, campaign_uuid)
    return render(request, "_insights.html", caller=visit.caller, **insights.values())


async def _campaign(visit: Visit, campaign_uuid: UUID) -> CampaignReport:
    account = visit.caller.account
    row = await read_campaign(visit.context.engine, account, campaign_uuid)
    return to_campaign_report(row, account.time_zone)


async def _recipients(
    visit: Visit, campaign_uuid: UUID, which: str, cursor: str | None
) -> Mapping[str, Any]:
    account = visit.caller.account
    position = to_number_cursor(cursor, highest=MAX_POSITION)
    rows = await read_recipients(
        visit.context.engine,
        account,
        campaign_uuid,
        after=-1 if position is None else position,
        row_limit=PAGE + 1,
        which=RecipientsQuery.model_validate({"which": which}).which,
    )
    page, last = cut_page(rows, PAGE)
    return {
        "recipients": [to_recipient_report(row, account.time_zone) for row in page],
        "seal": sealed_with(visit),
        "which": which,
        "filters": FILTERS,
        "filter_meaning": FILTER_MEANINGS[which],
        "cursor": cursor,
        "next_cursor": last.row["position"] if last else None,
        "may_export": "export" in visit.caller.scopes,
    }
