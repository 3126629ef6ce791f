"""/recipients: everything known of one number."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from services.api.auth import api_context, report_caller
from services.api.operations.authenticate import Caller
from services.api.operations.read_reports import number_of, read_number
from services.api.schemas.report_queries import (
    NumberQuery,
    cut_page,
    number_cursor,
    to_number_place,
)
from services.api.schemas.reports import NumberHistory, to_number_report, to_opt_out_report

router = APIRouter(prefix="/recipients", tags=["reports"])


@router.get("/{msisdn}", summary="What was sent to a number, and what came of it")
async def get_recipient(
    request: Request,
    caller: Annotated[Caller, Depends(report_caller)],
    msisdn: str,
    query: Annotated[NumberQuery, Query()],
) -> NumberHistory:
    zone = query.zone(caller.account.time_zone)
    number = number_of(msisdn, caller.account, field="msisdn")
    engine = api_context(request).engine
    known = await read_number(
        engine,
        caller.account,
        number,
        before=to_number_place(query.cursor),
        row_limit=query.limit + 1,
    )
    page, last = cut_page(known.messages, query.limit)
    return NumberHistory(
        mobile=str(number),
        opt_out=known.opt_out and to_opt_out_report(known.opt_out, zone),
        messages=[to_number_report(linked, zone, number) for linked in page],
        next_cursor=number_cursor(last.row) if last else None,
    )
