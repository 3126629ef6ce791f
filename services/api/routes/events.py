"""/campaigns/{uuid}/events: what happens in a campaign, as it happens."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request
from starlette.responses import StreamingResponse

from services.api.auth import access_of, api_context, report_caller
from services.api.operations.authenticate import Caller
from services.api.schemas.event_stream import EXAMPLE, MEDIA_TYPE, EventStreamResponse, to_place

router = APIRouter(prefix="/campaigns", tags=["reports"])

DESCRIPTION = """
Clicks and deliveries as they land, within about a second, as server-sent events: an `event` of the
type, its `data` as JSON, and an `id`. From now on, or behind the `id` in the header
`Last-Event-ID`, as browsers' `EventSource` sends it when it connects again: then without loss and
without repetition.

`event: reset` says that events are missing which are no longer kept (30 days): read the report
anew. A stream that has nothing to say sends a comment every 15 seconds, and each ends after a
quarter of an hour, to be opened again. So does, within a second, one whose key is revoked,
expires, or may no longer be used from there.
"""
RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A stream that goes on",
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}, "example": EXAMPLE}},
    },
    429: {"description": "As many streams are open as may be, or too many calls a minute came"},
}


@router.get(
    "/{campaign_uuid}/events",
    summary="Clicks and deliveries as they land",
    description=DESCRIPTION,
    response_class=StreamingResponse,
    responses=RESPONSES,
)
async def follow_events(
    request: Request,
    caller: Annotated[Caller, Depends(report_caller)],
    campaign_uuid: UUID,
    last_event_id: Annotated[
        str | None, Header(description="The id of the last event that was seen")
    ] = None,
) -> EventStreamResponse:
    live = api_context(request).live
    stream = await live.open(
        caller.account, campaign_uuid, to_place(last_event_id), access_of(request, caller)
    )
    return EventStreamResponse(stream, longest_life_s=live.longest_life_s)
