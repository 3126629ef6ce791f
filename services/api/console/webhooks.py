"""Webhooks: those that there are, how each does, and what was delivered to it."""

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.console.forms import Form
from services.api.console.local_times import next_minute, to_field
from services.api.console.redirecting import is_partial
from services.api.console.rendering import render
from services.api.console.visits import Visit, enter
from services.api.console.webhook_wording import (
    DELIVERED_KINDS,
    DELIVERY_STATUSES,
    HEALTH,
    KINDS,
    OVERLAPS,
    complaint_text,
)
from services.api.console.wording import DONE
from services.api.console.wrong_fields import Wrong
from services.api.domain.return_paths import CONSOLE
from services.api.operations import manage_webhooks
from services.api.schemas.report_queries import cut_page, to_newest_cursor
from services.api.schemas.webhooks import (
    DeliveryReport,
    ReplayReport,
    WebhookReport,
    to_delivery_report,
    to_webhook_report,
)
from shared.domain.errors import DomainError

router = APIRouter(prefix="/settings/webhooks")

WEBHOOKS: Final = f"{CONSOLE}/settings/webhooks"
PAGE: Final = 20
# What is tried again later than that is not waited for.
SOON: Final = timedelta(minutes=2)
REPLAYED_BY_DEFAULT: Final = timedelta(hours=1)
KEPT: Final = timedelta(days=30)
_COUNT: Final = re.compile(r"[0-9]{1,7}")


def refused(error: DomainError, form: str) -> Wrong:
    """Return what is wrong with a form that an operation refused."""
    return Wrong(error.field or "", complaint_text(error), form=form, refusal=error)


def health_of(webhook: WebhookReport) -> str:
    """Return how a webhook does, in one word."""
    if not webhook.is_enabled:
        return "disabled" if webhook.disabled_reason else "paused"
    return "failing" if webhook.failing_since else "well"


@router.get("")
async def list_webhooks(request: Request, done: str | None = None) -> Response:
    """Show the account's webhooks."""
    visit = await enter(request, "admin")
    account = visit.caller.account
    rows = await manage_webhooks.list_webhooks(visit.context.engine, account)
    found = [to_webhook_report(row, account.time_zone) for row in rows]
    return render(
        request,
        "webhooks.html",
        caller=visit.caller,
        webhooks=[(each, health_of(each)) for each in found],
        kinds=KINDS,
        health=HEALTH,
        is_full=len(found) >= manage_webhooks.MAX_WEBHOOKS,
        done=DONE.get(done or ""),
    )


@router.get("/new")
async def show_form(request: Request) -> Response:
    """Show the form of a new webhook."""
    return form_of_new(await enter(request, "admin"))


@router.get("/{webhook_id}")
async def show_webhook(
    request: Request,
    webhook_id: UUID,
    cursor: str | None = None,
    known: str | None = None,
    done: str | None = None,
) -> Response:
    """Show a webhook and its deliveries; the deliveries alone, if htmx asks.

    Deliveries that are known as they are need not be shown again.
    """
    visit = await enter(request, "admin")
    if is_partial(request):
        log = await _log(visit, webhook_id, cursor)
        if known == log["known"]:
            return Response(status_code=204)
        return render(request, "_deliveries.html", caller=visit.caller, **log)
    return await page_of(visit, webhook_id, cursor=cursor, done=done)


def form_of_new(visit: Visit, wrong: Wrong | None = None) -> Response:
    """Return the form of a new webhook; with what was wrong, if something was."""
    return render(
        visit.request,
        "new_webhook.html",
        caller=visit.caller,
        kinds=KINDS,
        url=visit.form.get("url", ""),
        chosen=chosen_kinds(visit.form) if wrong else list(KINDS),
        wrong=wrong,
        done=None,
    )


def chosen_kinds(form: Form) -> list[str]:
    """Return what is ticked in a form."""
    return [kind for kind in KINDS if f"kind-{kind}" in form]


async def page_of(
    visit: Visit,
    webhook_id: UUID,
    *,
    cursor: str | None = None,
    done: str | None = None,
    wrong: Wrong | None = None,
) -> Response:
    """Return the page of a webhook; with what was wrong, if something was."""
    account, now = visit.caller.account, visit.context.clock.now()
    row = await manage_webhooks.read_webhook(visit.context.engine, account, webhook_id)
    webhook = to_webhook_report(row, account.time_zone)
    filled = visit.form if wrong else {}
    is_changed = wrong is not None and wrong.form == "change"
    since = max(webhook.failing_since or now - REPLAYED_BY_DEFAULT, now - KEPT)
    return render(
        visit.request,
        "webhook.html",
        caller=visit.caller,
        webhook=webhook,
        state=health_of(webhook),
        health=HEALTH,
        offered=KINDS,
        overlaps=OVERLAPS,
        url=filled.get("url", "") if is_changed else webhook.url,
        chosen=chosen_kinds(filled) if is_changed else webhook.kinds,
        since=filled.get("since") or to_field(since, account.time_zone),
        until=filled.get("until") or to_field(next_minute(now), account.time_zone),
        replayed=_replayed(visit.request),
        wrong=wrong,
        done=DONE.get(done or ""),
        **await _log(visit, webhook_id, cursor),
    )


async def _log(visit: Visit, webhook_id: UUID, cursor: str | None) -> dict[str, Any]:
    """Return a page of deliveries as its template takes it."""
    rows = await manage_webhooks.read_deliveries(
        visit.context.engine,
        visit.caller.account,
        webhook_id,
        before=to_newest_cursor(cursor),
        row_limit=PAGE + 1,
    )
    page, last = cut_page(rows, PAGE)
    zone = visit.caller.account.time_zone
    deliveries = [to_delivery_report(row, zone) for row in page]
    return {
        "webhook_id": webhook_id,
        "deliveries": deliveries,
        "kinds": DELIVERED_KINDS,
        "statuses": DELIVERY_STATUSES,
        "cursor": cursor,
        "next_cursor": last.id if last else None,
        "known": hashlib.sha256(repr(deliveries).encode()).hexdigest()[:16],
        "is_watched": cursor is None and _is_soon(deliveries, visit.context.clock.now()),
    }


def _is_soon(deliveries: Sequence[DeliveryReport], now: datetime) -> bool:
    due = [each.next_attempt_at for each in deliveries if each.next_attempt_at is not None]
    return any(moment < now + SOON for moment in due)


def _replayed(request: Request) -> ReplayReport | None:
    """Return what a replay came to, of which the address tells after it."""
    counts = [request.query_params.get(name, "") for name in ("deliveries", "events")]
    if not all(_COUNT.fullmatch(count) for count in counts):
        return None
    deliveries, events = map(int, counts)
    return ReplayReport(deliveries=deliveries, events=events)
