"""The account's users, and the rules by which they are let in."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.auth import session_of
from services.api.console.access_fields import OF_PROOFS, WORDS, wrong_of
from services.api.console.access_pages import show
from services.api.console.forms import Form
from services.api.console.proofs import with_proof
from services.api.console.redirecting import see
from services.api.console.visits import Visit, enter
from services.api.console.wording import N_
from services.api.console.wrong_fields import Wrong, WrongFieldError
from services.api.domain.errors import InvalidValueError
from services.api.domain.passwords import PasswordRefusedError
from services.api.domain.return_paths import CONSOLE
from services.api.domain.roles import UserKind
from services.api.domain.user_errors import (
    LastOwnerError,
    NotOfConsoleError,
    OwnUserError,
    RoleNotGrantableError,
    TooManyUsersError,
)
from services.api.operations.manage_users import UserChange, UserOrders
from services.api.operations.sign_in_rules import RuleOrders, RulesChange
from services.api.schemas.report_queries import cut_page, to_newest_cursor
from services.api.schemas.users import to_user_report
from shared.domain.errors import DomainError

router = APIRouter(prefix="/settings/users")

USERS: Final = f"{CONSOLE}/settings/users"
PAGE: Final = 50
ROLES: Final = {
    "owner": N_("All, with keys, users and these settings."),
    "sender": N_("Sends, and reads all reports."),
    "analyst": N_("Reads reports, and takes them away as files."),
    "read-only": N_("Reads reports as pages, and takes nothing away."),
}
KINDS: Final = {
    UserKind.CONSOLE: (N_("A person"), N_("Signs in here, with a second factor if they want.")),
    UserKind.API: (
        N_("An old program"),
        N_("Sends userId and password with each call. New programs take an API key."),
    ),
}
TOLD: Final[tuple[type[DomainError | WrongFieldError], ...]] = (
    *OF_PROOFS,
    WrongFieldError,
    InvalidValueError,
    PasswordRefusedError,
    RoleNotGrantableError,
    TooManyUsersError,
    LastOwnerError,
    OwnUserError,
    NotOfConsoleError,
)


@router.get("")
async def list_users(
    request: Request, cursor: str | None = None, done: str | None = None
) -> Response:
    """Show a page of them, newest first, and the rules."""
    return await _list(await enter(request, "admin"), cursor=cursor, done=done)


@router.post("/rules")
async def save_rules(request: Request) -> Response:
    """Say how the account's users are let in."""
    visit = await enter(request, "admin")
    change = RulesChange("password_calls" in visit.form, "demands_second_factor" in visit.form)
    try:
        visit = await with_proof(visit)
        await _rules(visit).change(change)
    except OF_PROOFS as error:
        return await _list(visit, wrong=wrong_of(error), rules=change)
    return see(USERS, done="rules")


@router.get("/new")
async def show_form(request: Request) -> Response:
    """Show what a user is made with."""
    visit = await enter(request, "admin")
    return _form(visit, {"kind": UserKind.CONSOLE, "role": "sender"})


@router.post("/new")
async def add_user(request: Request) -> Response:
    """Add a user."""
    visit = await enter(request, "admin")
    form = visit.form
    try:
        visit = await with_proof(visit)
        await _orders(visit).add(
            form.get("login", ""),
            form.get("password", ""),
            kind=_kind_in(form),
            role=form.get("role", ""),
        )
    except TOLD as error:
        return _form(visit, form, wrong_of(error))
    return see(USERS, done="user-added")


@router.get("/{user_id}")
async def show_user(request: Request, user_id: UUID, done: str | None = None) -> Response:
    """Show a user."""
    visit = await enter(request, "admin")
    return await _page(visit, user_id, done=done)


@router.post("/{user_id}/role")
async def change_role(request: Request, user_id: UUID) -> Response:
    """Give a user another role."""
    visit = await enter(request, "admin")
    change = UserChange(role=visit.form.get("role", ""))
    return await _changed(visit, user_id, change, "role")


