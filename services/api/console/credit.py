"""What the account may still send, and what became of its credits."""

from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.console.number_words import AUTHORS
from services.api.console.rendering import render
from services.api.console.visits import enter
from services.api.console.wording import N_
from services.api.operations.manage_credit import read_entries
from services.api.schemas.credit import to_credit_report, to_entry_report
from services.api.schemas.report_queries import cut_page, to_number_cursor

router = APIRouter(prefix="/settings/credit")

PAGE: Final = 50
KINDS: Final[Mapping[str, str]] = {
    "top-up": N_("Topped up"),
    "charge": N_("Sent"),
    "refund": N_("Came back"),
    "correction": N_("Corrected"),
}


@router.get("")
async def show_credit(request: Request, cursor: str | None = None) -> Response:
    """Show how the account stands, with a page of its ledger."""
    visit = await enter(request, "report")
    account = visit.caller.account
    rows = await read_entries(
        visit.context.engine,
        account,
        before=to_number_cursor(cursor),
        row_limit=PAGE + 1,
    )
    page, last = cut_page(rows, PAGE)
    return render(
        request,
        "credit.html",
        caller=visit.caller,
        credit=to_credit_report(account.credit),
        entries=[to_entry_report(row, account.time_zone) for row in page],
        kinds=KINDS,
        authors=AUTHORS,
        cursor=cursor,
        next_cursor=last["id"] if last else None,
        done=None,
    )
