"""How the settings of who gets in are shown: with what is wrong, and whether a proof is due."""

from dataclasses import dataclass

from starlette.responses import Response

from services.api.auth import session_of
from services.api.console.rendering import render
from services.api.console.visits import Visit
from services.api.console.wording import DONE
from services.api.console.wrong_fields import Wrong


@dataclass(frozen=True, slots=True)
class Proof:
    """What a form that lets somebody in asks of whoever sends it."""

    is_due: bool
    wants_code: bool


def show(
    visit: Visit,
    template: str,
    *,
    wrong: Wrong | None = None,
    done: str | None = None,
    **values: object,
) -> Response:
    """Answer with a page of the settings."""
    return render(
        visit.request,
        template,
        caller=visit.caller,
        status=200,
        refusal=None,
        wrong=wrong,
        proof=Proof(
            is_due=not visit.context.has_proved(visit.caller),
            wants_code=session_of(visit.caller).has_factor,
        ),
        done=DONE.get(done or ""),
        **values,
    )
