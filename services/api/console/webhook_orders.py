"""Make, change, try and delete webhooks, and have events delivered to them again."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.console.local_times import to_moment
from services.api.console.redirecting import see
from services.api.console.rendering import render
from services.api.console.visits import Visit, enter
from services.api.console.webhook_wording import NO_KINDS, NO_TIME, OVERLAPS
from services.api.console.webhooks import (
    WEBHOOKS,
    chosen_kinds,
    form_of_new,
    page_of,
    refused,
)
from services.api.console.wrong_fields import Wrong
from services.api.domain.errors import (
    InvalidValueError,
    MadeBeforeError,
    TooManyWebhooksError,
    WebhookDisabledError,
)
from services.api.operations import manage_webhooks
from services.api.operations.manage_webhooks import WebhookWithSecret
from services.api.schemas.webhooks import to_secret_report

router = APIRouter(prefix="/settings/webhooks")

HOUR_S: Final = 3_600
DEFAULT_OVERLAP: Final = "24"
MISTAKEN: Final = (InvalidValueError, TooManyWebhooksError, WebhookDisabledError)


@router.post("")
async def make(request: Request) -> Response:
    """Make a webhook, and show its secret, this once."""
    visit = await enter(request, "admin")
    kinds = chosen_kinds(visit.form)
    if not kinds:
        return form_of_new(visit, Wrong("kinds", NO_KINDS, form="new"))
    try:
        await visit.once.require_new()
        made = await manage_webhooks.add_webhook(
            visit.context.engine,
            visit.caller.account,
            visit.context.settings.webhook_networks,
            author=visit.author,
            url=visit.form.get("url", "").strip(),
            kinds=kinds,
            is_enabled=True,
            once=visit.once,
        )
    except MadeBeforeError as error:
        return see(f"{WEBHOOKS}/{error.made}", done="made-before")
    except MISTAKEN as error:
        return form_of_new(visit, refused(error, "new"))
    return _secret(visit, made, is_new=True)


@router.post("/{webhook_id}")
async def change(request: Request, webhook_id: UUID) -> Response:
    """Change where a webhook leads, or what it is told."""
    visit = await enter(request, "admin")
    kinds = chosen_kinds(visit.form)
    if not kinds:
        wrong = Wrong("kinds", NO_KINDS, form="change")
        return await page_of(visit, webhook_id, wrong=wrong)
    try:
        await _change(visit, webhook_id, url=visit.form.get("url", "").strip(), kinds=kinds)
    except MISTAKEN as error:
        wrong = refused(error, "change")
        return await page_of(visit, webhook_id, wrong=wrong)
    return see(f"{WEBHOOKS}/{webhook_id}", done="webhook-changed")


@router.post("/{webhook_id}/pause")
async def pause(request: Request, webhook_id: UUID) -> Response:
    """Send nothing more to a webhook."""
    visit = await enter(request, "admin")
    await _change(visit, webhook_id, is_enabled=False)
    return see(f"{WEBHOOKS}/{webhook_id}", done="webhook-paused")


@router.post("/{webhook_id}/resume")
async def resume(request: Request, webhook_id: UUID) -> Response:
    """Take a webhook up again."""
    visit = await enter(request, "admin")
    await _change(visit, webhook_id, is_enabled=True)
    return see(f"{WEBHOOKS}/{webhook_id}", done="webhook-resumed")


@router.post("/{webhook_id}/secret")
async def change_secret(request: Request, webhook_id: UUID) -> Response:
    """Give a webhook another secret, and show it, this once."""
    visit = await enter(request, "admin")
    asked = visit.form.get("overlap", "")
    try:
        made = await manage_webhooks.change_secret(
            visit.context.engine,
            visit.caller.account,
            webhook_id,
            author=visit.author,
            overlap_s=int(asked if asked in OVERLAPS else DEFAULT_OVERLAP) * HOUR_S,
            once=visit.once,
        )
    except MadeBeforeError as error:
        return see(f"{WEBHOOKS}/{error.made}", done="made-before")
    return _secret(visit, made, is_new=False)


@router.post("/{webhook_id}/test")
async def try_out(request: Request, webhook_id: UUID) -> Response:
    """Have a delivery without events sent."""
    visit = await enter(request, "admin")
    try:
        await manage_webhooks.try_webhook(
            visit.context.engine, visit.caller.account, webhook_id, author=visit.author
        )
    except WebhookDisabledError as error:
        return await page_of(visit, webhook_id, wrong=refused(error, "test"))
    return see(f"{WEBHOOKS}/{webhook_id}", done="webhook-tried")


@router.post("/{webhook_id}/replay")
async def replay(request: Request, webhook_id: UUID) -> Response:
    """Have the events of a span of time delivered again."""
    visit = await enter(request, "admin")
    zone = visit.caller.account.time_zone
    since = to_moment(visit.form.get("since", ""), zone)
    until = to_moment(visit.form.get("until", ""), zone)
    if since is None or until is None:
        field = "since" if since is None else "until"
        wrong = Wrong(field, NO_TIME, form="replay")
        return await page_of(visit, webhook_id, wrong=wrong)
    try:
        found = await manage_webhooks.replay(
            visit.context.engine,
            visit.caller.account,
            webhook_id,
            author=visit.author,
            since=since,
            until=until,
        )
    except MISTAKEN as error:
        wrong = refused(error, "replay")
        return await page_of(visit, webhook_id, wrong=wrong)
    return see(
        f"{WEBHOOKS}/{webhook_id}",
        deliveries=str(found.delivery_count),
        events=str(found.event_count),
    )


@router.post("/{webhook_id}/delete")
async def delete(request: Request, webhook_id: UUID) -> Response:
    """Delete a webhook and the log of its deliveries."""
    visit = await enter(request, "admin")
    await manage_webhooks.delete_webhook(
        visit.context.engine, visit.caller.account, webhook_id, author=visit.author
    )
    return see(WEBHOOKS, done="webhook-deleted")


async def _change(
    visit: Visit,
    webhook_id: UUID,
    *,
    url: str | None = None,
    kinds: list[str] | None = None,
    is_enabled: bool | None = None,
) -> None:
    await manage_webhooks.change_webhook(
        visit.context.engine,
        visit.caller.account,
        webhook_id,
        visit.context.settings.webhook_networks,
        author=visit.author,
        url=url,
        kinds=kinds,
        is_enabled=is_enabled,
    )


def _secret(visit: Visit, made: WebhookWithSecret, *, is_new: bool) -> Response:
    return render(
        visit.request,
        "webhook_secret.html",
        caller=visit.caller,
        webhook=to_secret_report(made, visit.caller.account.time_zone),
        is_new=is_new,
        done=None,
    )
