"""/days: an account as a whole."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from services.api.auth import api_context, report_caller
from services.api.operations.authenticate import Caller
from services.api.operations.read_reports import read_days
from services.api.schemas.days import DayList, to_day_list
from services.api.schemas.report_queries import DaysQuery

router = APIRouter(prefix="/days", tags=["reports"])


@router.get("", summary="What was sent and what came of it, day by day")
async def list_days(
    request: Request,
    caller: Annotated[Caller, Depends(report_caller)],
    query: Annotated[DaysQuery, Query()],
) -> DayList:
    zone = query.zone(caller.account.time_zone)
    days = await read_days(
        api_context(request).engine,
        caller.account,
        first=query.first,
        last=query.last,
        zone=zone,
    )
    return to_day_list(days, zone)