@router.post("/{user_id}/disable")
async def disable_user(request: Request, user_id: UUID) -> Response:
    """Shut a user out; they are signed out at once."""
    visit = await enter(request, "admin")
    return await _changed(visit, user_id, UserChange(is_disabled=True), "disable")


@router.post("/{user_id}/enable")
async def enable_user(request: Request, user_id: UUID) -> Response:
    """Let a user in again."""
    visit = await enter(request, "admin")
    return await _changed(visit, user_id, UserChange(is_disabled=False), "enable")


@router.post("/{user_id}/password")
async def set_password(request: Request, user_id: UUID) -> Response:
    """Give a user another password."""
    visit = await enter(request, "admin")
    try:
        visit = await with_proof(visit)
        await _orders(visit).set_password(user_id, visit.form.get("password", ""))
    except TOLD as error:
        return await _page(visit, user_id, wrong=wrong_of(error), form="password")
    return see(f"{USERS}/{user_id}", done="user-password")


@router.post("/{user_id}/second-factor/remove")
async def remove_factor(request: Request, user_id: UUID) -> Response:
    """Remove a user's second factor, as when it is lost."""
    visit = await enter(request, "admin")
    try:
        visit = await with_proof(visit)
        await _orders(visit).remove_factor(user_id)
    except TOLD as error:
        return await _page(visit, user_id, wrong=wrong_of(error), form="factor")
    return see(f"{USERS}/{user_id}", done="user-factor-off")


async def _list(
    visit: Visit,
    *,
    cursor: str | None = None,
    wrong: Wrong | None = None,
    rules: RulesChange | None = None,
    done: str | None = None,
) -> Response:
    found = await _orders(visit).newest(before=to_newest_cursor(cursor), row_limit=PAGE + 1)
    page, last = cut_page(found, PAGE)
    zone, settings = visit.caller.account.time_zone, visit.context.settings
    return show(
        visit,
        "settings_users.html",
        users=[to_user_report(user, zone) for user in page],
        kinds=KINDS,
        rules=rules or await _rules(visit).read(),
        wrong=wrong,
        idle_h=settings.session_idle_s / 3_600,
        life_d=settings.session_life_s / 86_400,
        is_first=cursor is None,
        next_cursor=str(last.id) if last else None,
        done=done,
    )


async def _changed(visit: Visit, user_id: UUID, change: UserChange, form: str) -> Response:
    try:
        visit = await with_proof(visit)
        await _orders(visit).change(user_id, change)
    except TOLD as error:
        return await _page(visit, user_id, wrong=wrong_of(error), form=form)
    return see(f"{USERS}/{user_id}", done="user-changed")


def _kind_in(form: Form) -> UserKind:
    try:
        return UserKind(form.get("kind", ""))
    except ValueError as error:
        raise WrongFieldError(Wrong("kind", WORDS["kind"])) from error


def _orders(visit: Visit) -> UserOrders:
    return visit.context.to_user_orders(visit.caller, visit.author)


def _rules(visit: Visit) -> RuleOrders:
    return visit.context.to_rule_orders(visit.caller, visit.author)


def _form(visit: Visit, typed: Form, wrong: Wrong | None = None) -> Response:
    return show(
        visit,
        "settings_user_new.html",
        typed=typed,
        roles=ROLES,
        kinds=KINDS,
        wrong=wrong,
    )


async def _page(
    visit: Visit,
    user_id: UUID,
    *,
    wrong: Wrong | None = None,
    form: str | None = None,
    done: str | None = None,
) -> Response:
    user = await _orders(visit).read(user_id)
    return show(
        visit,
        "settings_user.html",
        user=to_user_report(user, visit.caller.account.time_zone),
        is_self=user_id == session_of(visit.caller).user_uuid,
        roles=ROLES,
        kinds=KINDS,
        role=visit.form.get("role", user.role) if form == "role" else user.role,
        wrong=wrong,
        wrong_form=form,
        done=done,
    )
