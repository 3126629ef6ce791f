"""How the account's links look and lead, what becomes of its texts, and where it is at home."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final
from zoneinfo import available_timezones

from babel import Locale
from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.console.access_pages import show
from services.api.console.forms import Form
from services.api.console.preferences import preferences_of
from services.api.console.redirecting import see
from services.api.console.sender_settings import orders_of, shape_in
from services.api.console.visits import Visit, enter
from services.api.console.wording import N_, refusal_text
from services.api.console.wrong_fields import Wrong
from services.api.domain.account_rules import REGIONS
from services.api.domain.changed_destination import DestinationRefusedError
from services.api.domain.destination_lists import DestinationBlockedError
from services.api.domain.errors import InvalidValueError
from services.api.domain.link_errors import (
    DestinationNotPublicError,
    OwnShortLinkError,
    UserinfoError,
)
from services.api.domain.link_shape import LinkShape, can_stand_in_link
from services.api.domain.return_paths import CONSOLE
from services.api.operations.change_account import AccountReading
from services.api.schemas.account import AccountReport, to_account_report
from shared.domain.errors import DomainError

router = APIRouter(prefix="/settings/links")

LINKS: Final = f"{CONSOLE}/settings/links"
WORDS: Final = {
    "link_shape": N_("Choose one of these."),
    "default_region": N_("Choose one of the countries."),
    "time_zone": N_("Choose one of the time zones."),
}
# What is wrong with where links are to lead that are over, by what a send would be refused for.
REASONS: Final[Mapping[type[DomainError], str]] = {
    UserinfoError: N_("Leave out the user name and password before the host."),
    OwnShortLinkError: N_("That is a short link itself: write the link that it leads to."),
    DestinationNotPublicError: N_(
        "Only some network's own machines get there: write a public link."
    ),
}
NO_LINK: Final = N_("Write one whole link, such as https://www.example.com/over.")
BLOCKED: Final = N_(
    "A list lets no link lead there: yours on the page Destinations, or that of whoever runs "
    "txlink."
)
# Of the areas that the database of time zones has, those that are places.
AREAS: Final = (
    *("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian"),
    "Pacific",
)


@router.get("")
async def show_links(request: Request, done: str | None = None) -> Response:
    """Show how links look, and all else that holds for every send."""
    visit = await enter(request, "report")
    reading = await orders_of(visit).read()
    return _page(visit, reading, {}, done=done)


@router.post("")
async def change_links(request: Request) -> Response:
    """Change it."""
    visit = await enter(request, "admin")
    orders = orders_of(visit)
    reading = await orders.read()
    try:
        await orders.change(_changes_in(visit.form, _written(to_account_report(reading))))
    except (InvalidValueError, DestinationRefusedError, DestinationBlockedError) as error:
        return _page(visit, reading, visit.form, wrong=_wrong_of(error))
    return see(LINKS, done="next-send")


def _changes_in(form: Form, before: Form) -> dict[str, object]:
    """Return what differs: what stays is not looked at anew."""
    # A box that is not ticked is not sent.
    typed = {name: form[name].strip() for name in before if name in form}
    typed.setdefault("smart_encoding", "")
    changes: dict[str, object] = {
        name: value for name, value in typed.items() if value != before[name]
    }
    if "link_shape" in changes:
        changes["link_shape"] = shape_in(form)
    if "gone_url" in changes:
        changes["gone_url"] = typed["gone_url"] or None
    if "smart_encoding" in changes:
        changes["smart_encoding"] = bool(typed["smart_encoding"])
    return changes


def _wrong_of(error: DomainError) -> Wrong:
    field = error.field or ""
    if isinstance(error, DestinationRefusedError):
        return Wrong(field, REASONS.get(type(error.reason), NO_LINK), refusal=error)
    if isinstance(error, DestinationBlockedError):
        return Wrong(field, BLOCKED, refusal=error)
    return Wrong(field, WORDS.get(field) or refusal_text(error), refusal=error)


def _written(settings: AccountReport) -> dict[str, str]:
    return {
        "link_shape": settings.link_shape,
        "gone_url": settings.gone_url or "",
        "smart_encoding": "on" if settings.smart_encoding else "",
        "default_region": settings.default_region,
        "time_zone": settings.time_zone,
    }


def _page(
    visit: Visit,
    reading: AccountReading,
    typed: Form,
    *,
    wrong: Wrong | None = None,
    done: str | None = None,
) -> Response:
    report = to_account_report(reading)
    written = _written(report)
    if wrong:
        written["smart_encoding"] = ""
    headers = [each.header for each in reading.sender_ids]
    without_own = [each.header for each in reading.sender_ids if each.link_shape is None]
    return show(
        visit,
        "settings_links.html",
        reading=reading,
        # With all of its decimals.
        price=report.segment_price,
        shapes=LinkShape,
        typed={**written, **typed},
        may_change="admin" in visit.caller.scopes,
        # As which links of the header shape are shown.
        shown_as=next(filter(can_stand_in_link, headers), "SENDER"),
        unfit=[header for header in without_own if not can_stand_in_link(header)],
        regions=_regions(preferences_of(visit.request).language),
        zones=_zones(),
        wrong=wrong,
        done=done,
    )


@cache
def _regions(language: str) -> Sequence[tuple[str, str]]:
    """Return the codes and names of the countries that have numbers, by their names."""
    names = Locale.parse(language).territories
    return sorted(((code, names.get(code, code)) for code in REGIONS), key=lambda each: each[1])


@cache
def _zones() -> Mapping[str, Sequence[str]]:
    """Return the names of time zones, by their areas."""
    found: dict[str, list[str]] = {area: [] for area in AREAS}
    for name in sorted(available_timezones()):
        area = name.partition("/")[0]
        if area in found:
            found[area].append(name)
    return found | {"UTC": ["UTC"]}
