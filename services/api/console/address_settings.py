"""Where the account may be used from, without shutting oneself out unasked."""

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.auth import client_address
from services.api.console.access_fields import networks_in, wrong_of
from services.api.console.access_pages import show
from services.api.console.redirecting import see
from services.api.console.visits import Visit, enter
from services.api.console.wording import N_
from services.api.console.wrong_fields import Wrong, WrongFieldError
from services.api.domain.access_errors import LockOutError
from services.api.domain.allow_lists import FIELD
from services.api.domain.return_paths import CONSOLE
from services.api.operations.change_allow_lists import AllowListOrders
from services.api.schemas.whoami import WhoAmI, to_who_am_i
from shared.domain.client_address import AddressReason

router = APIRouter(prefix="/settings/addresses")

ADDRESSES: Final = f"{CONSOLE}/settings/addresses"
# What explains an address, in the words of whoever sits behind it.
REASONS: Final = {
    AddressReason.UNKNOWN_PEER: N_("Your connection has no IP address."),
    AddressReason.PEER_NOT_TRUSTED: N_("It is where your connection comes from."),
    AddressReason.NOT_FORWARDED: N_("It is a trusted proxy's own, which speaks for nobody else."),
    AddressReason.FORWARDED: N_("A trusted proxy says that you come from there."),
    AddressReason.ALL_TRUSTED: N_("All addresses on the way are trusted proxies'."),
    AddressReason.HIDDEN: N_(
        "It is a trusted proxy's, which hides whom it speaks for: have that put right first."
    ),
    AddressReason.MALFORMED: N_(
        "It is a trusted proxy's, which says in no readable way whom it speaks for: have that "
        "put right first."
    ),
    AddressReason.TOO_MANY_ENTRIES: N_(
        "It is a trusted proxy's, which names too many addresses: have that put right first."
    ),
}


@router.get("")
async def show_addresses(request: Request, done: str | None = None) -> Response:
    """Show the list, and the address that is seen."""
    visit = await enter(request, "admin")
    return await _page(visit, done=done)


@router.post("")
async def save_addresses(request: Request) -> Response:
    """Save the list, unless it leaves out whoever saves it and they do not insist."""
    visit = await enter(request, "admin")
    try:
        wanted = networks_in(visit.form)
        await _orders(visit).change(wanted, force="force" in visit.form)
    except (WrongFieldError, LockOutError) as error:
        is_lock_out = isinstance(error, LockOutError)
        return await _page(visit, wrong=wrong_of(error), is_lock_out=is_lock_out)
    return see(ADDRESSES, done="access")


@router.post("/mine")
async def add_mine(request: Request) -> Response:
    """Write the address that is seen below what was typed; save it only if that is asked for."""
    visit = await enter(request, "admin")
    if _is_there(visit):
        return await _page(visit, done="address-there")
    typed = _with(visit.form.get(FIELD, ""), _seen(visit).address)
    if "save" not in visit.form:
        return await _page(visit, typed=typed, done="address-added")
    try:
        await _orders(visit).change(networks_in({FIELD: typed}), force=False)
    except (WrongFieldError, LockOutError) as error:
        return await _page(visit, typed=typed, wrong=wrong_of(error))
    return see(ADDRESSES, done="access")


def _orders(visit: Visit) -> AllowListOrders:
    return visit.context.to_allow_list_orders(visit.caller.account, visit.author)


def _seen(visit: Visit) -> WhoAmI:
    return to_who_am_i(client_address(visit.request))


def _is_there(visit: Visit) -> bool:
    """Tell whether what was typed lets in whoever typed it; an empty list names nobody."""
    try:
        wanted = networks_in(visit.form)
    except WrongFieldError:
        return False
    return bool(wanted.texts) and wanted.admits(client_address(visit.request).address)


def _with(typed: str, address: str | None) -> str:
    kept = typed.rstrip()
    return "\n".join(filter(None, (kept, address)))


async def _page(
    visit: Visit,
    *,
    typed: str | None = None,
    wrong: Wrong | None = None,
    is_lock_out: bool = False,
    done: str | None = None,
) -> Response:
    """Show the page; of a list that was sent and not saved, what was typed."""
    saved = await _orders(visit).read()
    if typed is None:
        typed = visit.form.get(FIELD, "\n".join(saved.texts))
    seen = _seen(visit)
    return show(
        visit,
        "settings_addresses.html",
        saved=saved.texts,
        typed={FIELD: typed},
        seen=seen,
        reason=REASONS[seen.reason],
        wrong=wrong,
        is_lock_out=is_lock_out,
        done=done,
    )
