"""/sandbox: what the sandbox carrier was given, as a phone would have got it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from services.api.auth import api_context, report_caller
from services.api.operations.authenticate import Caller
from services.api.operations.read_reports import read_sandbox
from services.api.schemas.report_queries import SandboxQuery, cut_page, to_number_cursor
from services.api.schemas.reports import SandboxPage, to_sandbox_report

router = APIRouter(prefix="/sandbox", tags=["sandbox"])


@router.get("/messages", summary="Messages that the sandbox carrier was given, newest first")
async def list_messages(
    request: Request,
    caller: Annotated[Caller, Depends(report_caller)],
    query: Annotated[SandboxQuery, Query()],
) -> SandboxPage:
    zone = query.zone(caller.account.time_zone)
    rows = await read_sandbox(
        api_context(request).engine,
        caller.account,
        before=to_number_cursor(query.cursor),
        row_limit=query.limit + 1,
    )
    page, last = cut_page(rows, query.limit)
    return SandboxPage(
        messages=[to_sandbox_report(row, zone) for row in page],
        next_cursor=str(last["id"]) if last else None,
    )
