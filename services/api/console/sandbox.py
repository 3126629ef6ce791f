"""The sandbox phone: what the sandbox carrier delivered, to be tapped for real."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.console.redirecting import is_partial
from services.api.console.rendering import render
from services.api.console.visits import Visit, enter
from services.api.domain.tappable_links import cut_at_links
from services.api.operations.read_reports import read_campaigns, read_hits, read_sandbox
from services.api.schemas.report_queries import CampaignsQuery
from services.api.schemas.reports import VisitReport, to_sandbox_report, to_visit_report
from services.api.settings import ApiSettings

router = APIRouter()

LOOKED_AT: Final = 100
PHONES: Final = 8
SHOWN: Final = 20
# A browser keeps six connections to a place; these stay open.
FOLLOWED: Final = 2
RECENT_CLICKS: Final = 10
UNDELIVERED: Final = frozenset({"UNDELIV", "EXPIRED", "REJECTD"})


@dataclass(frozen=True, slots=True)
class Bubble:
    """A message as the phone shows it: texts, and links with where they are opened."""

    id: int
    sender_id: str
    parts: Sequence[tuple[str, str | None]]
    received_at: datetime
    receipt: str | None
    segments: int


@router.get("/sandbox")
async def show_phone(
    request: Request, number: str | None = None, known: str | None = None
) -> Response:
    """Show the phone of a number, else of whoever was sent to last.

    A phone that is known as it is need not be shown again: what its reader has come to, by keys or
    by scrolling, would be lost.
    """
    visit = await enter(request, "report")
    account, engine = visit.caller.account, visit.context.engine
    zone = account.time_zone
    rows = await read_sandbox(engine, account, before=None, row_limit=LOOKED_AT)
    messages = [to_sandbox_report(row, zone) for row in rows]
    numbers = list(dict.fromkeys(message.mobile for message in messages))[:PHONES]
    shown = number if number in numbers else next(iter(numbers), None)
    settings = visit.context.settings
    bubbles = [
        Bubble(
            message.id,
            message.sender_id,
            _parts(message.text, settings),
            message.received_at,
            message.receipt,
            message.segments,
        )
        for message in messages
        if message.mobile == shown and message.receipt not in UNDELIVERED
    ][:SHOWN]
    followed = await _followed(visit)
    now = _digest(numbers, bubbles, followed)
    if is_partial(request) and known == now:
        return Response(status_code=204)
    return render(
        request,
        "_phone.html" if is_partial(request) else "sandbox.html",
        caller=visit.caller,
        numbers=numbers,
        shown=shown,
        known=now,
        bubbles=bubbles,
        followed=followed,
        clicks=[] if is_partial(request) else await _clicks(visit, followed),
    )


def _digest(*shown: object) -> str:
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


def _parts(text: str, settings: ApiSettings) -> list[tuple[str, str | None]]:
    base = settings.redirector_url or f"https://{settings.short_domain}"
    return [
        (part.text, None if part.path is None else base + part.path)
        for part in cut_at_links(text, settings.short_domain)
    ]


async def _followed(visit: Visit) -> list[UUID]:
    account = visit.caller.account
    search = CampaignsQuery.model_validate({}).search(account.time_zone)
    rows = await read_campaigns(
        visit.context.engine, account, before=None, search=search, row_limit=FOLLOWED
    )
    return [row["uuid"] for row in rows]


async def _clicks(visit: Visit, followed: Sequence[UUID]) -> list[VisitReport]:
    found: list[VisitReport] = []
    for campaign_uuid in followed:
        visits = await read_hits(
            visit.context.engine,
            visit.caller.account,
            campaign_uuid,
            msisdn=None,
            with_machines=False,
            before=None,
            row_limit=RECENT_CLICKS,
        )
        found += [to_visit_report(row, visit.caller.account.time_zone) for row in visits.rows]
    found.sort(key=lambda click: click.occurred_at, reverse=True)
    return found[:RECENT_CLICKS]
