"""Old clients' schedules: read, changed and deleted by the operations of campaign control."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter

from services.api.domain.campaign_states import CampaignAction
from services.api.domain.errors import NotFoundError
from services.api.legacy.calls import ENVELOPE, Answered, OldCall, old_call
from services.api.legacy.envelope import Envelope
from services.api.schemas.control import SCHEDULE_TIME_WANTED

router = APIRouter(tags=["old clients"])

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


@old_call(
    router,
    Envelope("schedule", "read"),
    scope="send",
    summary="What is scheduled",
    description=READ,
    responses=RESPONSES,
)
async def read_schedule(call: OldCall) -> Answered:
    """Return what is scheduled.

    Raises:
        NotFoundError: A campaign is named and it is not.
    """
    named = await call.optionally_named()
    rows = await call.orders.scheduled(named)
    if named is not None and not rows:
        raise NotFoundError("scheduled campaign")
    return Answered([_row(row, call.zone) for row in rows])


@old_call(
    router,
    Envelope("schedule", "update"),
    scope="send",
    summary="Send at another time",
    description=UPDATE,
    responses=RESPONSES,
)
async def update_schedule(call: OldCall) -> Answered:
    named = await call.named()
    wanted = call.parameters.required_text("scheduleTime", SCHEDULE_TIME_WANTED)
    return Answered([_row(await call.orders.reschedule(named, wanted), call.zone)])


@old_call(
    router,
    Envelope("schedule", "delete"),
    scope="send",
    summary="Do not send what is scheduled",
    description=DELETE,
    responses=RESPONSES,
)
async def delete_schedule(call: OldCall) -> Answered:
    named = await call.named()
    cancelled = await call.orders.cancel(named, CampaignAction.UNSCHEDULE)
    return Answered([_row(cancelled, call.zone)])


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
