"""/alerts: what rose beyond what is usual for the account."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from services.api.auth import admin_caller, api_context
from services.api.operations.authenticate import Caller
from services.api.operations.read_alerts import read_alerts
from services.api.schemas.alerts import AlertPage, AlertsQuery, to_alert_report
from services.api.schemas.report_queries import cut_page, to_number_cursor

router = APIRouter(tags=["access"])

ALERTS = """
An alert begins when the account's rate of unknown links or of complaints in the last hour is far
above its own in the week before, and is over once it has come back. Webhooks that hear of
`account.alert` are told of both.
"""


@router.get("/alerts", summary="What rose beyond what is usual, newest first", description=ALERTS)
async def list_alerts(
    request: Request,
    caller: Annotated[Caller, Depends(admin_caller)],
    query: Annotated[AlertsQuery, Query()],
) -> AlertPage:
    zone = query.zone(caller.account.time_zone)
    rows = await read_alerts(
        api_context(request).engine,
        caller.account,
        is_open=query.open,
        before=to_number_cursor(query.cursor),
        row_limit=query.limit + 1,
    )
    page, last = cut_page(rows, query.limit)
    return AlertPage(
        alerts=[to_alert_report(row, zone) for row in page],
        next_cursor=str(last["id"]) if last else None,
    )
