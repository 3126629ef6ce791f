"""How far a send is: what waits, is handed over, has arrived and has failed, as it happens."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.console.campaign_orders import Order, orders_at
from services.api.console.redirecting import is_partial
from services.api.console.rendering import render
from services.api.console.sending import SENT, SENT_BEFORE
from services.api.console.visits import enter
from services.api.console.wording import DONE, N_
from services.api.domain.campaign_states import CampaignState
from services.api.operations.read_reports import read_campaign
from services.api.schemas.reports import CampaignReport, to_campaign_report
from shared.domain.carriers import SANDBOX
from shared.domain.messages import MessageStatus

router = APIRouter(prefix="/campaigns")

WIDTH: Final = 1_000
_M = MessageStatus
# In the order of the bar, from what has come furthest.
STAGES: Final = (
    ("delivered", N_("Delivered"), (_M.DELIVERED,)),
    ("handed", N_("Handed over"), (_M.SUBMITTED, _M.SUBMITTING)),
    ("failed", N_("Failed"), (_M.UNDELIVERED, _M.EXPIRED, _M.REJECTED, _M.FAILED)),
    ("cancelled", N_("Cancelled"), (_M.CANCELLED,)),
    ("queued", N_("Queued"), ()),
)
TOLD: Final = ("queued", "handed", "delivered", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Stage:
    """How many messages have come so far and no further, and where they are in the bar."""

    code: str
    name: str
    count: int
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a campaign is.

    Attributes:
        is_over: Whether nothing more will happen that we are told of.
        is_moving: Whether something may happen any moment; what rests is told of by events alone.
        settled_tens: Of every hundred messages those that are settled, down to full tens.
    """

    stages: Sequence[Stage]
    settled: int
    is_over: bool
    is_moving: bool
    settled_tens: int

    @property
    def told(self) -> Sequence[Stage]:
        """The stages in the order of a message's life."""
        return sorted(self.stages, key=lambda stage: TOLD.index(stage.code))


def progress_of(campaign: CampaignReport) -> Progress:
    """Return how far a campaign is."""
    counts = [sum(campaign.statuses.get(each.word, 0) for each in of) for _, _, of in STAGES]
    counts[-1] = max(0, campaign.recipients - sum(counts))
    stages, x = [], 0.0
    for (code, name, _), count in zip(STAGES, counts, strict=True):
        width = WIDTH * count / max(1, campaign.recipients)
        stages.append(Stage(code, name, count, round(x, 2), round(width, 2)))
        x += width
    _, handed, _, _, queued = counts
    settled = campaign.recipients - handed - queued
    is_still = campaign.state in {CampaignState.DONE, CampaignState.CANCELLED}
    tens = 10 * settled // max(1, campaign.recipients) * 10
    is_over = is_still and not handed
    rests = campaign.state in {CampaignState.SCHEDULED, CampaignState.PAUSED}
    return Progress(stages, settled, is_over, not is_over and not rests, tens)


@router.get("/{campaign_uuid}/progress")
async def show_progress(
    request: Request, campaign_uuid: UUID, done: str | None = None
) -> Response:
    """Show how far a campaign is; the part that changes alone, if htmx asks for it."""
    visit = await enter(request, "report")
    account = visit.caller.account
    row = await read_campaign(visit.context.engine, account, campaign_uuid)
    campaign = to_campaign_report(row, account.time_zone)
    return render(
        request,
        "_progress.html" if is_partial(request) else "progress.html",
        caller=visit.caller,
        campaign=campaign,
        progress=progress_of(campaign),
        orders=[
            order
            for order in orders_at(campaign.state, visit.caller.scopes)
            if order != Order.DUPLICATE
        ],
        has_sandbox=account.carrier == SANDBOX,
        width=WIDTH,
        done=DONE.get(done or ""),
        is_sent=done in {SENT, SENT_BEFORE},
    )
