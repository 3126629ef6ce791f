"""What rose beyond what is usual for the account."""

from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.console.rendering import render
from services.api.console.visits import enter
from services.api.console.wording import N_
from services.api.operations.read_alerts import read_alerts
from services.api.schemas.alerts import to_alert_report
from services.api.schemas.report_queries import cut_page, to_number_cursor
from shared.domain.signals import Signal

router = APIRouter(prefix="/settings/alerts")

PAGE: Final = 25
# What each is called, and what it may mean.
SIGNALS: Final[Mapping[str, tuple[str, str]]] = {
    Signal.UNKNOWN_TOKEN: (
        N_("Visits to links that lead nowhere"),
        N_(
            "Somebody may be guessing your links or using your sender ID; or links were paused or "
            "have ended while people still follow them."
        ),
    ),
    Signal.COMPLAINT: (
        N_("Messages that people did not want"),
        N_(
            "Operators refused them since their recipients do not want such messages. Look at "
            "whom you sent to last."
        ),
    ),
}


@router.get("")
async def show_alerts(request: Request, which: str = "all", cursor: str | None = None) -> Response:
    """Show a page of alerts."""
    visit = await enter(request, "admin")
    account = visit.caller.account
    rows = await read_alerts(
        visit.context.engine,
        account,
        is_open=which == "open",
        before=to_number_cursor(cursor),
        row_limit=PAGE + 1,
    )
    page, last = cut_page(rows, PAGE)
    return render(
        request,
        "alerts.html",
        caller=visit.caller,
        alerts=[to_alert_report(row, account.time_zone) for row in page],
        signals=SIGNALS,
        which="open" if which == "open" else "all",
        cursor=cursor,
        next_cursor=last["id"] if last else None,
        done=None,
    )
