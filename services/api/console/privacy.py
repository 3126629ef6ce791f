"""What the account keeps of visitors and texts, and for how long."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import Response

from services.api.console.redirecting import see
from services.api.console.rendering import render
from services.api.console.visits import Visit, enter
from services.api.console.wording import DONE, N_, Told
from services.api.console.wrong_fields import Wrong
from services.api.domain.privacy_rules import (
    MAX_KEPT_DAYS,
    MAX_KEPT_MONTHS,
    PrivacyRules,
    let_go_of,
)
from services.api.domain.return_paths import CONSOLE
from services.api.operations.change_privacy import PrivacyOrders
from services.api.schemas.privacy import PrivacyChange
from shared.domain.address_policies import AddressPolicy

router = APIRouter(prefix="/settings/privacy")

PRIVACY: Final = f"{CONSOLE}/settings/privacy"
# The fields of the form, with the least and the most that they take.
KEPT: Final[Mapping[str, tuple[int, int]]] = {
    "clicks_kept_months": (1, MAX_KEPT_MONTHS),
    "addresses_kept_days": (0, MAX_KEPT_DAYS),
    "texts_kept_days": (1, MAX_KEPT_DAYS),
}
POLICIES: Final[Mapping[str, tuple[str, str]]] = {
    AddressPolicy.FULL: (N_("Whole"), N_("You see from which address each visit came.")),
    AddressPolicy.TRUNCATED: (
        N_("The network alone"),
        N_("The last part is cut off: 8.8.4.123 becomes 8.8.4.0. Visits of one house look alike."),
    ),
    AddressPolicy.NONE: (
        N_("Nothing"),
        N_("No address is stored. Place and network owner still are."),
    ),
}
LOSSES: Final[Mapping[str, str]] = {
    "clicks_kept_months": N_(
        "Visits of months that are further back are deleted: when each was, from where, with "
        "which browser. All counts and reports stay."
    ),
    "addresses": N_(
        "Addresses of all visits that there are become what you chose. The rest of them is gone."
    ),
    "addresses_kept_days": N_(
        "Addresses of older visits are cut to their network, and what proxies told of them goes."
    ),
    "texts_kept_days": N_(
        "Texts of older campaigns are emptied, and files of that age lose their rows. Such a "
        "campaign can be read no more, nor sent once more."
    ),
}


@router.get("")
async def show_privacy(request: Request, done: str | None = None) -> Response:
    """Show what holds."""
    visit = await enter(request, "admin")
    rules = await _orders(visit).read()
    return _page(visit, _written(rules), done=done)


@router.post("")
async def change_privacy(request: Request) -> Response:
    """Change it; what lets go of something is to be agreed to first."""
    visit = await enter(request, "admin")
    typed = {name: visit.form.get(name, "").strip() for name in ("addresses", *KEPT)}
    try:
        change = PrivacyChange.model_validate(
            {name: value or None for name, value in typed.items()}
        )
    except ValidationError as error:
        names = {str(each["loc"][0]) for each in error.errors() if each["loc"]}
        return _page(visit, typed, wrong=[Wrong(name, _wanted(name)) for name in names])
    orders = _orders(visit)
    before = await orders.read()
    lost = let_go_of(before, replace(before, **change.changes()))
    if not lost <= set(visit.form.get("agreed", "").split()):
        return _page(visit, typed, lost=lost)
    await orders.change(change.changes())
    return see(PRIVACY, done="privacy")


def _wanted(name: str) -> str | Told:
    if name not in KEPT:
        return N_("Choose one of these.")
    least, most = KEPT[name]
    text = N_("A whole number from %(least)s to %(most)s, or nothing for ever.")
    return Told(text, {"least": least, "most": most})


def _written(rules: PrivacyRules) -> dict[str, str]:
    values: dict[str, Any] = {name: getattr(rules, name) for name in KEPT}
    return {
        "addresses": rules.addresses.value,
        **{name: "" if value is None else str(value) for name, value in values.items()},
    }


def _page(
    visit: Visit,
    typed: Mapping[str, str],
    *,
    wrong: Sequence[Wrong] = (),
    lost: frozenset[str] = frozenset(),
    done: str | None = None,
) -> Response:
    return render(
        visit.request,
        "privacy.html",
        caller=visit.caller,
        typed=typed,
        wrong=wrong,
        lost=[name for name in LOSSES if name in lost],
        losses=LOSSES,
        policies=POLICIES,
        done=DONE.get(done or ""),
    )


def _orders(visit: Visit) -> PrivacyOrders:
    return PrivacyOrders(visit.context.engine, visit.caller.account.id, visit.author)
