"""One recipient's visits, each with the reasons of its class."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.console.rendering import render
from services.api.console.sealed_numbers import opened
from services.api.console.visits import Visit, enter
from services.api.domain.errors import NotFoundError
from services.api.operations.read_reports import (
    NumberPlace,
    read_campaign,
    read_hits,
    read_number,
)
from services.api.schemas.report_queries import (
    MAX_POSITION,
    cut_page,
    hit_cursor,
    to_hit_place,
)
from services.api.schemas.reports import (
    NumberReport,
    local,
    to_campaign_report,
    to_number_report,
    to_visit_report,
)

router = APIRouter(prefix="/campaigns")

PAGE: Final = 25


@router.get("/{campaign_uuid}/recipients/{sealed}")
async def show_visits(
    request: Request, campaign_uuid: UUID, sealed: str, cursor: str | None = None
) -> Response:
    """Show what the link of a recipient was followed by, the newest first."""
    visit = await enter(request, "report")
    account, engine = visit.caller.account, visit.context.engine
    row = await read_campaign(engine, account, campaign_uuid)
    number = opened(visit, sealed)
    recipient = await _recipient(visit, campaign_uuid, number)
    visits = await read_hits(
        engine,
        account,
        campaign_uuid,
        msisdn=number,
        with_machines=True,
        before=to_hit_place(cursor),
        row_limit=PAGE + 1,
    )
    page, last = cut_page(visits.rows, PAGE)
    return render(
        request,
        "recipient_visits.html",
        caller=visit.caller,
        campaign=to_campaign_report(row, account.time_zone),
        recipient=recipient,
        sealed=sealed,
        visits=[to_visit_report(each, account.time_zone) for each in page],
        kept_from=local(visits.kept_from, account.time_zone),
        cursor=cursor,
        next_cursor=hit_cursor(last) if last else None,
    )


async def _recipient(visit: Visit, campaign_uuid: UUID, msisdn: int) -> NumberReport:
    """Return the message to a number, the last of the campaign's if it got several.

    Raises:
        NotFoundError: The campaign has none to it.
    """
    account = visit.caller.account
    behind = NumberPlace(campaign_uuid, MAX_POSITION)
    read = await read_number(visit.context.engine, account, msisdn, before=behind, row_limit=1)
    if not read.messages or read.messages[0].row["uuid"] != campaign_uuid:
        raise NotFoundError("recipient")
    return to_number_report(read.messages[0], account.time_zone, msisdn)
