"""A message whose session ends while it is written goes through the sign-in with its writer.

Scripts keep it in the tab; this is for browsers without.
"""

from typing import Final

from starlette.requests import Request

from services.api.console.drafts import EMPTY, Draft, to_draft
from services.api.console.forms import FORM_OCTETS, Form, read_form
from services.api.console.redirecting import is_partial
from services.api.domain.request_origins import is_from_elsewhere
from services.api.domain.return_paths import CONSOLE
from shared.domain.errors import DomainError

PREFIX: Final = "kept-"
# Nobody is known yet, and the form of the sign-in has to hold it.
MAX_OCTETS: Final = FORM_OCTETS // 2
SEND: Final = f"{CONSOLE}/send"
PATHS: Final = frozenset({SEND, f"{SEND}/form", f"{SEND}/check", f"{SEND}/test"})
WRITTEN: Final = ("msg", "mobile", "upload")


async def kept_of(request: Request) -> Form:
    """Return the fields by which the sign-in keeps what a form of a message brings.

    They are none if that is nothing, too much, or of another site.
    """
    if request.method != "POST" or request.url.path not in PATHS or is_partial(request):
        return {}
    if is_from_elsewhere(request.headers):
        return {}
    try:
        draft = to_draft(await read_form(request, octet_limit=MAX_OCTETS))
    except DomainError:
        return {}
    if not any(draft[name].strip() for name in WRITTEN):
        return {}
    return {PREFIX + name: value for name, value in draft.items()}


def kept_in(form: Form) -> Form:
    """Return those fields of a form of the sign-in."""
    return {name: form[name] for name in (PREFIX + each for each in EMPTY) if name in form}


def draft_in(form: Form) -> Draft | None:
    """Return the message that a form of the sign-in keeps; None if it keeps none."""
    kept = kept_in(form)
    return to_draft({name.removeprefix(PREFIX): kept[name] for name in kept}) if kept else None
