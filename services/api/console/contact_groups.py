"""Contact groups, which sends may go to: made, filled, emptied, told of."""

import re
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.console.file_forms import enter_with_file
from services.api.console.imports import imported_page
from services.api.console.number_words import wrong_number
from services.api.console.redirecting import see
from services.api.console.rendering import render
from services.api.console.sealed_numbers import opened, sealed_with, written
from services.api.console.visits import Visit, enter
from services.api.console.wording import DONE, N_
from services.api.console.wrong_fields import Wrong
from services.api.domain.return_paths import CONSOLE
from services.api.operations.manage_groups import GroupOrders, ImportedContacts, NewContact
from services.api.schemas.contact_groups import (
    MAX_GIVEN,
    to_contact_report,
    to_contacts_report,
    to_group_report,
)
from services.api.schemas.report_queries import cut_page, to_newest_cursor
from shared.domain.errors import DomainError

router = APIRouter(prefix="/settings/groups")

GROUPS: Final = f"{CONSOLE}/settings/groups"
PAGE: Final = 50
# Of a form with as many numbers as are taken at once, however they are written.
TYPED_OCTETS: Final = 1 << 17
BETWEEN: Final = re.compile(r"[,;\t\r\n]+")
SCOPE: Final = "send"
TOO_MANY: Final = N_("These are more than 1,000 numbers: take them in as a file.")
NONE: Final = N_("Write at least one number.")
REPLACE: Final = "replace"


@router.get("")
async def list_groups(
    request: Request, cursor: str | None = None, done: str | None = None
) -> Response:
    """Show a page of groups."""
    visit = await enter(request, SCOPE)
    return await _list(visit, cursor=cursor, done=done)


@router.post("")
async def make_group(request: Request) -> Response:
    """Make a group, and show it."""
    visit = await enter(request, SCOPE)
    try:
        group = await _orders(visit).add(visit.form.get("name", ""))
    except DomainError as error:
        return await _list(visit, wrong=wrong_number(error, "name"))
    return see(f"{GROUPS}/{group.uuid}", done="group-made")


@router.get("/{group_id}")
async def show_group(
    request: Request, group_id: UUID, after: str | None = None, done: str | None = None
) -> Response:
    """Show a group, with a page of its contacts."""
    visit = await enter(request, SCOPE)
    return await _page(visit, group_id, after=after, done=done)


@router.post("/{group_id}/rename")
async def rename_group(request: Request, group_id: UUID) -> Response:
    """Give a group another name."""
    visit = await enter(request, SCOPE)
    try:
        await _orders(visit).rename(group_id, visit.form.get("name", ""))
    except DomainError as error:
        return await _page(visit, group_id, wrong=wrong_number(error, "name", "rename"))
    return see(f"{GROUPS}/{group_id}", done="group-renamed")


@router.post("/{group_id}/delete")
async def delete_group(request: Request, group_id: UUID) -> Response:
    """Delete a group and its contacts."""
    visit = await enter(request, SCOPE)
    await _orders(visit).delete(group_id)
    return see(GROUPS, done="group-deleted")


@router.post("/{group_id}/contacts")
async def add_numbers(request: Request, group_id: UUID) -> Response:
    """Add the numbers that were typed or pasted."""
    visit = await enter(request, SCOPE, octet_limit=TYPED_OCTETS)
    typed = [each.strip() for each in BETWEEN.split(visit.form.get("mobiles", ""))]
    numbers = [NewContact(each, {}) for each in typed if each]
    if not 1 <= len(numbers) <= MAX_GIVEN:
        wrong = Wrong("mobiles", TOO_MANY if numbers else NONE, form="add")
        return await _page(visit, group_id, wrong=wrong)
    try:
        put = await _orders(visit).put(group_id, numbers)
    except DomainError as error:
        return await _page(visit, group_id, wrong=wrong_number(error, "mobiles", "add"))
    return _imported(visit, put)


@router.post("/{group_id}/contacts/import")
async def import_contacts(request: Request, group_id: UUID) -> Response:
    """Add the contacts of a file, or put them in the place of those that there are."""
    async with enter_with_file(request, SCOPE) as (visit, file):
        orders = _orders(visit)
        # Whoever's it is not is told before anything is read.
        await orders.find(group_id)
        try:
            with visit.context.imports.place(visit.caller.account.id):
                imported = await orders.import_file(
                    group_id, file.required().file, replaces=visit.form.get("mode") == REPLACE
                )
        except DomainError as error:
            return await _page(visit, group_id, wrong=wrong_number(error, "file", "import"))
    return _imported(visit, imported)


@router.post("/{group_id}/contacts/remove")
async def remove_contact(request: Request, group_id: UUID) -> Response:
    """Take a contact out of a group."""
    visit = await enter(request, SCOPE)
    msisdn = opened(visit, visit.form.get("contact", ""))
    await _orders(visit).remove(group_id, written(msisdn))
    return see(f"{GROUPS}/{group_id}", done="contact-removed")


async def _list(
    visit: Visit,
    *,
    cursor: str | None = None,
    done: str | None = None,
    wrong: Wrong | None = None,
) -> Response:
    found = await _orders(visit).newest(before=to_newest_cursor(cursor), row_limit=PAGE + 1)
    page, last = cut_page(found, PAGE)
    zone = visit.caller.account.time_zone
    return render(
        visit.request,
        "contact_groups.html",
        caller=visit.caller,
        groups=[to_group_report(group, zone) for group in page],
        cursor=cursor,
        next_cursor=last.id if last else None,
        done=DONE.get(done or ""),
        typed=visit.form,
        wrong=wrong,
    )


async def _page(
    visit: Visit,
    group_id: UUID,
    *,
    after: str | None = None,
    done: str | None = None,
    wrong: Wrong | None = None,
) -> Response:
    orders, seal = _orders(visit), sealed_with(visit)
    group = await orders.find(group_id)
    place = opened(visit, after) if after else None
    page, last = cut_page(
        await orders.page(group_id, after=place, row_limit=PAGE + 1),
        PAGE,
    )
    return render(
        visit.request,
        "contact_group.html",
        caller=visit.caller,
        group=to_group_report(group, visit.caller.account.time_zone),
        contacts=[to_contact_report(contact) for contact in page],
        seal=seal,
        after=after,
        next_after=seal(last.msisdn) if last else None,
        done=DONE.get(done or ""),
        form=wrong.form if wrong else "",
        typed=visit.form,
        wrong=wrong,
    )


def _imported(visit: Visit, imported: ImportedContacts) -> Response:
    report = to_contacts_report(imported, visit.caller.account.time_zone)
    return imported_page(
        visit,
        heading=N_("Contacts are added"),
        back=f"{GROUPS}/{report.group.id}",
        counts=(
            (N_("New contacts"), report.added),
            (N_("Were in the group"), report.updated),
            (N_("Contacts now"), report.group.contacts),
        ),
        rejected_count=report.rejected,
        rejected=report.rejected_rows,
    )


def _orders(visit: Visit) -> GroupOrders:
    return visit.context.to_group_orders(visit.caller.account, visit.author)
