"""/users and /sign-in-rules: who is let in for the account, and how."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from services.api.auth import admin_caller, api_context, author_of, body_of
from services.api.operations.authenticate import Caller
from services.api.operations.manage_users import UserChange, UserOrders
from services.api.operations.sign_in_rules import RuleOrders, RulesChange
from services.api.schemas.json_bodies import request_body
from services.api.schemas.report_queries import CURSOR_TEXT, cut_page, to_newest_cursor
from services.api.schemas.reports import Limit
from services.api.schemas.users import (
    NewPassword,
    NewUser,
    RulesEdit,
    RulesReport,
    UserEdit,
    UserPage,
    UserReport,
    to_rules_report,
    to_user_report,
)

router = APIRouter(tags=["users"])

CallerOf = Annotated[Caller, Depends(admin_caller)]

MAKE = """
A user of the console signs in to sessions and may have a second factor; no call takes its
password. A user of the API sends `userId` and `password` on calls, as old clients do, and cannot
sign in. Nobody makes, or changes, a user who may do more than they may themselves.
"""
EDIT = """
Holds from the next request on in every process. Who is disabled is signed out at once. The
account's last enabled owner stays one (409, `last_owner`); who signs in counts for more there than
a user of the API.
"""
RULES = """
With `password_calls` off, a right `userId` and `password` is refused with 401 and the code
`password_calls_off`. With `demands_second_factor` on, users of the console who have none can do
nothing but set one up.
"""
NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"description": "No such user"}}


@router.post(
    "/users",
    status_code=201,
    summary="Add a user",
    description=MAKE,
    openapi_extra=request_body(NewUser),
)
async def post_user(request: Request, caller: CallerOf) -> UserReport:
    body = await body_of(request, NewUser)
    user = await _orders(request, caller).add(
        body.login, body.password, kind=body.kind, role=body.role
    )
    return to_user_report(user, caller.account.time_zone)


@router.get("/users", summary="List users, newest first, disabled ones too")
async def list_users(
    request: Request,
    caller: CallerOf,
    limit: Limit = 50,
    cursor: Annotated[str | None, Query(description=CURSOR_TEXT)] = None,
) -> UserPage:
    found = await _orders(request, caller).newest(
        before=to_newest_cursor(cursor), row_limit=limit + 1
    )
    page, last = cut_page(found, limit)
    return UserPage(
        users=[to_user_report(user, caller.account.time_zone) for user in page],
        next_cursor=str(last.id) if last else None,
    )


@router.patch(
    "/users/{user_id}",
    summary="Change a user's role, disable or enable them",
    description=EDIT,
    responses=NOT_FOUND,
    openapi_extra=request_body(UserEdit),
)
async def patch_user(request: Request, caller: CallerOf, user_id: UUID) -> UserReport:
    body = await body_of(request, UserEdit)
    change = UserChange(role=body.role, is_disabled=body.is_disabled)
    user = await _orders(request, caller).change(user_id, change)
    return to_user_report(user, caller.account.time_zone)


@router.put(
    "/users/{user_id}/password",
    status_code=204,
    summary="Give a user another password; their sessions end",
    responses=NOT_FOUND,
    openapi_extra=request_body(NewPassword),
)
async def put_user_password(request: Request, caller: CallerOf, user_id: UUID) -> None:
    body = await body_of(request, NewPassword)
    await _orders(request, caller).set_password(user_id, body.password)


@router.delete(
    "/users/{user_id}/second-factor",
    status_code=204,
    summary="Remove a user's second factor, as when it is lost; their sessions end",
    responses=NOT_FOUND,
)
async def delete_user_second_factor(request: Request, caller: CallerOf, user_id: UUID) -> None:
    await _orders(request, caller).remove_factor(user_id)


@router.get("/sign-in-rules", summary="How the account's users are let in", description=RULES)
async def get_sign_in_rules(request: Request, caller: CallerOf) -> RulesReport:
    return to_rules_report(await _rules(request, caller).read())


@router.patch(
    "/sign-in-rules",
    summary="Say how the account's users are let in",
    description=RULES,
    openapi_extra=request_body(RulesEdit),
)
async def patch_sign_in_rules(request: Request, caller: CallerOf) -> RulesReport:
    body = await body_of(request, RulesEdit)
    change = RulesChange(body.password_calls, body.demands_second_factor)
    return to_rules_report(await _rules(request, caller).change(change))


def _orders(request: Request, caller: Caller) -> UserOrders:
    return api_context(request).to_user_orders(caller, author_of(request, caller))


def _rules(request: Request, caller: Caller) -> RuleOrders:
    author = author_of(request, caller)
    return api_context(request).to_rule_orders(caller, author)
