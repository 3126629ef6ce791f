"""/campaigns/{uuid}/pause and the like: orders to a campaign."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request
from starlette.responses import Response

from services.api.auth import api_context, author_of, parameters_caller, parameters_of, send_caller
from services.api.operations.authenticate import Caller
from services.api.operations.control_campaigns import CampaignOrders
from services.api.operations.duplicate_campaign import duplicate_campaign
from services.api.schemas.answers import render
from services.api.schemas.control import (
    DUPLICATE_PARAMETERS,
    RESCHEDULE_PARAMETERS,
    body_of,
    to_copy_wishes,
    to_schedule_time,
)
from services.api.schemas.reports import CampaignStanding, to_standing
from services.api.schemas.send import native_answer
from services.api.schemas.send_answers import SendAnswer

TAG = "campaign control"
router = APIRouter(prefix="/campaigns/{campaign_uuid}", tags=[TAG])

CallerOf = Annotated[Caller, Depends(send_caller)]
ParametersCaller = Annotated[Caller, Depends(parameters_caller)]

PAUSE = """
Nothing more is handed over to the carrier than what a worker has in hand at that moment, at most
100 messages for each of its hands. A paused campaign that is scheduled does not go out either.
Pausing again changes nothing. Links work as ever.
"""
RESUME = """
Goes on where it was; messages that waited for another attempt are tried at once. One that is
scheduled waits on for its time, or goes out at once if that has passed. Resuming what is not
paused changes nothing.
"""
CANCEL = """
For good: what has not been handed over never will be, retries included, and has the status
`cancelled`. What a worker has in hand at that moment still goes out, or is cancelled if the
carrier does not take it. Of a very large campaign the last messages are marked after the answer.
Cancelling again changes nothing. Links of what went out go on working.
"""
RESCHEDULE = """
Gives another time to a campaign of which nothing has been handed over: one that is scheduled, or
paused before it began (which stays paused). The present time sends at once.
"""
DUPLICATE = """
A new campaign with the same text, to all recipients of the first whatever became of their
messages, with new links; or with `to=not_clicked` only to those who have the message and did not
follow its link, and with `msg` another text. It **goes out at once**, whenever the first did,
unless `scheduleTime` is given; `test` tries first. Today's rules and prices hold. Give an
`idempotencyKey` (or the header), so that a repeat of the call does not send twice.
"""
RESCHEDULE_BODY = body_of(
    RESCHEDULE_PARAMETERS, {"scheduleTime": "2026-12-31 18:30"}, required=True
)
DUPLICATE_BODY = body_of(
    DUPLICATE_PARAMETERS,
    {"to": "not_clicked", "scheduleTime": "2026-12-31 18:30", "idempotencyKey": "sale-again-1"},
    required=False,
)


@router.post("/pause", summary="Hand over nothing more for now", description=PAUSE)
async def pause_campaign(
    request: Request, caller: CallerOf, campaign_uuid: UUID
) -> CampaignStanding:
    row = await _orders(request, caller).pause(campaign_uuid)
    return to_standing(row, caller.account.time_zone)


@router.post("/resume", summary="Let a paused campaign go on", description=RESUME)
async def resume_campaign(
    request: Request, caller: CallerOf, campaign_uuid: UUID
) -> CampaignStanding:
    row = await _orders(request, caller).resume(campaign_uuid)
    return to_standing(row, caller.account.time_zone)


@router.post("/cancel", summary="Never hand over what has not been", description=CANCEL)
async def cancel_campaign(
    request: Request, caller: CallerOf, campaign_uuid: UUID
) -> CampaignStanding:
    row = await _orders(request, caller).cancel(campaign_uuid)
    return to_standing(row, caller.account.time_zone)


@router.post(
    "/reschedule",
    summary="Send at another time",
    description=RESCHEDULE,
    openapi_extra=RESCHEDULE_BODY,
)
async def reschedule_campaign(
    request: Request, caller: ParametersCaller, campaign_uuid: UUID
) -> CampaignStanding:
    schedule_time = to_schedule_time(await parameters_of(request))
    row = await _orders(request, caller).reschedule(campaign_uuid, schedule_time)
    return to_standing(row, caller.account.time_zone)


@router.post(
    "/duplicate",
    summary="Send the same once more",
    description=DUPLICATE,
    openapi_extra=DUPLICATE_BODY,
    response_model=SendAnswer,
)
async def duplicate(
    request: Request,
    caller: ParametersCaller,
    campaign_uuid: UUID,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> Response:
    wishes = to_copy_wishes(await parameters_of(request), idempotency_key)
    context = api_context(request).to_send_context()
    accepted = await duplicate_campaign(
        context, caller.account, campaign_uuid, wishes, author_of(request, caller)
    )
    values: dict[str, Any] = native_answer(accepted, caller.account.time_zone)
    return render(values, "json")


def _orders(request: Request, caller: Caller) -> CampaignOrders:
    return api_context(request).to_orders(caller.account, author_of(request, caller))
