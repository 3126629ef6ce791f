"""Old clients' reports: what became of messages, who followed links, what an account has."""

import uuid
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter

from services.api.auth import api_context
from services.api.domain.errors import CURSOR_WANTED, InvalidValueError, MissingFieldError
from services.api.legacy.calls import ENVELOPE, Answered, OldCall, old_call
from services.api.legacy.envelope import Envelope
from services.api.legacy.report_rows import account_row, campaign_row, click_row, status_row
from services.api.operations.read_messages import MessageSearch, read_messages
from services.api.operations.read_reports import (
    number_of,
    read_campaign,
    read_campaigns,
    read_recipients,
)
from services.api.schemas.old_reports import (
    message_id,
    to_limit,
    to_linked_search,
    to_message_place,
    to_sent_when,
)
from services.api.schemas.report_queries import (
    MAX_POSITION,
    cut_page,
    to_number_cursor,
)

router = APIRouter(tags=["old clients"])

SEARCHED = ("uuid", "fromdate", "todate", "mobileNo")
SEARCH_WANTED = "the uuid of a campaign, or fromdate and todate, or mobileNo"
STATUS = f"""
What became of messages: of the campaign `uuid` (or its transactionId) in its order; of campaigns
of the days from `fromdate` to `todate`, newest campaign first; with `mobileNo` those to that
number alone, newest first. One of the three has to be there. Where there are more than `pageLimit`
(100), `nextCursor` names where the next page begins: give it as `cursor`. `Status` is PENDING,
SUBMITTED, DELIVERED, UNDELIV, EXPIRED, REJECTED or FAILED; of what another vendor delivers,
UNKNOWN.
{ENVELOPE}"""
READ = f"""
Campaigns with tracked links, newest first, with what came of them; with `uuid` that one alone.
{ENVELOPE}"""
REPORT = f"""
Who followed the links of the campaign `uuid` (or its transactionId), in the order of the send.
{ENVELOPE}"""
ACCOUNT = f"""
What is known of the account. `smsBalance` counts segments. It is null of a post-paid account: that
keeps no balance, and no send of it is refused for want of one.
{ENVELOPE}"""


def _example(api: str, action: str, row: Mapping[str, Any], **beside: object) -> dict[str, Any]:
    response = {
        "api": api,
        "action": action,
        "status": "success",
        "msg": "success",
        "code": "200",
        "count": 1,
        f"{api}_{action}List": [dict(row)],
        **beside,
    }
    return {"response": response}


def _documented(example: Mapping[str, Any]) -> dict[int | str, dict[str, Any]]:
    content = {"application/json": {"schema": {"type": "object"}, "example": dict(example)}}
    return {200: {"description": "Done, or refused with status error", "content": content}}


_CAMPAIGN = "0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de"
_STATUS_ROW = {
    "uuId": _CAMPAIGN,
    "msgId": "8466326473775335661-1",
    "mobileNo": "919876543210",
    "senderName": "ACMEIN",
    "text": "Sale ends tonight: https://tx1.in/SAlhjS. Reply STOP to end",
    "length": "59",
    "msgType": "text",
    "cost": "0.125",
    "Status": "DELIVERED",
    "Cause": "",
    "Submitted Time": "2026-11-25 12:00:01",
    "Delivered Time": "2026-11-25 12:00:04",
}
_CAMPAIGN_ROW = {
    "uuId": _CAMPAIGN,
    "transactionId": "8466326473775335661",
    "title": "Diwali sale",
    "senderName": "ACMEIN",
    "text": "Sale ends tonight: {link}. Reply STOP to end",
    "url": "https://shop.example.com/sale",
    "mobileCount": "1000",
    "hits": "260",
    "clicks": "212",
    "uniqueClicks": "180",
    "createTime": "2026-11-25 12:00:00",
    "Status": "DONE",
}
_CLICK_ROW = {
    "uuId": _CAMPAIGN,
    "mobileNo": "919876543210",
    "link": "https://tx1.in/SAlhjS",
    "url": "https://shop.example.com/sale",
    "hits": "3",
    "clicks": "2",
    "First Click Time": "2026-11-25 12:03:11",
    "Last Click Time": "2026-11-25 18:40:02",
    "Status": "DELIVERED",
}
_ACCOUNT_ROW = {
    "name": "acme",
    "smsBalance": "1820",
    "segmentPrice": "0.125",
    "currency": "INR",
    "timeZone": "Asia/Kolkata",
}
STATUS_RESPONSES = _documented(_example("report", "status", _STATUS_ROW))
READ_RESPONSES = _documented(_example("linktrack", "read", _CAMPAIGN_ROW))
REPORT_RESPONSES = _documented(_example("linktrack", "report", _CLICK_ROW))
ACCOUNT_RESPONSES = _documented(
    _example("account", "readstatus", _ACCOUNT_ROW, account=_ACCOUNT_ROW)
)


