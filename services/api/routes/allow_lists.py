"""/ip-allow-list: where an account, or one of its keys, may be used from."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from services.api.auth import admin_caller, api_context, author_of, body_of
from services.api.domain.allow_lists import AllowList, parse_allow_list
from services.api.operations.authenticate import Caller
from services.api.operations.change_allow_lists import AllowListOrders
from services.api.routes.keys import NOT_FOUND, Prefix
from services.api.schemas.json_bodies import request_body
from services.api.schemas.keys import AllowListChange, AllowListReport, to_allow_list_report

router = APIRouter(tags=["access"])

CallerOf = Annotated[Caller, Depends(admin_caller)]
Force = Annotated[bool, Query(description="Even if it leaves your own address out")]

CHANGE = """
Replaces the list. Calls from elsewhere are refused with 403 and the code `address_not_allowed`,
from the next one on and whatever their credentials; an empty list lets all in. The address is the
one that `GET /whoami` tells. A list that would leave you out is refused, unless `force=true`.
"""
CHANGE_KEY = """
Replaces the list of one key; the account's applies besides.
"""


@router.get("/ip-allow-list", summary="Where the account may be used from")
async def get_allow_list(request: Request, caller: CallerOf) -> AllowListReport:
    orders = _orders(request, caller)
    return to_allow_list_report(await orders.read(), orders.author.address)


@router.put(
    "/ip-allow-list",
    summary="Say where the account may be used from",
    description=CHANGE,
    openapi_extra=request_body(AllowListChange),
)
async def put_allow_list(
    request: Request,
    caller: CallerOf,
    force: Force = False,  # noqa: FBT002 - a parameter of the query
) -> AllowListReport:
    wanted, orders = await _wanted(request), _orders(request, caller)
    await orders.change(wanted, force=force)
    return to_allow_list_report(wanted, orders.author.address)


@router.put(
    "/keys/{prefix}/ip-allow-list",
    summary="Say where an API key may be used from",
    description=CHANGE_KEY,
    responses=NOT_FOUND,
    openapi_extra=request_body(AllowListChange),
)
async def put_key_allow_list(
    request: Request,
    caller: CallerOf,
    prefix: Prefix,
    force: Force = False,  # noqa: FBT002 - a parameter of the query
) -> AllowListReport:
    wanted, orders = await _wanted(request), _orders(request, caller)
    await orders.change_key(prefix, wanted, force=force)
    return to_allow_list_report(wanted, orders.author.address)


async def _wanted(request: Request) -> AllowList:
    body = await body_of(request, AllowListChange)
    return parse_allow_list(body.ip_allow_list)


def _orders(request: Request, caller: Caller) -> AllowListOrders:
    author = author_of(request, caller)
    return api_context(request).to_allow_list_orders(caller.account, author)
