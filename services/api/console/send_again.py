"""Send a campaign again to those who have it and did not follow its link, with a text for them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.console.forms import count_in, new_once, once_of
from services.api.console.redirecting import see
from services.api.console.rendering import render
from services.api.console.send_wording import refusal_of, rejection_word, warning_of
from services.api.console.visits import Visit, enter
from services.api.console.wording import N_, Told
from services.api.domain.campaign_states import CampaignAction, require_allowed
from services.api.domain.errors import TextLetGoError
from services.api.domain.link_errors import NoLinkError, OwnShortLinkError
from services.api.domain.return_paths import CONSOLE
from services.api.operations.duplicate_campaign import duplicate_campaign
from services.api.operations.read_reports import read_campaign
from services.api.operations.send_values import Accepted
from services.api.schemas.control import to_copy_wishes
from services.api.schemas.parameters import Parameters
from services.api.schemas.reports import CampaignReport, text_as_written, to_campaign_report
from shared.domain.errors import DomainError

router = APIRouter(prefix="/campaigns/{campaign_uuid}/send-again")

NOBODY_LEFT: Final = N_(
    "Nobody is left to send to: whoever has the message has followed its link, opted out or been "
    "erased."
)
# Whether links are tracked is not asked here: it stays as it was.
OWN_WORDS: Final[Mapping[type[DomainError], str]] = {
    NoLinkError: N_("There is no link in the message. Put one into it."),
    OwnShortLinkError: N_(
        "The last link is a short link already. Put the address that it leads to."
    ),
}


@router.get("")
async def show_form(request: Request, campaign_uuid: UUID) -> Response:
    """Show the text, to be changed for those who did not follow its link.

    Raises:
        CampaignStateError: Another vendor delivers it.
        TextLetGoError: Its text is no longer kept.
    """
    visit = await enter(request, "send")
    campaign, written = await _read(visit, campaign_uuid)
    require_allowed(CampaignAction.DUPLICATE, campaign.state)
    if campaign.text_let_go_at is not None:
        raise TextLetGoError
    return _page(visit, campaign, written)


@router.post("/preview")
async def show_preview(request: Request, campaign_uuid: UUID) -> Response:
    """Show whom it would go to, what it would cost and what it would look like."""
    visit = await enter(request, "send")
    campaign, written = await _read(visit, campaign_uuid)
    text = _text(visit, written)
    try:
        tried = await _send(visit, campaign, text=text, written=written, test="true")
    except DomainError as error:
        return _page(visit, campaign, text, error=error)
    return _page(visit, campaign, text, tried=tried)


@router.post("")
async def send_again(request: Request, campaign_uuid: UUID) -> Response:
    """Send it, and show the campaign that it makes."""
    visit = await enter(request, "send")
    campaign, written = await _read(visit, campaign_uuid)
    text, once = _text(visit, written), once_of(visit.form) or ""
    try:
        sent = await _send(visit, campaign, text=text, written=written, idempotencyKey=once)
    except DomainError as error:
        return _page(visit, campaign, text, error=error)
    return see(f"{CONSOLE}/campaigns/{sent.uuid}", done="send-again")


async def _read(visit: Visit, campaign_uuid: UUID) -> tuple[CampaignReport, str]:
    account = visit.caller.account
    row = await read_campaign(visit.context.engine, account, campaign_uuid)
    return to_campaign_report(row, account.time_zone), text_as_written(row)


def _text(visit: Visit, written: str) -> str:
    # Browsers send each line break as two characters, which would be billed.
    return visit.form.get("msg", written).replace("\r\n", "\n")


async def _send(
    visit: Visit, campaign: CampaignReport, *, text: str, written: str, **wishes: str
) -> Accepted:
    # What was not changed goes in the encoding in which it went first.
    other = {} if campaign.is_personal or text == written else {"msg": text}
    parameters = Parameters({"to": "not_clicked", **other, **wishes})
    return await duplicate_campaign(
        visit.context.to_send_context(),
        visit.caller.account,
        campaign.uuid,
        replace(
            to_copy_wishes(parameters, None),
            agreed_segments=count_in(visit.form, "agreed_segments"),
        ),
        visit.author,
    )


def _page(
    visit: Visit,
    campaign: CampaignReport,
    text: str,
    *,
    tried: Accepted | None = None,
    error: DomainError | None = None,
) -> Response:
    return render(
        visit.request,
        "send_again.html",
        caller=visit.caller,
        refusal=error,
        campaign=campaign,
        text=text,
        tried=tried,
        warning_of=warning_of,
        rejection_word=rejection_word,
        error=_told(error) if error else None,
        error_field=error.field if error else None,
        # One key from the form to the send, so that the browser's way back does not send twice.
        once_of_form=(None if error else once_of(visit.form)) or new_once(),
    )


def _told(error: DomainError) -> Told:
    if error.field == "to":
        return Told(NOBODY_LEFT)
    own = OWN_WORDS.get(type(error))
    return Told(own) if own else refusal_of(error)
