"""The list of campaigns: searched, page by page."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field, ValidationError
from starlette.responses import Response

from services.api.console.campaign_orders import orders_at
from services.api.console.redirecting import is_partial
from services.api.console.rendering import render
from services.api.console.visits import enter
from services.api.console.wording import DONE, N_, STATES
from services.api.domain.errors import InvalidValueError
from services.api.operations.read_reports import read_campaigns
from services.api.schemas.report_queries import CampaignsQuery, cut_page
from services.api.schemas.reports import to_campaign_report
from shared.domain.carriers import SANDBOX

router = APIRouter()

PAGE: Final = 25
DAYS: Final = ("from", "to")
WRONG_DAYS: Final = N_("Give days such as 2026-11-30, the first not after the last.")


class Listing(BaseModel):
    """What the list is asked for, as its form has it: what makes no sense is no error."""

    title: str = ""
    status: str = ""
    first: str = Field("", alias="from")
    last: str = Field("", alias="to")
    cursor: UUID | None = None
    done: str = ""

    def wanted(self) -> dict[str, str]:
        """Return what is searched for, for the addresses of other pages of the search, too."""
        wanted = {
            "title": self.title.replace("\0", "")[:200],
            "status": self.status if self.status in STATES else "",
            "from": self.first.strip(),
            "to": self.last.strip(),
        }
        return {name: value for name, value in wanted.items() if value}


@router.get("/campaigns")
async def list_campaigns(request: Request, asked: Annotated[Listing, Query()]) -> Response:
    """Show a page of them; the part alone, if htmx asks for it."""
    visit = await enter(request, "report")
    account = visit.caller.account
    wanted, error = asked.wanted(), None
    try:
        search = CampaignsQuery.model_validate(wanted).search(account.time_zone)
    except (ValidationError, InvalidValueError):
        error = WRONG_DAYS
        kept = {name: value for name, value in wanted.items() if name not in DAYS}
        search = CampaignsQuery.model_validate(kept).search(account.time_zone)
    rows = await read_campaigns(
        visit.context.engine, account, before=asked.cursor, search=search, row_limit=PAGE + 1
    )
    page, oldest = cut_page(rows, PAGE)
    campaigns = [to_campaign_report(row, account.time_zone) for row in page]
    return render(
        request,
        "_campaign_list.html" if is_partial(request) else "campaigns.html",
        caller=visit.caller,
        campaigns=campaigns,
        orders={each.uuid: orders_at(each.state, visit.caller.scopes) for each in campaigns},
        title=wanted.get("title", ""),
        state=wanted.get("status", ""),
        states=list(STATES),
        first=asked.first,
        last=asked.last,
        error=error,
        asked=wanted,
        cursor=asked.cursor,
        next_cursor=oldest["uuid"] if oldest else None,
        has_sandbox=account.carrier == SANDBOX,
        done=DONE.get(asked.done),
    )
