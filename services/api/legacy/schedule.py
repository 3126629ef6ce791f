"""Old clients' schedules: read, changed and deleted by the operations of campaign control."""

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.auth import Call, api_context, author_of
from services.api.domain.campaign_states import CampaignAction
from services.api.domain.errors import InvalidValueError, NotFoundError
from services.api.error_responses import as_refusal
from services.api.legacy.envelope import Envelope
from services.api.operations.control_campaigns import CampaignOrders
from services.api.schemas.control import SCHEDULE_TIME_WANTED
from services.api.schemas.parameters import Parameters
from services.api.schemas.send_parameters import OUTPUTS

router = APIRouter(tags=["old clients"])

Rows = Sequence[Mapping[str, Any]]
Action = Callable[[CampaignOrders, Parameters, ZoneInfo], Awaitable[Rows]]

UUID_WANTED = "the uuid of the campaign, or its transactionId"
# Any of 19 may be more than Postgres's bigint holds.
MAX_TRANSACTION_ID = (1 << 63) - 1
MAX_TRANSACTION_ID_DIGITS = 19
ENVELOPE = """
Parameters stand in the query or the body, their names in any case; credentials are an API key or
`userId` and `password`. Errors come with HTTP 200 and `status: "error"`. `output` is `json`
(default), `xml` or `plain`.
"""
READ = f"""
What is scheduled and has not gone out, the soonest first; with `uuid` that campaign alone. Times
are in the account's zone.
{ENVELOPE}"""
UPDATE = f"""
Gives the campaign `uuid` (or its transactionId) another `scheduleTime`, as long as nothing of it
has gone out.
{ENVELOPE}"""
DELETE = f"""
Cancels the campaign `uuid` (or its transactionId) for good, as long as nothing of it has gone out.
Deleting it again is no error.
{ENVELOPE}"""
EXAMPLE = {
    "response": {
        "api": "schedule",
        "action": "read",
        "status": "success",
        "msg": "success",
        "code": "200",
        "count": 1,
        "schedule_readList": [
            {
                "uuId": "0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de",
                "transactionId": "8466326473775335661",
                "senderName": "ACMEIN",
                "title": "Diwali sale",
                "text": "Sale ends tonight: {link}. Reply STOP to end",
                "mobileCount": "1000",
                "scheduleTime": "2026-12-31 18:30:00",
                "createTime": "2026-11-25 12:00:00",
                "Status": "SCHEDULED",
            }
        ],
    }
}
RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Done, or refused with status error",
        "content": {"application/json": {"schema": {"type": "object"}, "example": EXAMPLE}},
    }
}


@router.get(
    "/SMSApi/schedule/read", summary="What is scheduled", description=READ, responses=RESPONSES
)
async def read_schedule_by_query(request: Request) -> Response:
    return await _answer(request, "read", _read)


@router.post(
    "/SMSApi/schedule/read",
    summary="What is scheduled, parameters in the body",
    description=READ,
    responses=RESPONSES,
)
async def read_schedule_by_body(request: Request) -> Response:
    return await _answer(request, "read", _read)


@router.get(
    "/SMSApi/schedule/update",
    summary="Send at another time",
    description=UPDATE,
    responses=RESPONSES,
)
async def update_schedule_by_query(request: Request) -> Response:
    return await _answer(request, "update", _update)


@router.post(
    "/SMSApi/schedule/update",
    summary="Send at another time, parameters in the body",
    description=UPDATE,
    responses=RESPONSES,
)
async def update_schedule_by_body(request: Request) -> Response:
    return await _answer(request, "update", _update)


@router.get(
    "/SMSApi/schedule/delete",
    summary="Do not send what is scheduled",
    description=DELETE,
    responses=RESPONSES,
)
async def delete_schedule_by_query(request: Request) -> Response:
    return await _answer(request, "delete", _delete)


@router.post(
    "/SMSApi/schedule/delete",
    summary="Do not send what is scheduled, parameters in the body",
    description=DELETE,
    responses=RESPONSES,
)
async def delete_schedule_by_body(request: Request) -> Response:
    return await _answer(request, "delete", _delete)


async def _answer(request: Request, name: str, act: Action) -> Response:
    envelope = Envelope("schedule", name)
    call: Call | None = None
    output = "json"
    try:
        call = Call(request)
        parameters = await call.read()
        output = parameters.choice("output", OUTPUTS, "json")
        caller = await call.caller(parameters)
        caller.require("send")
        orders = api_context(request).to_orders(caller.account, author_of(request, caller))
        rows = await act(orders, parameters, caller.account.time_zone)
    except Exception as error:  # noqa: BLE001 - an old client knows no other answer than 200
        response = envelope.refusal(as_refusal(error), output)
        return call.close_unread(response) if call else response
    finally:
        if call is not None:
            call.close()
    return envelope.success(rows, output)


async def _read(orders: CampaignOrders, parameters: Parameters, zone: ZoneInfo) -> Rows:
    """Return what is scheduled.

    Raises:
        NotFoundError: A campaign is named and it is not.
    """
    named = await _named(orders, parameters) if "uuid" in parameters else None
    rows = await orders.scheduled(named)
    if named is not None and not rows:
        raise NotFoundError("scheduled campaign")
    return [_row(row, zone) for row in rows]


async def _update(orders: CampaignOrders, parameters: Parameters, zone: ZoneInfo) -> Rows:
    named = await _named(orders, parameters)
    wanted = parameters.required_text("scheduleTime", SCHEDULE_TIME_WANTED)
    return [_row(await orders.reschedule(named, wanted), zone)]


async def _delete(orders: CampaignOrders, parameters: Parameters, zone: ZoneInfo) -> Rows:
    named = await _named(orders, parameters)
    return [_row(await orders.cancel(named, CampaignAction.UNSCHEDULE), zone)]


async def _named(orders: CampaignOrders, parameters: Parameters) -> uuid.UUID:
    """Return the campaign that ``uuid`` names; the trade calls a transaction id so, too.

    Raises:
        MissingFieldError: It is not there.
        InvalidValueError: It is neither.
        NotFoundError: The account has no campaign of that transaction id.
    """
    text = parameters.required_text("uuid", UUID_WANTED).strip()
    if text.isascii() and text.isdigit() and len(text) <= MAX_TRANSACTION_ID_DIGITS:
        return await orders.named(min(int(text), MAX_TRANSACTION_ID))
    try:
        return uuid.UUID(text)
    except ValueError:
        raise InvalidValueError("uuid", f"must be {UUID_WANTED}, not {text[:40]!r}") from None


def _row(row: Mapping[str, Any], zone: ZoneInfo) -> dict[str, str]:
    after = row["body_after"]
    at = row["scheduled_at"]
    return {
        "uuId": str(row["uuid"]),
        "transactionId": str(row["transaction_id"]),
        "senderName": row["sender_id"],
        "title": row["title"],
        "text": row["body_before"] + ("" if after is None else "{link}" + after),
        "mobileCount": str(row["message_count"]),
        "scheduleTime": f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}" if at else "",
        "createTime": f"{row['created_at'].astimezone(zone):%Y-%m-%d %H:%M:%S}",
        "Status": row["control"].upper(),
    }
