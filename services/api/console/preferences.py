"""What a visitor prefers, kept in cookies of their browser: language, and light or dark."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api import cookies
from services.api.auth import api_context, count_address
from services.api.console.forms import read_form
from services.api.console.languages import Language, choose_language
from services.api.console.redirecting import see
from services.api.domain.return_paths import CONSOLE, safe_return

LANGUAGE_COOKIE: Final = "txlink-language"
THEME_COOKIE: Final = "txlink-theme"
YEAR_S: Final = 365 * 86_400

router = APIRouter()


class Theme(StrEnum):
    """Whether pages are light or dark."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a visitor prefers."""

    language: Language
    theme: Theme


def preferences_of(request: Request) -> Preferences:
    """Return what the browser of a request keeps, or tells of itself."""
    language = choose_language(
        request.cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language", "")
    )
    theme = request.cookies.get(THEME_COOKIE)
    return Preferences(language, Theme(theme) if theme in set(Theme) else Theme.SYSTEM)


@router.post("/preferences")
async def keep_preferences(request: Request) -> Response:
    """Let the browser keep what is chosen; whoever has no session may choose, too."""
    await count_address(request)
    cookies.check_origin(request)
    form = await read_form(request)
    response = see(safe_return(form.get("next")))
    for name, kind, key in (
        (LANGUAGE_COOKIE, Language, "language"),
        (THEME_COOKIE, Theme, "theme"),
    ):
        if form.get(key) in set(kind):
            response.set_cookie(
                name,
                form[key],
                max_age=YEAR_S,
                path=CONSOLE,
                secure=api_context(request).settings.session_cookie_secure,
                httponly=True,
                samesite="lax",
            )
    return response
