"""Campaigns side by side."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.api.console.rendering import render
from services.api.console.visits import enter
from services.api.console.wording import N_
from services.api.operations.compare_campaigns import read_comparison
from services.api.schemas.comparisons import to_comparison

router = APIRouter(prefix="/campaigns")

# As the API calls them.
NAMES: Final = "abcde"
FEWEST: Final = 2
WRONG_COUNT: Final = N_("Tick two to five campaigns, then compare them.")


@router.get("/compare")
async def compare(
    request: Request, c: Annotated[list[UUID] | None, Query(max_length=100)] = None
) -> Response:
    """Show the figures of those that were ticked, and what each has more than the first."""
    visit = await enter(request, "report")
    account = visit.caller.account
    ticked = list(dict.fromkeys(c or ()))
    if not FEWEST <= len(ticked) <= len(NAMES):
        return render(
            request, "compare.html", caller=visit.caller, campaigns=(), more={}, hint=WRONG_COUNT
        )
    compared = await read_comparison(
        visit.context.engine,
        account,
        dict(zip(NAMES, ticked, strict=False)),
        with_median=False,
    )
    comparison = to_comparison(compared, account.time_zone)
    return render(
        request,
        "compare.html",
        caller=visit.caller,
        campaigns=comparison.campaigns,
        more={each.name: each for each in comparison.differences},
        hint=None,
    )
