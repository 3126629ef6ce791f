"""/groups: contact groups, which a send may go to, and their contacts."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic.fields import FieldInfo

from services.api.auth import api_context, author_of, body_of, list_caller
from services.api.operations.authenticate import Caller
from services.api.operations.manage_groups import GroupOrders
from services.api.routes.tables import (
    XLSX_ANSWER,
    XLSX_DESCRIPTION,
    csv_answer,
    csv_file,
    spreadsheet,
)
from services.api.schemas.contact_groups import (
    CSV_EXAMPLE,
    GIVEN_OCTETS,
    ContactPage,
    ContactsReport,
    GroupPage,
    GroupReport,
    NewContacts,
    NewGroup,
    contact_values,
    to_contact_report,
    to_contacts_report,
    to_group_report,
)
from services.api.schemas.file_bodies import receive_file
from services.api.schemas.imports import file_body
from services.api.schemas.json_bodies import request_body
from services.api.schemas.report_queries import (
    CURSOR_TEXT,
    cut_page,
    to_newest_cursor,
    to_number_cursor,
)
from services.api.schemas.reports import Limit
from services.api.schemas.spreadsheets import SpreadsheetResponse
from services.api.schemas.tables import MOBILE, to_csv

router = APIRouter(prefix="/groups", tags=["consent"])

CallerOf = Annotated[Caller, Depends(list_caller)]
Cursor = Annotated[str | None, Query(description=CURSOR_TEXT)]
NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"description": "No such group"}}
ADD = """
Add up to 1,000 contacts, each with its number and, if it has any, its columns. Of a number that
the group has already, the columns that are given are replaced, and the others stay. Numbers that
cannot be sent to are told of, and the others added.
"""
IMPORT = """
Add the contacts of a csv, txt or xlsx file, as `/uploads` reads them: a column of numbers, and
further columns that fill `{placeholders}`. All or none, up to 1,000,000; rows without a number are
told of, and the others added. `mode=merge` adds to what the group holds, and replaces columns that
are not blank in the file; `mode=replace` takes its place. The answer comes when all is stored.
"""


@router.post(
    "",
    status_code=201,
    summary="Make a contact group",
    openapi_extra=request_body(NewGroup),
)
async def post_group(request: Request, caller: CallerOf) -> GroupReport:
    body = await body_of(request, NewGroup)
    return to_group_report(await _orders(request, caller).add(body.name), caller.account.time_zone)


@router.get("", summary="List contact groups, newest first")
async def list_groups(
    request: Request, caller: CallerOf, limit: Limit = 50, cursor: Cursor = None
) -> GroupPage:
    found = await _orders(request, caller).newest(
        before=to_newest_cursor(cursor), row_limit=limit + 1
    )
    page, last = cut_page(found, limit)
    zone = caller.account.time_zone
    return GroupPage(
        groups=[to_group_report(group, zone) for group in page],
        next_cursor=str(last.id) if last else None,
    )


@router.get("/{group_id}", summary="One contact group", responses=NOT_FOUND)
async def get_group(request: Request, caller: CallerOf, group_id: UUID) -> GroupReport:
    group = await _orders(request, caller).find(group_id)
    return to_group_report(group, caller.account.time_zone)


@router.patch(
    "/{group_id}",
    summary="Give a contact group another name",
    responses=NOT_FOUND,
    openapi_extra=request_body(NewGroup),
)
async def patch_group(request: Request, caller: CallerOf, group_id: UUID) -> GroupReport:
    body = await body_of(request, NewGroup)
    group = await _orders(request, caller).rename(group_id, body.name)
    return to_group_report(group, caller.account.time_zone)


@router.delete(
    "/{group_id}",
    status_code=204,
    summary="Delete a contact group and its contacts",
    responses=NOT_FOUND,
)
async def delete_group(request: Request, caller: CallerOf, group_id: UUID) -> None:
    await _orders(request, caller).delete(group_id)


@router.get(
    "/{group_id}/contacts",
    summary="List the contacts of a group, in the order of numbers",
    responses=NOT_FOUND,
)
async def list_contacts(
    request: Request,
    caller: CallerOf,
    group_id: UUID,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> ContactPage:
    after = to_number_cursor(cursor)
    orders = _orders(request, caller)
    found = await orders.page(group_id, after=after, row_limit=limit + 1)
    page, last = cut_page(found, limit)
    return ContactPage(
        contacts=[to_contact_report(contact) for contact in page],
        next_cursor=str(page[-1].msisdn) if last else None,
    )


@router.post(
    "/{group_id}/contacts",
    summary="Add contacts to a group",
    description=ADD,
    responses=NOT_FOUND,
    openapi_extra=request_body(NewContacts),
)
async def post_contacts(request: Request, caller: CallerOf, group_id: UUID) -> ContactsReport:
    body = await body_of(request, NewContacts, octet_limit=GIVEN_OCTETS)
    put = await _orders(request, caller).put(group_id, body.to_contacts())
    return to_contacts_report(put, caller.account.time_zone)


@router.post(
    "/{group_id}/contacts/import",
    summary="Add the contacts of a file to a group",
    description=IMPORT,
    responses=NOT_FOUND,
    openapi_extra=dict(file_body(with_list=False)),
)
async def import_contacts(
    request: Request,
    caller: CallerOf,
    group_id: UUID,
    mode: Annotated[
        Literal["merge", "replace"], Query(description="What becomes of what the group holds")
    ] = "merge",
) -> ContactsReport:
    context, orders = api_context(request), _orders(request, caller)
    with context.imports.place(caller.account.id):
        # Before the file comes in, which may take its time.
        await orders.find(group_id)
        received = await receive_file(request, context.to_file_limits(), name="")
        with received.file:
            imported = await orders.import_file(
                group_id, received.file, replaces=mode == "replace"
            )
    return to_contacts_report(imported, caller.account.time_zone)


@router.get(
    "/{group_id}/contacts.csv",
    summary="All contacts of a group as CSV",
    response_class=StreamingResponse,
    responses=csv_answer(CSV_EXAMPLE) | NOT_FOUND,
)
async def get_contacts_csv(
    request: Request,
    caller: CallerOf,
    group_id: UUID,
    bom: Annotated[  # noqa: FBT002 - a parameter of the query
        bool, Query(description="Begin with a byte order mark, by which Excel knows UTF-8")
    ] = False,
) -> StreamingResponse:
    orders = _orders(request, caller)
    columns = (await orders.find(group_id)).columns
    rows = _rows(orders, group_id, columns)
    return csv_file(f"contacts-{group_id}.csv", to_csv([MOBILE, *columns], rows, with_mark=bom))


@router.get(
    "/{group_id}/contacts.xlsx",
    summary="All contacts of a group as a spreadsheet",
    description=XLSX_DESCRIPTION,
    response_class=Response,
    responses=XLSX_ANSWER | NOT_FOUND,
)
async def get_contacts_xlsx(
    request: Request, caller: CallerOf, group_id: UUID
) -> SpreadsheetResponse:
    orders = _orders(request, caller)
    columns = (await orders.find(group_id)).columns
    fields = {name: FieldInfo(annotation=str) for name in (MOBILE, *columns)}
    return spreadsheet(
        request,
        caller,
        f"contacts-{group_id}.xlsx",
        fields=fields,
        rows=_rows(orders, group_id, columns),
        zone=caller.account.time_zone,
    )


@router.delete(
    "/{group_id}/contacts/{msisdn}",
    status_code=204,
    summary="Take a contact out of a group",
    responses={404: {"description": "No such group, or no such contact in it"}},
)
async def delete_contact(
    request: Request,
    caller: CallerOf,
    group_id: UUID,
    msisdn: Annotated[str, Path(description="In any written form", examples=["919876543210"])],
) -> None:
    await _orders(request, caller).remove(group_id, msisdn)


async def _rows(
    orders: GroupOrders, group_id: UUID, columns: Sequence[str]
) -> AsyncIterator[Iterable[Mapping[str, object]]]:
    async for batch in orders.export(group_id):
        yield [contact_values(contact, columns) for contact in batch]


def _orders(request: Request, caller: Caller) -> GroupOrders:
    author = author_of(request, caller)
    return api_context(request).to_group_orders(caller.account, author)
