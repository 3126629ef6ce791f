"""The account's API keys: listed, made, rotated, bounded, revoked."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from services.api.console.access_fields import (
    OF_PROOFS,
    end_of_day_in,
    hours_in,
    networks_in,
    per_minute_in,
    ticked,
    wrong_of,
)
from services.api.console.access_pages import show
from services.api.console.forms import Form
from services.api.console.proofs import with_proof
from services.api.console.redirecting import see
from services.api.console.visits import Visit, enter
from services.api.console.wording import N_
from services.api.console.wrong_fields import Wrong, WrongFieldError
from services.api.domain.access_errors import (
    KeyNotLiveError,
    ScopeNotGrantableError,
    TooManyKeysError,
)
from services.api.domain.errors import InvalidValueError, MadeBeforeError
from services.api.domain.rate_limits import Quotas
from services.api.domain.return_paths import CONSOLE
from services.api.operations.manage_keys import KeyOrders, KeyWithSecret
from services.api.schemas.keys import KeyReport, to_key_report
from services.api.schemas.report_queries import cut_page, to_newest_cursor
from shared.domain.api_keys import PREFIX_LENGTH
from shared.domain.errors import DomainError

router = APIRouter(prefix="/settings/keys")

KEYS: Final = f"{CONSOLE}/settings/keys"
PAGE: Final = 100
Prefix = Annotated[str, Path(pattern=f"^[0-9a-f]{{{PREFIX_LENGTH}}}$")]
# In the order in which they are asked for; what each lets a key do.
SCOPES: Final = {
    "send": (N_("Send"), N_("Messages, uploads, orders to campaigns, links.")),
    "report": (N_("Read reports"), N_("With the numbers in them, as pages and as files.")),
    "otp": (N_("One-time passwords"), N_("Send codes ahead of all else.")),
    "admin": (
        N_("Set up the account"),
        N_("Keys, users, webhooks, lists. Such a key can make others, so give it to few."),
    ),
}
# For how many hours the old key goes on.
OVERLAPS: Final = {
    0: N_("ends at once"),
    1: N_("an hour more"),
    24: N_("a day more"),
    72: N_("three days more"),
    168: N_("a week more"),
}
LIMITS: Final = ("calls_per_minute", "sends_per_minute")
# What each form on a key's page sends.
SENT: Final = {
    "rotate": ("overlap_hours", "expires_on"),
    "limits": LIMITS,
    "addresses": ("ip_allow_list",),
}
TOLD: Final[tuple[type[DomainError | WrongFieldError], ...]] = (
    *OF_PROOFS,
    WrongFieldError,
    InvalidValueError,
    ScopeNotGrantableError,
    TooManyKeysError,
    KeyNotLiveError,
)


@router.get("")
async def list_keys(
    request: Request, cursor: str | None = None, done: str | None = None
) -> Response:
    """Show a page of them, newest first; what has ended is folded away."""
    visit = await enter(request, "admin")
    found = await _orders(visit).newest(before=to_newest_cursor(cursor), row_limit=PAGE + 1)
    page, last = cut_page(found, PAGE)
    zone, now = visit.caller.account.time_zone, visit.context.clock.now()
    reports = [to_key_report(key, zone, now) for key in page]
    return show(
        visit,
        "settings_keys.html",
        live=[key for key in reports if key.status == "live"],
        ended=[key for key in reports if key.status != "live"],
        scopes=SCOPES,
        is_first=cursor is None,
        next_cursor=str(last.id) if last else None,
        done=done,
    )


@router.get("/new")
async def show_form(request: Request) -> Response:
    """Show what a key is made with."""
    visit = await enter(request, "admin")
    return _form(visit, {"scope-send": "on"})


@router.post("/new")
async def make_key(request: Request) -> Response:
    """Make a key, and show it this once."""
    visit = await enter(request, "admin")
    form = visit.form
    try:
        # A code of an authenticator counts once: that is no reason to refuse what came twice.
        await visit.once.require_new()
        visit = await with_proof(visit)
        made = await _orders(visit).add(
            form.get("name", ""),
            ticked(form, "scope-", list(SCOPES)),
            expires_at=end_of_day_in(form, "expires_on", visit.caller.account.time_zone),
            allow_list=networks_in(form),
            quotas=Quotas(*(per_minute_in(form, name) for name in LIMITS)),
            once=visit.once,
        )
    except MadeBeforeError as error:
        return see(f"{KEYS}/{error.made}", done="made-before")
    except TOLD as error:
        return _form(visit, form, wrong_of(error))
    return _made(visit, made)


@router.get("/{prefix}")
async def show_key(request: Request, prefix: Prefix, done: str | None = None) -> Response:
    """Show a key, without its secret."""
    visit = await enter(request, "admin")
    return await _page(visit, prefix, done=done)


@router.post("/{prefix}/rotate")
async def rotate_key(request: Request, prefix: Prefix) -> Response:
    """Make the key's successor, and show it this once."""
    visit = await enter(request, "admin")
    try:
        visit = await with_proof(visit)
        made = await _orders(visit).rotate(
            prefix,
            overlap=hours_in(visit.form, "overlap_hours", OVERLAPS),
            expires_at=end_of_day_in(visit.form, "expires_on", visit.caller.account.time_zone),
        )
    except TOLD as error:
        return await _page(visit, prefix, wrong=wrong_of(error), form="rotate")
    return _made(visit, made, old=await _read(visit, prefix))


