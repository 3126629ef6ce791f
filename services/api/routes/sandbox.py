"""/sandbox: what the sandbox carrier was given, as a phone would have got it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from services.api.auth import api_context, report_caller
from services.api.operations.authenticate import Caller
from services.api.operations.read_reports import read_sandbox
from services.api.schemas.reports import (
    Limit,
    SandboxPage,
    to_number_cursor,
    to_sandbox_report,
    zone_of,
)

router = APIRouter(prefix="/sandbox", tags=["sandbox"])


@router.get("/messages", summary="Messages that the sandbox carrier was given, newest first")
async def list_messages(
    request: Request,
    caller: Annotated[Caller, Depends(report_caller)],
    limit: Limit = 50,
    cursor: Annotated[str | None, Query(description="next_cursor of the page before")] = None,
    tz: Annotated[str | None, Query(description="IANA time zone; default: the account's")] = None,
) -> SandboxPage:
    zone = zone_of(tz, caller.account.time_zone)
    rows = await read_sandbox(
        api_context(request).engine,
        caller.account,
        before=to_number_cursor(cursor),
        row_limit=limit,
    )
    return SandboxPage(
        messages=[to_sandbox_report(row, zone) for row in rows],
        next_cursor=str(rows[-1]["id"]) if len(rows) == limit else None,
    )
