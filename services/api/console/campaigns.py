"""The list of campaigns: searched, page by page."""

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.console.campaign_orders import orders_at
from services.api.console.redirecting import is_partial
from services.api.console.rendering import render
from services.api.console.visits import enter
from services.api.console.wording import DONE, STATES
from services.api.operations.read_reports import read_campaigns
from services.api.schemas.report_queries import CampaignsQuery, cut_page
from services.api.schemas.reports import to_campaign_report

router = APIRouter()

PAGE = 25


@router.get("/campaigns")
async def list_campaigns(
    request: Request,
    title: str = "",
    status: str = "",
    cursor: UUID | None = None,
    done: str | None = None,
) -> Response:
    """Show a page of them; the part alone, if htmx asks for it."""
    visit = await enter(request, "report")
    account = visit.caller.account
    wanted = {
        "title": title.replace("\0", "")[:200] or None,
        "status": STATES.get(status) and status,
    }
    search = CampaignsQuery.model_validate(wanted).search(account.time_zone)
    rows = await read_campaigns(
        visit.context.engine, account, before=cursor, search=search, row_limit=PAGE + 1
    )
    page, last = cut_page(rows, PAGE)
    campaigns = [to_campaign_report(row, account.time_zone) for row in page]
    return render(
        request,
        "_campaign_list.html" if is_partial(request) else "campaigns.html",
        caller=visit.caller,
        campaigns=campaigns,
        orders={each.uuid: orders_at(each.state, visit.caller.scopes) for each in campaigns},
        title=wanted["title"] or "",
        state=wanted["status"] or "",
        states=list(STATES),
        cursor=cursor,
        next_cursor=last["uuid"] if last else None,
        done=DONE.get(done or ""),
    )
