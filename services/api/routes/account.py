"""/account and /sender-ids: how the account sends, and as whom."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request

from services.api.auth import admin_caller, api_context, author_of, body_of, report_caller
from services.api.operations.authenticate import Caller
from services.api.operations.change_account import AccountOrders
from services.api.schemas.account import (
    AccountEdit,
    AccountReport,
    SenderIdEdit,
    SenderIdList,
    SenderIdReport,
    to_account_report,
    to_sender_id_list,
    to_sender_id_report,
)
from services.api.schemas.json_bodies import request_body

router = APIRouter(tags=["account"])

ReaderOf = Annotated[Caller, Depends(report_caller)]
CallerOf = Annotated[Caller, Depends(admin_caller)]
SenderIdPart = Annotated[str, Path(description="In any case", examples=["SAMRAT"])]

CHANGE = """
What is left out stays. It holds from the next send on, and takes nothing back; a `gone_url` is
taken up by links that are out within half a minute. It is held to the rules of a send's URL: a
short link of ours, a private host and what a list refuses are none. What the answer has besides is
whoever runs the installation's to change.
"""
CHANGE_SENDER_ID = """
What is left out stays. It holds from the next send on, and goes before what the account has. New
sender IDs are registered by whoever runs the installation. The link shape `header` is for sender
IDs of letters a-z and digits alone.
"""
NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"description": "No such sender ID"}}


@router.get("/account", summary="How the account sends")
async def get_account(request: Request, caller: ReaderOf) -> AccountReport:
    return to_account_report(await _orders(request, caller).read())


@router.patch(
    "/account",
    summary="Say how the account sends",
    description=CHANGE,
    openapi_extra=request_body(AccountEdit),
)
async def patch_account(request: Request, caller: CallerOf) -> AccountReport:
    body = await body_of(request, AccountEdit)
    return to_account_report(await _orders(request, caller).change(body.changes()))


@router.get("/sender-ids", summary="What the account may send as")
async def list_sender_ids(request: Request, caller: ReaderOf) -> SenderIdList:
    return to_sender_id_list(await _orders(request, caller).read())


@router.patch(
    "/sender-ids/{sender_id}",
    summary="Say what holds for a sender ID",
    description=CHANGE_SENDER_ID,
    responses=NOT_FOUND,
    openapi_extra=request_body(SenderIdEdit),
)
async def patch_sender_id(
    request: Request, caller: CallerOf, sender_id: SenderIdPart
) -> SenderIdReport:
    body = await body_of(request, SenderIdEdit)
    orders = _orders(request, caller)
    reading = await orders.change_sender_id(sender_id, body.changes())
    return to_sender_id_report(reading, reading.get_sender_id(sender_id))


def _orders(request: Request, caller: Caller) -> AccountOrders:
    return api_context(request).to_account_orders(caller.account, author_of(request, caller))
