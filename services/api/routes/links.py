"""/links, /campaigns/{uuid}/links and /changes: links without a send, and after one."""

import asyncio
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request
from starlette.responses import Response

from services.api.auth import (
    api_context,
    author_of,
    body_of,
    parameters_caller,
    parameters_of,
    report_caller,
    send_caller,
)
from services.api.operations.authenticate import Caller
from services.api.operations.change_links import read_links
from services.api.operations.make_links import MAX_LINKS, make_links
from services.api.operations.read_changes import read_changes
from services.api.schemas.answers import render
from services.api.schemas.json_bodies import request_body
from services.api.schemas.links import (
    ChangePage,
    ChangesQuery,
    LinkTermsChange,
    LinkTermsReport,
    to_change_report,
    to_terms_report,
)
from services.api.schemas.made_links import LinksAnswer, links_answer, links_body, to_links_command
from services.api.schemas.report_queries import cut_page, to_number_cursor

router = APIRouter(tags=["links"])

CHANGE = """
Links that are out already lead elsewhere, nowhere for a time, or nowhere from a time on; visitors
are led so within a second. A new `destination` has to be one that a send would take. Personal
texts whose links lead to several places have no one destination to change: that is refused (409),
all else is not. Who comes to a link that is paused or has ended gets 410 or the account's own
page, and is not counted.
"""
CHANGES = """
Who sent and who changed the campaign, when and where from, newest first: its links, and the
orders to pause, resume, cancel, reschedule and duplicate it. What changed nothing is not in it.
Nobody can change or delete an entry.
"""
MAKE = f"""
For texts that another vendor delivers: a link of each recipient's own, and the text with it, by
the rules of a send. The body is that of a send of one text or of rows (`sms`). Nothing is queued,
handed to a carrier or billed; the campaign is `external` for good and has the same reports of
clicks. What arrived is not known here, so `delivered`, `failed` and the click-through rate are
null.

At most {MAX_LINKS:,} recipients a call, since the answer holds every text; a repeat with the same
`idempotencyKey` gets the same links.
"""


@router.post(
    "/links",
    summary="Make tracked texts that another vendor delivers",
    description=MAKE,
    openapi_extra=links_body(),
    response_model=LinksAnswer,
)
async def post_links(
    request: Request,
    caller: Annotated[Caller, Depends(parameters_caller)],
    idempotency_key: Annotated[str | None, Header()] = None,
) -> Response:
    parameters = await parameters_of(request)
    command = await asyncio.to_thread(to_links_command, parameters, idempotency_key)
    command = replace(command, author=author_of(request, caller))
    made = await make_links(api_context(request).to_send_context(), caller.account, command)
    values = await asyncio.to_thread(links_answer, made, caller.account.time_zone)
    return render(values, "json")


@router.get("/campaigns/{campaign_uuid}/links", summary="How its links lead on now")
async def get_links(
    request: Request,
    caller: Annotated[Caller, Depends(report_caller)],
    campaign_uuid: UUID,
) -> LinkTermsReport:
    terms = await read_links(api_context(request).engine, caller.account, campaign_uuid)
    return to_terms_report(terms, caller.account.time_zone)


@router.patch(
    "/campaigns/{campaign_uuid}/links",
    summary="Lead its links elsewhere, pause them, let them end",
    description=CHANGE,
    openapi_extra=request_body(LinkTermsChange),
)
async def patch_links(
    request: Request, caller: Annotated[Caller, Depends(send_caller)], campaign_uuid: UUID
) -> LinkTermsReport:
    context = api_context(request)
    body = await body_of(request, LinkTermsChange)
    orders = context.to_link_orders(caller.account, author_of(request, caller))
    terms = await orders.change(campaign_uuid, body.to_changes())
    return to_terms_report(terms, caller.account.time_zone)


@router.get(
    "/campaigns/{campaign_uuid}/changes",
    summary="Who changed it, newest first",
    description=CHANGES,
)
async def list_changes(
    request: Request,
    caller: Annotated[Caller, Depends(report_caller)],
    campaign_uuid: UUID,
    query: Annotated[ChangesQuery, Query()],
) -> ChangePage:
    zone = query.zone(caller.account.time_zone)
    rows = await read_changes(
        api_context(request).engine,
        caller.account,
        campaign_uuid,
        before=to_number_cursor(query.cursor),
        row_limit=query.limit + 1,
    )
    page, last = cut_page(rows, query.limit)
    return ChangePage(
        changes=[to_change_report(row, zone) for row in page],
        next_cursor=str(last["id"]) if last else None,
    )
