"""What the account sends as: each sender ID with its DLT entity, its links and their domains."""

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.console.access_fields import lines_of
from services.api.console.access_pages import show
from services.api.console.forms import Form
from services.api.console.redirecting import see
from services.api.console.visits import Visit, enter
from services.api.console.wording import N_
from services.api.console.wrong_fields import Wrong
from services.api.domain.errors import InvalidValueError
from services.api.domain.link_shape import LinkShape, can_stand_in_link
from services.api.domain.return_paths import CONSOLE
from services.api.operations.change_account import AccountOrders, AccountReading
from services.api.schemas.account import SenderIdReport, to_sender_id_report

router = APIRouter(prefix="/settings/senders")

SENDERS: Final = f"{CONSOLE}/settings/senders"
# What the form is refused for, by its fields.
WORDS: Final = {
    "dlt_entity_id": N_("Write the 1 to 30 digits of your entity id, or leave it empty."),
    "link_domains": N_(
        "Write a domain such as tx1.in on each line, without https:// and path, 20 at most."
    ),
    "link_shape": N_("Choose one of these."),
}


@router.get("")
async def list_senders(request: Request, done: str | None = None) -> Response:
    """Show what the account may send as."""
    visit = await enter(request, "report")
    reading = await orders_of(visit).read()
    return show(
        visit,
        "settings_senders.html",
        reading=reading,
        may_change="admin" in visit.caller.scopes,
        fits=can_stand_in_link,
        done=done,
    )


@router.get("/change")
async def show_sender(request: Request, sender: str = "") -> Response:
    """Show the form of a sender ID."""
    visit = await enter(request, "admin")
    reading = await orders_of(visit).read()
    sender_id = to_sender_id_report(reading, reading.get_sender_id(sender))
    return _form(visit, reading, sender_id.sender_id, _written(sender_id))


@router.post("/change")
async def change_sender(request: Request) -> Response:
    """Change a sender ID."""
    visit = await enter(request, "admin")
    orders = orders_of(visit)
    reading = await orders.read()
    header = reading.get_sender_id(visit.form.get("sender", "")).header
    try:
        await orders.change_sender_id(header, _changes_in(visit.form))
    except InvalidValueError as error:
        field = error.field or ""
        return _form(visit, reading, header, visit.form, Wrong(field, WORDS[field]))
    return see(SENDERS, done="next-send")


def orders_of(visit: Visit) -> AccountOrders:
    """Return what the account says with how it sends, and as whom."""
    return visit.context.to_account_orders(visit.caller.account, visit.author)


def shape_in(form: Form) -> LinkShape:
    """Read the shape of links.

    Raises:
        InvalidValueError: It is none.
    """
    try:
        return LinkShape(form.get("link_shape", ""))
    except ValueError as error:
        raise InvalidValueError("link_shape", "must be token or header") from error


def _changes_in(form: Form) -> dict[str, object]:
    return {
        "dlt_entity_id": form.get("dlt_entity_id", "").strip() or None,
        "link_shape": shape_in(form) if form.get("link_shape") else None,
        "link_domains": lines_of(form.get("link_domains", "")),
    }


def _written(sender_id: SenderIdReport) -> Form:
    return {
        "dlt_entity_id": sender_id.dlt_entity_id or "",
        "link_shape": sender_id.link_shape or "",
        "link_domains": "\n".join(sender_id.link_domains),
    }


def _form(
    visit: Visit,
    reading: AccountReading,
    header: str,
    typed: Form,
    wrong: Wrong | None = None,
) -> Response:
    return show(
        visit,
        "settings_sender.html",
        reading=reading,
        header=header,
        shapes=LinkShape,
        fits=can_stand_in_link,
        typed=typed,
        wrong=wrong,
    )
