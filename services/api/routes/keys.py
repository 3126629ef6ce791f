"""/keys: the API keys of the account."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request

from services.api.auth import admin_caller, api_context, author_of, body_of
from services.api.domain.allow_lists import parse_allow_list
from services.api.domain.rate_limits import Quotas
from services.api.operations.authenticate import Caller
from services.api.operations.manage_keys import KeyOrders
from services.api.schemas.json_bodies import request_body
from services.api.schemas.keys import (
    KeyPage,
    KeyReport,
    KeyRotation,
    KeySecretReport,
    NewKey,
    RateLimitChange,
    to_key_report,
    to_secret_report,
)
from services.api.schemas.report_queries import CURSOR_TEXT, cut_page, to_newest_cursor
from services.api.schemas.reports import Limit
from shared.domain.api_keys import PREFIX_LENGTH

router = APIRouter(prefix="/keys", tags=["access"])

CallerOf = Annotated[Caller, Depends(admin_caller)]
Prefix = Annotated[
    str,
    Path(
        pattern=f"^[0-9a-f]{{{PREFIX_LENGTH}}}$",
        description="The twelve characters behind `txk_`",
        examples=["5f0c1a9be27d"],
    ),
]

MAKE = """
The answer holds the `key`, and no other will: only its SHA-256 is kept. A key cannot let another
do what it may not do itself. From `expires_at` on it is refused with the code `key_expired`.
"""
ROTATE = """
Makes a key with the name, scopes and allow-list of this one, to take its place; this one counts
for `overlap_hours` more, and then expires. To end both, revoke both.
"""
LIMIT = """
From the next call on, in every process; the account's limits apply besides. 0 lets any number
through, null as many as the server's settings say; what is left out stays as it is.
"""
NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"description": "No such key"}}


@router.post(
    "",
    status_code=201,
    summary="Make an API key",
    description=MAKE,
    openapi_extra=request_body(NewKey),
)
async def post_key(request: Request, caller: CallerOf) -> KeySecretReport:
    context = api_context(request)
    body = await body_of(request, NewKey)
    made = await _orders(request, caller).add(
        body.name,
        body.scopes,
        expires_at=body.expires_at,
        allow_list=parse_allow_list(body.ip_allow_list),
        quotas=Quotas(body.calls_per_minute, body.sends_per_minute),
    )
    return to_secret_report(made, caller.account.time_zone, context.clock.now())


@router.get("", summary="List API keys, newest first, those that have ended too")
async def list_keys(
    request: Request,
    caller: CallerOf,
    limit: Limit = 50,
    cursor: Annotated[str | None, Query(description=CURSOR_TEXT)] = None,
) -> KeyPage:
    found = await _orders(request, caller).newest(
        before=to_newest_cursor(cursor), row_limit=limit + 1
    )
    page, last = cut_page(found, limit)
    zone, now = caller.account.time_zone, api_context(request).clock.now()
    return KeyPage(
        keys=[to_key_report(key, zone, now) for key in page],
        next_cursor=str(last.id) if last else None,
    )


@router.post(
    "/{prefix}/rotate",
    status_code=201,
    summary="Give an API key a successor; for a time the old one counts, too",
    description=ROTATE,
    responses=NOT_FOUND,
    openapi_extra=request_body(KeyRotation, is_required=False),
)
async def rotate_key(request: Request, caller: CallerOf, prefix: Prefix) -> KeySecretReport:
    context = api_context(request)
    body = await body_of(request, KeyRotation)
    made = await _orders(request, caller).rotate(
        prefix, overlap=timedelta(hours=body.overlap_hours), expires_at=body.expires_at
    )
    return to_secret_report(made, caller.account.time_zone, context.clock.now())


@router.put(
    "/{prefix}/rate-limits",
    summary="Say how many calls a minute an API key is good for",
    description=LIMIT,
    responses=NOT_FOUND,
    openapi_extra=request_body(RateLimitChange),
)
async def put_key_rate_limits(request: Request, caller: CallerOf, prefix: Prefix) -> KeyReport:
    context = api_context(request)
    body = await body_of(request, RateLimitChange)
    key = await _orders(request, caller).limit(prefix, body.model_dump(exclude_unset=True))
    return to_key_report(key, caller.account.time_zone, context.clock.now())


@router.delete(
    "/{prefix}",
    status_code=204,
    summary="Revoke an API key, at once and for good",
    responses=NOT_FOUND,
)
async def delete_key(request: Request, caller: CallerOf, prefix: Prefix) -> None:
    await _orders(request, caller).revoke(prefix)


def _orders(request: Request, caller: Caller) -> KeyOrders:
    return api_context(request).to_key_orders(caller, author_of(request, caller))
