"""Orders to a campaign: pause, resume, cancel, send once more."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.console.forms import count_in, once_of
from services.api.console.redirecting import see
from services.api.console.rendering import render
from services.api.console.send_wording import refusal_of, rejection_word, warning_of
from services.api.console.visits import Visit, enter
from services.api.console.wording import N_
from services.api.domain.campaign_states import CampaignState
from services.api.domain.return_paths import CONSOLE
from services.api.operations.duplicate_campaign import CopyWishes, duplicate_campaign
from services.api.operations.read_reports import read_campaign
from services.api.operations.send_values import Accepted
from services.api.schemas.reports import to_campaign_report
from shared.domain.errors import DomainError

router = APIRouter()


class Order(StrEnum):
    """An order, as the address of its form has it."""

    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    DUPLICATE = "duplicate"


QUESTIONS: Final[Mapping[Order, str]] = {
    Order.PAUSE: N_("Pause this campaign?"),
    Order.RESUME: N_("Let this campaign go on?"),
    Order.CANCEL: N_("Cancel this campaign for good?"),
    Order.DUPLICATE: N_("Send this campaign once more?"),
}
_S = CampaignState
# Where the console offers an order; what the operation refuses is told all the same.
OFFERED: Mapping[Order, AbstractSet[CampaignState]] = {
    Order.PAUSE: {_S.SCHEDULED, _S.QUEUED, _S.SENDING},
    Order.RESUME: {_S.PAUSED},
    Order.DUPLICATE: set(_S) - {_S.EXTERNAL},
    Order.CANCEL: {_S.SCHEDULED, _S.QUEUED, _S.SENDING, _S.PAUSED},
}


def orders_at(state: CampaignState, scopes: AbstractSet[str]) -> Sequence[str]:
    """Return what somebody may order a campaign that stands there."""
    if "send" not in scopes:
        return ()
    return [str(order) for order, states in OFFERED.items() if state in states]


@router.get("/campaigns/{campaign_uuid}/confirm/{order}")
async def confirm_order(request: Request, campaign_uuid: UUID, order: Order) -> Response:
    """Ask whether an order is meant, with what it comes to."""
    visit = await enter(request, "send")
    return await _question(visit, campaign_uuid, order)


@router.post("/campaigns/{campaign_uuid}/{order}")
async def give_order(request: Request, campaign_uuid: UUID, order: Order) -> Response:
    """Give an order, and show the campaign that it is about."""
    visit = await enter(request, "send")
    try:
        shown = await _give(visit, campaign_uuid, order)
    except DomainError as error:
        return await _question(visit, campaign_uuid, order, refusal=error)
    return see(f"{CONSOLE}/campaigns/{shown}", done=order)


async def _give(visit: Visit, campaign_uuid: UUID, order: Order) -> UUID:
    """Give an order; return the campaign that shows what became of it."""
    orders = visit.context.to_orders(visit.caller.account, visit.author)
    match order:
        case Order.PAUSE:
            await orders.pause(campaign_uuid)
        case Order.RESUME:
            await orders.resume(campaign_uuid)
        case Order.CANCEL:
            await orders.cancel(campaign_uuid)
        case Order.DUPLICATE:
            wishes = CopyWishes(
                idempotency_key=once_of(visit.form),
                agreed_segments=count_in(visit.form, "agreed_segments"),
            )
            accepted = await _copy(visit, campaign_uuid, wishes)
            return UUID(accepted.uuid) if accepted.uuid else campaign_uuid
    return campaign_uuid


async def _copy(visit: Visit, campaign_uuid: UUID, wishes: CopyWishes) -> Accepted:
    context, account = visit.context.to_send_context(), visit.caller.account
    return await duplicate_campaign(context, account, campaign_uuid, wishes, visit.author)


async def _question(
    visit: Visit, campaign_uuid: UUID, order: Order, *, refusal: DomainError | None = None
) -> Response:
    """Show what an order comes to by now: of a copy what a dry run says, or why there is none.

    Raises:
        NotFoundError: The account has no such campaign.
    """
    account = visit.caller.account
    row = await read_campaign(visit.context.engine, account, campaign_uuid)
    told = refusal
    tried: Accepted | None = None
    if order == Order.DUPLICATE:
        try:
            tried = await _copy(visit, campaign_uuid, CopyWishes(is_dry_run=True))
        except DomainError as error:
            told = refusal or error
    return render(
        visit.request,
        "confirm_order.html",
        caller=visit.caller,
        refusal=refusal,
        campaign=to_campaign_report(row, account.time_zone),
        order=order,
        title=QUESTIONS[order],
        tried=tried,
        may_go=told is None or tried is not None,
        error=refusal_of(told) if told else None,
        warning_of=warning_of,
        rejection_word=rejection_word,
    )
