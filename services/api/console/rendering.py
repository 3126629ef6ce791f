"""Pages out of templates: escaped, in the visitor's language, by the account's clocks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import jinja2
from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_timedelta, get_day_names
from babel.numbers import format_decimal, format_percent
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Match

from services.api.auth import session_of
from services.api.console.assets import address_of
from services.api.console.click_wording import (
    CLASS_MEANINGS,
    CLASSES,
    DEVICE_TYPES,
    OF_NO_REASON,
    reason_of,
)
from services.api.console.forms import new_once
from services.api.console.languages import NAMES, Language, texts_of
from services.api.console.navigation import MAIN, SETTINGS, Entry, seen_by
from services.api.console.preferences import Theme, preferences_of
from services.api.console.redirecting import is_partial
from services.api.console.wording import Told, role_word, state_word, status_word
from services.api.console.wrong_fields import BAD, Wrong, wrong_at
from services.api.domain.return_paths import CONSOLE
from services.api.error_responses import REFUSALS, wait_of
from services.api.operations.authenticate import Caller
from shared.domain.errors import DomainError

TEMPLATES: Final = Path(__file__).parent / "templates"
UTC: Final = ZoneInfo("UTC")
THEMES: Final = tuple(Theme)


@dataclass(frozen=True, slots=True)
class Formats:
    """Numbers and times as a visitor writes them."""

    locale: Locale
    zone: ZoneInfo

    def number(self, value: float) -> str:
        """Write a number."""
        return format_decimal(value, locale=self.locale)

    def percent(self, value: float) -> str:
        """Write a share."""
        return format_percent(value, format="#,##0.#%", locale=self.locale)

    def moment(self, value: datetime) -> str:
        """Write a day and a time."""
        return format_datetime(value, "d MMM y, HH:mm", self.zone, self.locale)

    def clock(self, value: datetime) -> str:
        """Write a time with its seconds."""
        return format_datetime(value, "d MMM, HH:mm:ss", self.zone, self.locale)

    def hour(self, value: datetime) -> str:
        """Write an hour of a day."""
        return format_datetime(value, "d MMM HH:mm", self.zone, self.locale)

    def day(self, value: datetime) -> str:
        """Write a day."""
        return format_date(value, "d MMM y", self.locale)

    def weekday(self, number: int, *, short: bool = False) -> str:
        """Name a day of the week, of which Monday is 1."""
        names = get_day_names("abbreviated" if short else "wide", locale=self.locale)
        return str(names[number - 1])

    def span(self, seconds: int) -> str:
        """Write how long something takes, no shorter than it does."""
        unit_s = next((unit for unit in (3_600, 60) if seconds > 2 * unit), 1)
        whole = timedelta(seconds=-(-seconds // unit_s) * unit_s)
        return format_timedelta(whole, threshold=2.01, locale=self.locale)

    def country(self, code: str) -> str:
        """Name a country by its code of two letters."""
        return str(self.locale.territories.get(code, code))


def formats_for(language: Language, caller: Caller | None) -> Formats:
    """Return how numbers and times are written for somebody."""
    if caller is None:
        return Formats(Locale.parse(language), UTC)
    try:
        locale = Locale.parse(f"{language}_{caller.account.default_region}")
    except UnknownLocaleError:
        locale = Locale.parse(language)
    return Formats(locale, caller.account.time_zone)


def render(
    request: Request,
    template: str,
    *,
    caller: Caller | None = None,
    status: int = 200,
    refusal: DomainError | None = None,
    wrong: Wrong | Sequence[Wrong] | None = None,
    **values: object,
) -> HTMLResponse:
    """Answer with a page.

    Args:
        request: Which asks for it.
        template: Its file.
        caller: Who is signed in, if somebody is.
        status: Of the answer, if nothing is refused.
        refusal: What the page tells of; it has that status, and says when to try again.
        wrong: What is wrong with a form, which has a refusal of its own, or is the visitor's.
        values: What the template shows.
    """
    preferences = preferences_of(request)
    page = _environment(preferences.language).get_template(template)
    path = request.url.path
    query = f"?{request.url.query}" if request.url.query else ""
    if wrong:
        status = BAD
        refusal = refusal or (wrong.refusal if isinstance(wrong, Wrong) else None)
    wait_s = wait_of(refusal) if refusal else None
    response = HTMLResponse(
        page.render(
            **values,
            wrong=wrong,
            caller=caller,
            csrf_token=session_of(caller).csrf_token if caller else "",
            language=preferences.language,
            languages=NAMES,
            theme=preferences.theme,
            themes=THEMES,
            formats=formats_for(preferences.language, caller),
            path=path,
            is_at=lambda entry: _is_at(entry, path),
            address=path + query if request.method == "GET" else page_above(request, path),
            is_partial=is_partial(request),
            wait_s=wait_s,
        ),
        status_code=REFUSALS[type(refusal)].status if refusal else status,
        headers={"Content-Language": preferences.language, "Vary": "Cookie, HX-Request"},
    )
    if wait_s is not None:
        response.headers["Retry-After"] = str(wait_s)
    return response


def page_above(request: Request, path: str) -> str:
    """Return where the page of a form is that was sent to a path: there, or next above."""
    while path.startswith(f"{CONSOLE}/"):
        asked = {**request.scope, "method": "GET", "path": path}
        if any(route.matches(asked)[0] is Match.FULL for route in request.app.routes):
            return path
        path = path.rpartition("/")[0]
    return f"{CONSOLE}/"


def _is_at(entry: Entry, path: str) -> bool:
    target = f"{CONSOLE}/{entry.path}"
    return path == target or path.startswith(f"{target}/")


@cache
def _environment(language: Language) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    texts = texts_of(language)
    # The extension adds it to the environment, whose type does not know of it.
    vars(environment)["install_gettext_translations"](texts, newstyle=True)
    told: dict[str, Any] = {
        "static": address_of,
        "state_word": lambda word: texts.gettext(state_word(word)),
        "status_word": lambda word: texts.gettext(status_word(word)),
        "role_word": lambda word: texts.gettext(role_word(word)),
        "once": new_once,
        "told": lambda text: text and texts.gettext(text),
        "CLASSES": CLASSES,
        "CLASS_MEANINGS": CLASS_MEANINGS,
        "DEVICE_TYPES": DEVICE_TYPES,
        "OF_NO_REASON": OF_NO_REASON,
        "reason_of": reason_of,
        "worded": lambda text, formats: (
            text.in_words(texts.gettext, formats.number)
            if isinstance(text, Told)
            else texts.gettext(text)
        ),
        "wrong_at": wrong_at,
        "MAIN": MAIN,
        "SETTINGS": SETTINGS,
        "seen_by": seen_by,
    }
    environment.globals.update(told)
    return environment