@old_call(
    router,
    Envelope("report", "status"),
    scope="report",
    summary="What became of messages",
    description=STATUS,
    responses=STATUS_RESPONSES,
)
async def report_status(call: OldCall) -> Answered:
    """Return what became of messages.

    Raises:
        MissingFieldError: Nothing says of which.
    """
    parameters, account = call.parameters, call.caller.account
    if not any(name in parameters for name in SEARCHED):
        raise MissingFieldError("uuid", SEARCH_WANTED)
    limit = to_limit(parameters)
    number = parameters.text("mobileNo").strip()
    search = MessageSearch(
        campaign_uuid=await call.optionally_named(),
        msisdn=number_of(number, account, field="mobileNo") if number else None,
        sent=to_sent_when(parameters, call.zone),
        behind=to_message_place(parameters),
    )
    engine = api_context(call.request).engine
    page, last = cut_page(await read_messages(engine, account, search, row_limit=limit + 1), limit)
    cursor = message_id(last.row["transaction_id"], last.row["position"]) if last else None
    return Answered([status_row(each, call.zone) for each in page], _next(cursor))


@old_call(
    router,
    Envelope("linktrack", "read"),
    scope="report",
    summary="Campaigns with tracked links",
    description=READ,
    responses=READ_RESPONSES,
)
async def read_linktrack(call: OldCall) -> Answered:
    account, engine = call.caller.account, api_context(call.request).engine
    named = await call.optionally_named()
    if named is not None:
        return Answered([campaign_row(await read_campaign(engine, account, named), call.zone)])
    limit = to_limit(call.parameters)
    rows = await read_campaigns(
        engine,
        account,
        before=_campaign_cursor(call),
        search=to_linked_search(call.parameters, call.zone),
        row_limit=limit + 1,
    )
    page, last = cut_page(rows, limit)
    cursor = str(last["uuid"]) if last else None
    return Answered([campaign_row(row, call.zone) for row in page], _next(cursor))


@old_call(
    router,
    Envelope("linktrack", "report"),
    scope="report",
    summary="Who followed the links of a campaign",
    description=REPORT,
    responses=REPORT_RESPONSES,
)
async def report_linktrack(call: OldCall) -> Answered:
    named = await call.named()
    limit = to_limit(call.parameters)
    after = to_number_cursor(call.parameters.text("cursor").strip(), highest=MAX_POSITION)
    rows = await read_recipients(
        api_context(call.request).engine,
        call.caller.account,
        named,
        after=-1 if after is None else after,
        row_limit=limit + 1,
    )
    page, last = cut_page(rows, limit)
    cursor = str(last.row["position"]) if last else None
    return Answered([click_row(each, str(named), call.zone) for each in page], _next(cursor))


@old_call(
    router,
    Envelope("account", "readstatus"),
    scope="report",
    summary="What is known of the account",
    description=ACCOUNT,
    responses=ACCOUNT_RESPONSES,
)
async def read_account(call: OldCall) -> Answered:
    row = account_row(call.caller)
    return Answered([row], {"account": row})


def _next(cursor: str | None) -> dict[str, str]:
    return {} if cursor is None else {"nextCursor": cursor}


def _campaign_cursor(call: OldCall) -> uuid.UUID | None:
    text = call.parameters.text("cursor").strip()
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        raise InvalidValueError("cursor", CURSOR_WANTED) from None
