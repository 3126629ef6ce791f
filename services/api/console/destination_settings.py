"""Where the account's links may lead: two lists of rules, and a link to try on them."""

from enum import StrEnum
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.console.access_fields import lines_of, wrong_of
from services.api.console.access_pages import show
from services.api.console.forms import Form
from services.api.console.redirecting import see
from services.api.console.visits import Visit, enter
from services.api.console.wording import N_
from services.api.console.wrong_fields import Wrong, WrongFieldError
from services.api.domain.destination_lists import parse_rules
from services.api.domain.errors import InvalidValueError, NotFoundError
from services.api.domain.return_paths import CONSOLE
from services.api.operations.change_destinations import ALLOW, BLOCK, DestinationOrders
from services.api.schemas.destinations import DestinationTrialReport, to_trial_report
from shared.domain.destination_rules import Rule

router = APIRouter(prefix="/settings/destinations")

DESTINATIONS: Final = f"{CONSOLE}/settings/destinations"
MAX_LINK: Final = 8_000
NO_RULE: Final = N_(
    "Write a rule on each line, such as example.com, =example.com, example.com/offers or "
    "203.0.113.0/24, and not"
)
NO_LINK: Final = N_("Write a link such as https://example.com/offer.")
TOO_MANY: Final = N_("A list holds 1000 rules: take some off it first.")
NOTHING: Final = N_("Write at least one rule.")
# What each verdict is called; the first word is whether the link is let through.
VERDICTS: Final = {
    (True, None): N_("Nothing is against it."),
    (True, "allow"): N_("It is on your list of where links may lead."),
    (False, "allow"): N_("It is not on your list of where links may lead."),
    (False, "block"): N_("It is on your list of where no link may lead."),
    (False, "platform"): N_("Whoever runs txlink lets no link lead there."),
}


class List(StrEnum):
    """A list, as its forms call it."""

    ALLOW = ALLOW
    BLOCK = BLOCK


@router.get("")
async def show_destinations(request: Request, done: str | None = None) -> Response:
    """Show both lists."""
    visit = await enter(request, "admin")
    return await _page(visit, done=done)


@router.post("/test")
async def test_link(request: Request) -> Response:
    """Tell what would become of a link; nothing is asked for there."""
    visit = await enter(request, "admin")
    try:
        trial = await _orders(visit).judge(visit.form.get("link", "")[:MAX_LINK])
    except InvalidValueError:
        return await _page(visit, wrong=Wrong("link", NO_LINK))
    return await _page(visit, trial=to_trial_report(trial))


@router.post("/add")
async def add_rules(request: Request) -> Response:
    """Add rules to a list; all that were typed, or none."""
    visit = await enter(request, "admin")
    kind = _list_in(visit.form)
    try:
        rules = _rules_in(visit.form, kind)
        await _orders(visit).add(kind, rules)
    except WrongFieldError as error:
        return await _page(visit, wrong=wrong_of(error))
    except InvalidValueError:
        return await _page(visit, wrong=Wrong(kind, TOO_MANY))
    return see(DESTINATIONS, done="destinations")


@router.post("/remove")
async def remove_rule(request: Request) -> Response:
    """Take a rule off a list; one that is not on it is off it."""
    visit = await enter(request, "admin")
    kind = _list_in(visit.form)
    rule = visit.form.get("rule", "")
    await _orders(visit).remove(kind, parse_rules(kind, [rule]))
    return see(DESTINATIONS, done="destinations")


def _list_in(form: Form) -> List:
    try:
        return List(form.get("list", ""))
    except ValueError as error:
        raise NotFoundError("list") from error


def _rules_in(form: Form, kind: List) -> tuple[Rule, ...]:
    entries = lines_of(form.get(kind, ""))
    if not entries:
        raise WrongFieldError(Wrong(kind, NOTHING))
    for entry in entries:
        try:
            parse_rules(kind, [entry])
        except InvalidValueError as error:
            raise WrongFieldError(Wrong(kind, NO_RULE, entry[:60])) from error
    return parse_rules(kind, entries)


def _orders(visit: Visit) -> DestinationOrders:
    return visit.context.to_destination_orders(visit.caller.account, visit.author)


async def _page(
    visit: Visit,
    *,
    trial: DestinationTrialReport | None = None,
    wrong: Wrong | None = None,
    done: str | None = None,
) -> Response:
    lists = await _orders(visit).read()
    verdict = VERDICTS[trial.let_through, trial.list] if trial else None
    return show(
        visit,
        "settings_destinations.html",
        lists=lists.texts,
        typed=visit.form,
        trial=trial,
        verdict=verdict,
        wrong=wrong,
        done=done,
    )
