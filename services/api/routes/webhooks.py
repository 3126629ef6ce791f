"""/webhooks: whom we call when something happens."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from services.api.auth import admin_caller, api_context, author_of, body_of
from services.api.operations import manage_webhooks
from services.api.operations.authenticate import Caller
from services.api.schemas.json_bodies import request_body
from services.api.schemas.report_queries import CURSOR_TEXT, cut_page, to_newest_cursor
from services.api.schemas.reports import Limit
from services.api.schemas.webhooks import (
    DeliveryPage,
    DeliveryReport,
    NewWebhook,
    ReplayReport,
    ReplaySpan,
    SecretChange,
    WebhookChange,
    WebhookList,
    WebhookReport,
    WebhookSecretReport,
    to_delivery_report,
    to_secret_report,
    to_webhook_report,
)

router = APIRouter(prefix="/webhooks", tags=["webhooks"])

CallerOf = Annotated[Caller, Depends(admin_caller)]

MAKE = """
Call a URL of yours for each click and each step of a message, signed as
[Standard Webhooks](https://www.standardwebhooks.com) say: headers `webhook-id`,
`webhook-timestamp` and `webhook-signature`. The `secret` is in this answer and in no other.

A request carries up to 100 events of one kind: `{"type": …, "timestamp": …, "data": {"events":
[…]}}`. Answer with any 2xx within ten seconds; else it is sent again, after 5 seconds and then
ever later, for two days. One event may come more than once, and later than one behind it.
"""
REPLAY = """
Deliver the events of a span of time again, of the kinds that the webhook is told, whether or not
they were delivered before. Each gets a new `webhook-id`.
"""
NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"description": "No such webhook"}}
DISABLED: dict[int | str, dict[str, Any]] = {409: {"description": "The webhook is disabled"}}


@router.post(
    "",
    status_code=201,
    summary="Make a webhook",
    description=MAKE,
    responses={409: {"description": "The account has as many as it may"}},
    openapi_extra=request_body(NewWebhook),
)
async def post_webhook(request: Request, caller: CallerOf) -> WebhookSecretReport:
    context = api_context(request)
    body = await body_of(request, NewWebhook)
    made = await manage_webhooks.add_webhook(
        context.engine,
        caller.account,
        context.settings.webhook_networks,
        author=author_of(request, caller),
        url=body.url,
        kinds=[str(kind) for kind in body.kinds],
        is_enabled=body.is_enabled,
    )
    return to_secret_report(made, caller.account.time_zone)


@router.get("", summary="List webhooks, oldest first")
async def list_webhooks(request: Request, caller: CallerOf) -> WebhookList:
    found = await manage_webhooks.list_webhooks(api_context(request).engine, caller.account)
    zone = caller.account.time_zone
    return WebhookList(webhooks=[to_webhook_report(webhook, zone) for webhook in found])


@router.get("/{webhook_id}", summary="One webhook, and how it does", responses=NOT_FOUND)
async def get_webhook(request: Request, caller: CallerOf, webhook_id: UUID) -> WebhookReport:
    engine = api_context(request).engine
    found = await manage_webhooks.read_webhook(engine, caller.account, webhook_id)
    return to_webhook_report(found, caller.account.time_zone)


@router.patch(
    "/{webhook_id}",
    summary="Change a webhook, or take it up again",
    responses=NOT_FOUND,
    openapi_extra=request_body(WebhookChange),
)
async def patch_webhook(request: Request, caller: CallerOf, webhook_id: UUID) -> WebhookReport:
    context = api_context(request)
    body = await body_of(request, WebhookChange)
    changed = await manage_webhooks.change_webhook(
        context.engine,
        caller.account,
        webhook_id,
        context.settings.webhook_networks,
        author=author_of(request, caller),
        url=body.url,
        kinds=None if body.kinds is None else [str(kind) for kind in body.kinds],
        is_enabled=body.is_enabled,
    )
    return to_webhook_report(changed, caller.account.time_zone)


@router.delete(
    "/{webhook_id}",
    status_code=204,
    summary="Delete a webhook and the log of its deliveries",
    responses=NOT_FOUND,
)
async def delete_webhook(request: Request, caller: CallerOf, webhook_id: UUID) -> None:
    engine = api_context(request).engine
    author = author_of(request, caller)
    await manage_webhooks.delete_webhook(engine, caller.account, webhook_id, author=author)


@router.post(
    "/{webhook_id}/rotate-secret",
    summary="Give a webhook a new secret; for a time the old one counts, too",
    responses=NOT_FOUND,
    openapi_extra=request_body(SecretChange, is_required=False),
)
async def rotate_secret(
    request: Request, caller: CallerOf, webhook_id: UUID
) -> WebhookSecretReport:
    context = api_context(request)
    body = await body_of(request, SecretChange)
    made = await manage_webhooks.change_secret(
        context.engine,
        caller.account,
        webhook_id,
        author=author_of(request, caller),
        overlap_s=body.overlap_hours * 3_600,
    )
    return to_secret_report(made, caller.account.time_zone)


@router.post(
    "/{webhook_id}/test",
    status_code=202,
    summary="Send a webhook a delivery without events, of type webhook.test",
    responses=NOT_FOUND | DISABLED,
)
async def post_test(request: Request, caller: CallerOf, webhook_id: UUID) -> DeliveryReport:
    engine = api_context(request).engine
    author = author_of(request, caller)
    added = await manage_webhooks.try_webhook(engine, caller.account, webhook_id, author=author)
    return to_delivery_report(added, caller.account.time_zone)


@router.get(
    "/{webhook_id}/deliveries",
    summary="What was delivered in the last 30 days, newest first",
    responses=NOT_FOUND,
)
async def list_deliveries(
    request: Request,
    caller: CallerOf,
    webhook_id: UUID,
    limit: Limit = 50,
    cursor: Annotated[str | None, Query(description=CURSOR_TEXT)] = None,
) -> DeliveryPage:
    found = await manage_webhooks.read_deliveries(
        api_context(request).engine,
        caller.account,
        webhook_id,
        before=to_newest_cursor(cursor),
        row_limit=limit + 1,
    )
    page, last = cut_page(found, limit)
    zone = caller.account.time_zone
    return DeliveryPage(
        deliveries=[to_delivery_report(delivery, zone) for delivery in page],
        next_cursor=str(last.id) if last else None,
    )


@router.post(
    "/{webhook_id}/replay",
    status_code=202,
    summary="Deliver the events of a span of time again",
    description=REPLAY,
    responses=NOT_FOUND | DISABLED,
    openapi_extra=request_body(ReplaySpan),
)
async def post_replay(request: Request, caller: CallerOf, webhook_id: UUID) -> ReplayReport:
    context = api_context(request)
    body = await body_of(request, ReplaySpan)
    made = await manage_webhooks.replay(
        context.engine,
        caller.account,
        webhook_id,
        author=author_of(request, caller),
        since=body.since,
        until=body.until,
    )
    return ReplayReport(deliveries=made.delivery_count, events=made.event_count)
