"""Who did what in the account, when, and from where."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from pydantic import JsonValue, ValidationError
from starlette.responses import Response

from services.api.console.audit_words import ACTIONS, AREAS, PLACES
from services.api.console.number_words import AUTHORS
from services.api.console.rendering import render
from services.api.console.visits import Visit, enter
from services.api.console.wording import N_
from services.api.console.wrong_fields import Wrong
from services.api.domain.errors import InvalidValueError
from services.api.operations.read_audit import read_trail
from services.api.schemas.audit import (
    TrailEntry,
    TrailPageQuery,
    to_trail_entry,
    to_trail_place,
    trail_cursor,
)
from services.api.schemas.report_queries import cut_page

router = APIRouter(prefix="/settings/audit")

PAGE: Final = 50
MAX_TYPED: Final = 200
FIELDS: Final = ("action", "author", "subject", "from", "to", "sends")
WRONG_DAY: Final = N_("A day such as 2026-11-25 is wanted.")
WRONG_ORDER: Final = N_("The first day is behind the last one.")


@dataclass(frozen=True, slots=True)
class Detail:
    """One value that an entry tells of; None is nothing.

    Attributes:
        is_change: Whether it was another before.
    """

    name: str
    before: str | None
    now: str | None
    is_change: bool


@router.get("")
async def show_trail(request: Request, cursor: str | None = None) -> Response:
    """Show a page of entries."""
    visit = await enter(request, "admin")
    typed = {
        name: request.query_params.get(name, "").replace("\0", "").strip()[:MAX_TYPED]
        for name in FIELDS
    }
    asked = {name: value for name, value in typed.items() if value}
    zone = visit.caller.account.time_zone
    try:
        search = TrailPageQuery.model_validate(asked).search(zone)
    except ValidationError as error:
        names = {str(each["loc"][0]) for each in error.errors()}
        return _page(visit, typed, wrong=[Wrong(name, WRONG_DAY) for name in names])
    except InvalidValueError:
        return _page(visit, typed, wrong=[Wrong("from", WRONG_ORDER)])
    rows = await read_trail(
        visit.context.engine,
        visit.caller.account.id,
        search,
        before=to_trail_place(cursor),
        row_limit=PAGE + 1,
    )
    page, last = cut_page(rows, PAGE)
    return _page(
        visit,
        typed,
        entries=[to_trail_entry(row, zone) for row in page],
        cursor=cursor,
        next_cursor=trail_cursor(last) if last else None,
    )


def _page(
    visit: Visit,
    typed: Mapping[str, str],
    *,
    entries: list[TrailEntry] | None = None,
    wrong: Sequence[Wrong] = (),
    cursor: str | None = None,
    next_cursor: str | None = None,
) -> Response:
    asked = {name: value for name, value in typed.items() if value}
    return render(
        visit.request,
        "audit.html",
        caller=visit.caller,
        entries=[(each, _details(each), _place(each)) for each in entries or ()],
        typed=typed,
        wrong=wrong,
        query=urlencode(asked),
        actions=ACTIONS,
        areas=AREAS,
        authors=AUTHORS,
        cursor=cursor,
        next_cursor=next_cursor,
        done=None,
    )


def _details(entry: TrailEntry) -> list[Detail]:
    before, after = entry.before or {}, entry.after or {}
    details = []
    for name in dict.fromkeys((*before, *after)):
        was, becomes = _text(before, name), _text(after, name)
        is_change = name in before and name in after and was != becomes
        details.append(Detail(name, was, becomes if name in after else was, is_change))
    return details


def _text(told: Mapping[str, JsonValue], name: str) -> str | None:
    value = told.get(name)
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _place(entry: TrailEntry) -> str | None:
    """Return where what it was done to can be looked at."""
    for begin, place in PLACES.items():
        if entry.action.startswith(begin) and entry.action != "group.delete":
            return place + entry.subject
    return None
