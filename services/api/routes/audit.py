"""/audit: who did what in the account, from where, and what it was before."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from services.api.auth import admin_caller, api_context
from services.api.operations.authenticate import Caller
from services.api.operations.read_audit import export_trail, read_trail
from services.api.schemas.audit import (
    CSV_COLUMNS,
    CSV_EXAMPLE,
    TrailPage,
    TrailPageQuery,
    TrailTableQuery,
    to_trail_entry,
    to_trail_place,
    trail_cursor,
    trail_values,
)
from services.api.schemas.report_queries import cut_page
from services.api.schemas.tables import CSV_TYPE, to_csv

router = APIRouter(tags=["access"])

CallerOf = Annotated[Caller, Depends(admin_caller)]

TRAIL = """
Every send, and every change of settings, access, webhooks, uploads and campaigns: who made it and
from where, and what it changed, before and after. What changed nothing is not in it. Nobody can
change or delete an entry. Days are of the account's time zone, or of `tz`.
"""
CSV_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"text/csv": {"schema": {"type": "string"}, "example": CSV_EXAMPLE}},
        "description": "A row each, UTF-8, RFC 4180",
    }
}


@router.get("/audit", summary="Who did what in the account, newest first", description=TRAIL)
async def get_trail(
    request: Request, caller: CallerOf, query: Annotated[TrailPageQuery, Query()]
) -> TrailPage:
    zone = query.zone(caller.account.time_zone)
    rows = await read_trail(
        api_context(request).engine,
        caller.account.id,
        query.search(caller.account.time_zone),
        before=to_trail_place(query.cursor),
        row_limit=query.limit + 1,
    )
    page, last = cut_page(rows, query.limit)
    return TrailPage(
        entries=[to_trail_entry(row, zone) for row in page],
        next_cursor=trail_cursor(last) if last else None,
    )


@router.get(
    "/audit.csv",
    summary="The whole audit trail as CSV",
    response_class=StreamingResponse,
    responses=CSV_ANSWER,
)
async def get_trail_csv(
    request: Request, caller: CallerOf, query: Annotated[TrailTableQuery, Query()]
) -> StreamingResponse:
    zone = query.zone(caller.account.time_zone)
    search = query.search(caller.account.time_zone)
    batches = export_trail(api_context(request).engine, caller.account.id, search)
    rows = ((trail_values(row, zone) for row in batch) async for batch in batches)
    return StreamingResponse(
        to_csv(CSV_COLUMNS, rows, with_mark=query.bom),
        headers={
            "content-type": CSV_TYPE,
            "content-disposition": 'attachment; filename="audit.csv"',
        },
    )
