"""One number: what was sent to it, what came of it, and how it is left alone or forgotten."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from services.api.console.number_words import AUTHORS, SOURCES, TYPED_SOURCES, wrong_number
from services.api.console.redirecting import is_partial, see
from services.api.console.rendering import render
from services.api.console.sealed_numbers import opened, readable, sealed_with, written
from services.api.console.visits import Visit, enter
from services.api.console.wording import DONE, N_
from services.api.console.wrong_fields import Wrong
from services.api.domain.errors import InvalidValueError
from services.api.domain.opt_outs import NotOptedOutError, SuppressionSource
from services.api.domain.return_paths import CONSOLE
from services.api.operations.erase_number import NumberErasures
from services.api.operations.export_number import NumberExport
from services.api.operations.manage_suppressions import OptOutOrders
from services.api.operations.read_reports import (
    number_of,
    read_number,
)
from services.api.schemas.erasures import to_erasure_report
from services.api.schemas.number_exports import write_export
from services.api.schemas.report_queries import (
    cut_page,
    number_cursor,
    to_number_place,
)
from services.api.schemas.reports import (
    to_number_report,
    to_opt_out_report,
)

router = APIRouter(prefix="/numbers")

NUMBERS: Final = f"{CONSOLE}/numbers"
PAGE: Final = 50
OTHER_NUMBER: Final = N_("That is another number. Type this one again, as it stands above.")


@router.get("")
async def show_search(request: Request) -> Response:
    """Ask for a number."""
    visit = await enter(request, "report")
    return render(request, "numbers.html", caller=visit.caller, typed="")


@router.post("")
async def find_number(request: Request) -> Response:
    """Lead on to the page of a number, in any written form."""
    visit = await enter(request, "report")
    typed = visit.form.get("mobile", "")
    try:
        msisdn = number_of(typed, visit.caller.account)
    except InvalidValueError as error:
        return render(
            request,
            "numbers.html",
            caller=visit.caller,
            typed=typed,
            wrong=wrong_number(error, "mobile"),
        )
    return see(f"{NUMBERS}/{sealed_with(visit)(msisdn)}")


@router.get("/erasures/{erasure_id}")
async def show_erasure(request: Request, erasure_id: UUID) -> Response:
    """Show how far an erasure has come."""
    visit = await enter(request, "admin")
    found = await _erasures(visit).get(erasure_id)
    return render(
        request,
        "_erasure.html" if is_partial(request) else "erasure.html",
        caller=visit.caller,
        erasure=to_erasure_report(found, visit.caller.account.time_zone),
    )


@router.get("/{sealed}")
async def show_number(
    request: Request,
    sealed: str,
    cursor: str | None = None,
    done: str | None = None,
    form: str | None = None,
) -> Response:
    """Show what is known of a number; one of the forms may be wanted open."""
    visit = await enter(request, "report")
    return await _page(visit, sealed, cursor=cursor, done=done, form=form)


@router.get("/{sealed}/export")
async def export_number(request: Request, sealed: str) -> StreamingResponse:
    """Give all that is kept of it, as the API does."""
    visit = await enter(request, "admin")
    account = visit.caller.account
    export = NumberExport(visit.context.engine, account, opened(visit, sealed))
    await export.note(visit.author)
    return StreamingResponse(
        write_export(export, account.time_zone, visit.context.clock.now()),
        media_type="application/json",
        headers={"content-disposition": 'attachment; filename="recipient.json"'},
    )


@router.post("/{sealed}/opt-out")
async def note_opt_out(request: Request, sealed: str) -> Response:
    """Note that the number wants nothing more."""
    visit = await enter(request, "send")
    msisdn, source = opened(visit, sealed), visit.form.get("source", "")
    try:
        noted = await _opt_outs(visit).add(
            written(msisdn),
            source=SuppressionSource(source if source in TYPED_SOURCES else TYPED_SOURCES[0]),
            note=visit.form.get("note", ""),
        )
    except InvalidValueError as error:
        return await _page(visit, sealed, wrong=wrong_number(error, "note", "opt-out"))
    done = "opt-out" if noted.is_new else "opt-out-known"
    return see(f"{NUMBERS}/{sealed}", done=done)


@router.post("/{sealed}/opt-in")
async def take_back(request: Request, sealed: str) -> Response:
    """Take the opt-out back."""
    visit = await enter(request, "admin")
    try:
        note = visit.form.get("note", "")
        await _opt_outs(visit).remove(written(opened(visit, sealed)), note=note)
    except (InvalidValueError, NotOptedOutError) as error:
        return await _page(visit, sealed, wrong=wrong_number(error, "note", "opt-in"))
    return see(f"{NUMBERS}/{sealed}", done="opt-in")


@router.post("/{sealed}/erase")
async def erase(request: Request, sealed: str) -> Response:
    """Have the number erased, if it is typed once more."""
    visit = await enter(request, "admin")
    msisdn = opened(visit, sealed)
    if not _is_typed_again(visit, msisdn):
        return await _page(visit, sealed, wrong=Wrong("mobile", OTHER_NUMBER, form="erase"))
    keeps = "keep_opt_out" in visit.form
    begun = await _erasures(visit).begin(msisdn, keep_opt_out=keeps)
    return see(f"{NUMBERS}/erasures/{begun.uuid}")


def _is_typed_again(visit: Visit, msisdn: int) -> bool:
    typed = visit.form.get("mobile", "")
    if "".join(filter(str.isdigit, typed)) == str(msisdn):
        return True
    try:
        return number_of(typed, visit.caller.account) == msisdn
    except InvalidValueError:
        return False


async def _page(
    visit: Visit,
    sealed: str,
    *,
    cursor: str | None = None,
    done: str | None = None,
    wrong: Wrong | None = None,
    form: str | None = None,
) -> Response:
    account, msisdn = visit.caller.account, opened(visit, sealed)
    known = await read_number(
        visit.context.engine,
        account,
        msisdn,
        before=to_number_place(cursor),
        row_limit=PAGE + 1,
    )
    page, last = cut_page(known.messages, PAGE)
    zone = account.time_zone
    return render(
        visit.request,
        "number.html",
        caller=visit.caller,
        sealed=sealed,
        msisdn=msisdn,
        readable=readable(msisdn),
        messages=[to_number_report(linked, zone, msisdn) for linked in page],
        opt_out=known.opt_out and to_opt_out_report(known.opt_out, zone),
        groups=await _groups(visit, msisdn),
        sources=SOURCES,
        typed_sources=TYPED_SOURCES,
        authors=AUTHORS,
        cursor=cursor,
        next_cursor=number_cursor(last.row) if last else None,
        done=DONE.get(done or ""),
        form=wrong.form if wrong else form,
        typed=visit.form,
        wrong=wrong,
    )


async def _groups(visit: Visit, msisdn: int) -> list[Mapping[str, Any]]:
    """Return the contact groups that have it, for who may look into groups."""
    if "send" not in visit.caller.scopes:
        return []
    export = NumberExport(visit.context.engine, visit.caller.account, msisdn)
    return [row async for row in export.contacts()]


def _opt_outs(visit: Visit) -> OptOutOrders:
    return visit.context.to_opt_out_orders(visit.caller.account, visit.author)


def _erasures(visit: Visit) -> NumberErasures:
    return NumberErasures(visit.context.engine, visit.caller.account.id, visit.author)
