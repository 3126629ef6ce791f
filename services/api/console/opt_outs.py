"""Who opted out of what the account sends: looked up, noted by hand or from a file, taken out."""

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.console.file_forms import enter_with_file
from services.api.console.imports import imported_page
from services.api.console.number_words import AUTHORS, SOURCES, TYPED_SOURCES, wrong_number
from services.api.console.redirecting import see
from services.api.console.rendering import render
from services.api.console.sealed_numbers import opened, readable, sealed_with, written
from services.api.console.visits import Visit, enter
from services.api.console.wording import DONE, N_
from services.api.console.wrong_fields import Wrong
from services.api.domain.errors import InvalidValueError
from services.api.domain.opt_outs import NotOptedOutError, SuppressionSource
from services.api.domain.return_paths import CONSOLE
from services.api.operations.manage_suppressions import OptOutOrders
from services.api.schemas.report_queries import cut_page
from services.api.schemas.suppressions import (
    SuppressionReport,
    to_import_report,
    to_suppression_report,
)
from shared.domain.errors import DomainError

router = APIRouter(prefix="/settings/opt-outs")

OPT_OUTS: Final = f"{CONSOLE}/settings/opt-outs"
PAGE: Final = 50


@router.get("")
async def show_opt_outs(
    request: Request,
    after: str | None = None,
    of: str | None = None,
    done: str | None = None,
) -> Response:
    """Show a page of them, or that of one number."""
    visit = await enter(request, "report")
    return await _page(visit, after=after, of=of, done=done)


@router.post("/find")
async def find_opt_out(request: Request) -> Response:
    """Look up a number, in any written form."""
    visit = await enter(request, "report")
    try:
        found = await _orders(visit).find(visit.form.get("mobile", ""))
    except (InvalidValueError, NotOptedOutError) as error:
        return await _page(visit, wrong=wrong_number(error, "mobile", "find"))
    return see(OPT_OUTS, of=sealed_with(visit)(found.msisdn))


@router.post("")
async def note_opt_out(request: Request) -> Response:
    """Note that a number wants nothing more."""
    visit = await enter(request, "send")
    source = visit.form.get("source", "")
    try:
        noted = await _orders(visit).add(
            visit.form.get("mobile", ""),
            source=SuppressionSource(source if source in TYPED_SOURCES else TYPED_SOURCES[0]),
            note=visit.form.get("note", ""),
        )
    except InvalidValueError as error:
        return await _page(visit, wrong=wrong_number(error, "mobile", "add"))
    done = "opt-out" if noted.is_new else "opt-out-known"
    return see(OPT_OUTS, of=sealed_with(visit)(noted.suppression.msisdn), done=done)


@router.post("/import")
async def import_opt_outs(request: Request) -> Response:
    """Note the opt-outs of a file."""
    async with enter_with_file(request, "admin") as (visit, file):
        try:
            with visit.context.imports.place(visit.caller.account.id):
                note = visit.form.get("note", "")
                imported = await _orders(visit).import_file(file.required().file, note=note)
        except DomainError as error:
            return await _page(visit, wrong=wrong_number(error, "file", "import"))
    report = to_import_report(imported)
    return imported_page(
        visit,
        heading=N_("Opt-outs are noted"),
        back=OPT_OUTS,
        counts=(
            (N_("New opt-outs"), report.added),
            (N_("Had opted out before"), report.known),
            (N_("Repeats of a row above"), report.duplicates),
        ),
        rejected_count=report.rejected,
        rejected=report.rejected_rows,
    )


async def _page(
    visit: Visit,
    *,
    after: str | None = None,
    of: str | None = None,
    done: str | None = None,
    wrong: Wrong | None = None,
) -> Response:
    found, more = await _found(visit, after, of)
    seal = sealed_with(visit)
    return render(
        visit.request,
        "opt_outs.html",
        caller=visit.caller,
        opt_outs=found,
        only=readable(opened(visit, of)) if of else None,
        seal=seal,
        sources=SOURCES,
        typed_sources=TYPED_SOURCES,
        authors=AUTHORS,
        after=after,
        next_after=seal(found[-1].mobile) if more else None,
        done=DONE.get(done or ""),
        form=wrong.form if wrong else "",
        typed=visit.form,
        wrong=wrong,
    )


async def _found(
    visit: Visit, after: str | None, of: str | None
) -> tuple[Sequence[SuppressionReport], bool]:
    """Return a page of opt-outs, and whether there is another behind it."""
    orders, zone = _orders(visit), visit.caller.account.time_zone
    if of:
        try:
            one = await orders.find(written(opened(visit, of)))
        except NotOptedOutError:
            return [], False
        return [to_suppression_report(one, zone)], False
    place = opened(visit, after) if after else None
    page, last = cut_page(await orders.page(after=place, row_limit=PAGE + 1), PAGE)
    return [to_suppression_report(each, zone) for each in page], last is not None


def _orders(visit: Visit) -> OptOutOrders:
    return visit.context.to_opt_out_orders(visit.caller.account, visit.author)