@router.post("/{prefix}/limits")
async def limit_key(request: Request, prefix: Prefix) -> Response:
    """Say how many calls a minute the key is good for."""
    visit = await enter(request, "admin")
    try:
        limits = {name: per_minute_in(visit.form, name) for name in LIMITS}
    except WrongFieldError as error:
        return await _page(visit, prefix, wrong=wrong_of(error), form="limits")
    await _orders(visit).limit(prefix, limits)
    return see(f"{KEYS}/{prefix}", done="access")


@router.post("/{prefix}/addresses")
async def bound_key(request: Request, prefix: Prefix) -> Response:
    """Say where the key may be used from."""
    visit = await enter(request, "admin")
    orders = visit.context.to_allow_list_orders(visit.caller.account, visit.author)
    try:
        wanted = networks_in(visit.form)
    except WrongFieldError as error:
        return await _page(visit, prefix, wrong=wrong_of(error), form="addresses")
    # Of the lists of keys only a key could shut itself out.
    await orders.change_key(prefix, wanted, force=False)
    return see(f"{KEYS}/{prefix}", done="access")


@router.post("/{prefix}/revoke")
async def revoke_key(request: Request, prefix: Prefix) -> Response:
    """End the key for good."""
    visit = await enter(request, "admin")
    await _orders(visit).revoke(prefix)
    return see(KEYS, done="key-revoked")


def _orders(visit: Visit) -> KeyOrders:
    return visit.context.to_key_orders(visit.caller, visit.author)


async def _read(visit: Visit, prefix: str) -> KeyReport:
    key = await _orders(visit).read(prefix)
    return to_key_report(key, visit.caller.account.time_zone, visit.context.clock.now())


def _form(visit: Visit, typed: Form, wrong: Wrong | None = None) -> Response:
    return show(
        visit,
        "settings_key_new.html",
        scopes=SCOPES,
        typed=typed,
        wrong=wrong,
    )


def _made(visit: Visit, made: KeyWithSecret, old: KeyReport | None = None) -> Response:
    zone, now = visit.caller.account.time_zone, visit.context.clock.now()
    return show(
        visit,
        "settings_key_made.html",
        key=to_key_report(made.key, zone, now),
        text=made.text,
        old=old,
        scopes=SCOPES,
    )


async def _page(
    visit: Visit,
    prefix: str,
    *,
    wrong: Wrong | None = None,
    form: str | None = None,
    done: str | None = None,
) -> Response:
    key = await _read(visit, prefix)
    return show(
        visit,
        "settings_key.html",
        key=key,
        scopes=SCOPES,
        overlaps=OVERLAPS,
        typed=_typed(key, visit.form, form),
        wrong=wrong,
        wrong_form=form,
        done=done,
    )


def _typed(key: KeyReport, form: Form, of_form: str | None) -> Form:
    """Return what the fields hold: what the key has, and in a form just sent what was typed."""
    limits = {name: getattr(key, name) for name in LIMITS}
    kept = {name: "" if limit is None else str(limit) for name, limit in limits.items()}
    kept |= {"ip_allow_list": "\n".join(key.ip_allow_list), "overlap_hours": "24"}
    return kept | {name: form.get(name, "") for name in SENT.get(of_form or "", ())}
