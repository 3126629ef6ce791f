"""What happens in a campaign, as it happens: the API's stream, for pages of the console."""

from uuid import UUID

from fastapi import APIRouter, Request

from services.api.auth import access_of
from services.api.console.visits import enter
from services.api.schemas.event_stream import EventStreamResponse, to_place

router = APIRouter()


@router.get("/campaigns/{campaign_uuid}/events")
async def follow_events(request: Request, campaign_uuid: UUID) -> EventStreamResponse:
    """Tell of clicks and deliveries."""
    visit = await enter(request, "report")
    live = visit.context.live
    stream = await live.open(
        visit.caller.account,
        campaign_uuid,
        to_place(request.headers.get("last-event-id")),
        access_of(request, visit.caller),
    )
    return EventStreamResponse(stream, longest_life_s=live.longest_life_s)
