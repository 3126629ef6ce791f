"""/credit: what the account may still send, and what became of its credits."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from services.api.auth import api_context, export_caller, report_caller
from services.api.operations.authenticate import Caller
from services.api.operations.manage_credit import export_entries, read_entries
from services.api.schemas.credit import (
    CSV_EXAMPLE,
    CreditReport,
    EntryPage,
    EntryReport,
    entry_values,
    to_credit_report,
    to_entry_report,
)
from services.api.schemas.report_queries import (
    NumberQuery,
    TableQuery,
    cut_page,
    to_number_cursor,
)
from services.api.schemas.tables import CSV_TYPE, to_csv

router = APIRouter(prefix="/credit", tags=["credit"])

CallerOf = Annotated[Caller, Depends(report_caller)]

READ = """
One credit is one segment. A send of more segments than `balance` is refused whole (402,
`insufficient_credit`), and so is one that would take the day over `daily_cap` (429,
`daily_cap_reached`, with `Retry-After` until the account's midnight).
"""
LIST = """
Every change of the balance, newest first: what was topped up, what each campaign was charged, and
what came back for messages that failed, were rejected or cancelled. Nobody can change or delete an
entry; the amounts of all of them add up to the balance.
"""


@router.get("", summary="What may still be sent", description=READ)
async def get_credit(caller: CallerOf) -> CreditReport:
    return to_credit_report(caller.account.credit)


@router.get("/entries", summary="The ledger of credits, newest first", description=LIST)
async def list_entries(
    request: Request, caller: CallerOf, query: Annotated[NumberQuery, Query()]
) -> EntryPage:
    zone = query.zone(caller.account.time_zone)
    rows = await read_entries(
        api_context(request).engine,
        caller.account,
        before=to_number_cursor(query.cursor),
        row_limit=query.limit + 1,
    )
    page, last = cut_page(rows, query.limit)
    return EntryPage(
        entries=[to_entry_report(row, zone) for row in page],
        next_cursor=str(last["id"]) if last else None,
    )


@router.get(
    "/entries.csv",
    summary="The whole ledger as CSV",
    description=LIST,
    response_class=StreamingResponse,
    responses={
        200: {
            "content": {"text/csv": {"schema": {"type": "string"}, "example": CSV_EXAMPLE}},
            "description": "A row each, UTF-8, RFC 4180",
        }
    },
)
async def get_entries_csv(
    request: Request,
    caller: Annotated[Caller, Depends(export_caller)],
    query: Annotated[TableQuery, Query()],
) -> StreamingResponse:
    zone = query.zone(caller.account.time_zone)
    batches = export_entries(api_context(request).engine, caller.account)
    rows = ((entry_values(row, zone) for row in batch) async for batch in batches)
    return StreamingResponse(
        to_csv(list(EntryReport.model_fields), rows, with_mark=query.bom),
        headers={
            "content-type": CSV_TYPE,
            "content-disposition": 'attachment; filename="credit.csv"',
        },
    )
