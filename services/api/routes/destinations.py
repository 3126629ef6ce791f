"""/destination-list: where the links of an account may lead."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from services.api.auth import admin_caller, api_context, author_of, body_of
from services.api.domain.destination_lists import DestinationLists, parse_rules
from services.api.operations.authenticate import Caller
from services.api.operations.change_destinations import DestinationOrders
from services.api.schemas.destinations import (
    LISTS_OCTETS,
    DestinationListChange,
    DestinationListReport,
    DestinationTrial,
    DestinationTrialReport,
    to_list_report,
    to_trial_report,
)
from services.api.schemas.json_bodies import request_body

router = APIRouter(prefix="/destination-list", tags=["access"])

CallerOf = Annotated[Caller, Depends(admin_caller)]

CHANGE = """
Replaces both lists. A rule is a host with all below it (`example.com`), that host alone
(`=example.com`), either with the beginning of a path behind it (`example.com/offers`), or an
address or network (`203.0.113.0/24`). A send with a link that they refuse gets 403 and the code
`destination_blocked`; links that are out already follow within a second.
"""
TEST = """
Tells what would become of a link, by which list and which of your rules. The platform has a
block-list of its own, which counts first and whose rules are not told.
"""


@router.get("", summary="Where links may lead")
async def get_destination_list(request: Request, caller: CallerOf) -> DestinationListReport:
    return to_list_report(await _orders(request, caller).read())


@router.put(
    "",
    summary="Say where links may lead",
    description=CHANGE,
    openapi_extra=request_body(DestinationListChange),
)
async def put_destination_list(request: Request, caller: CallerOf) -> DestinationListReport:
    body = await body_of(request, DestinationListChange, octet_limit=LISTS_OCTETS)
    wanted = DestinationLists(parse_rules("allow", body.allow), parse_rules("block", body.block))
    return to_list_report(await _orders(request, caller).replace(wanted))


@router.post(
    "/test",
    summary="Try a link on the lists",
    description=TEST,
    openapi_extra=request_body(DestinationTrial),
)
async def test_destination(request: Request, caller: CallerOf) -> DestinationTrialReport:
    body = await body_of(request, DestinationTrial)
    return to_trial_report(await _orders(request, caller).judge(body.url))


def _orders(request: Request, caller: Caller) -> DestinationOrders:
    author = author_of(request, caller)
    return api_context(request).to_destination_orders(caller.account, author)
