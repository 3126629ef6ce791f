"""The cookie of a session, and what must come with it for anything to be changed."""

from typing import Final

from fastapi.security import APIKeyCookie
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.context import ApiContext
from services.api.domain.request_origins import is_from_elsewhere
from services.api.domain.session_tokens import is_same
from services.api.domain.user_errors import CrossSiteError
from services.api.operations.sessions import NewToken
from services.api.settings import ApiSettings
from services.api.storage.sessions import StoredSession

NAME: Final = "txlink-session"
# Browsers take a cookie of such a name only if it is Secure and of this host alone.
HOST_PREFIX: Final = "__Host-"
CSRF_HEADER: Final = "x-csrf-token"
# They change nothing here, and pages of other sites cannot read what they answer.
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
COOKIE = APIKeyCookie(
    name=HOST_PREFIX + NAME,
    scheme_name="session",
    description="The cookie of `POST /session`. What changes anything needs the header "
    "`X-CSRF-Token`, too",
    auto_error=False,
)
_WAITING: Final = "txlink.cookie"


def name_of(settings: ApiSettings) -> str:
    """Return what the cookie is called."""
    return HOST_PREFIX + NAME if settings.session_cookie_secure else NAME


def token_in(request: Request, settings: ApiSettings) -> str | None:
    """Return what the cookie of a request holds; None if there is none."""
    return request.cookies.get(name_of(settings)) or None


def give(request: Request, context: ApiContext, token: NewToken) -> None:
    """Let the answer to a request bring the browser a cookie, whatever answers it."""
    age_s = (token.expires_at - context.clock.now()).total_seconds()
    request.scope[_WAITING] = _cookie(context.settings, token.text, max(0, int(age_s)))


def take_back(request: Request, context: ApiContext) -> None:
    """Let the answer to a request end the browser's cookie."""
    request.scope[_WAITING] = _cookie(context.settings, "", 0)


def check_origin(request: Request) -> None:
    """Let pass only what no page of another site has made, as far as browsers say.

    Raises:
        CrossSiteError: One has.
    """
    if is_from_elsewhere(request.headers):
        raise CrossSiteError


def check_change(request: Request, session: StoredSession, form_token: str | None) -> None:
    """Let pass only what a page of ours has made, if it changes anything.

    Args:
        request: Which may.
        session: That it shows.
        form_token: The token that came in a form; None: it is in the header.

    Raises:
        CrossSiteError: Another may have.
    """
    if request.method in SAFE_METHODS:
        return
    check_origin(request)
    given = request.headers.get(CSRF_HEADER, "") if form_token is None else form_token
    if not is_same(given, session.csrf_token):
        raise CrossSiteError


class SessionCookies:
    """Adds the cookies to answers; routes that stream a file could not do so themselves."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def send_with_cookie(message: Message) -> None:
            cookie = scope.get(_WAITING)
            if cookie is not None and message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.append("set-cookie", cookie)
                # A cache between would give one browser another's.
                headers["cache-control"] = "no-store, private"
            await send(message)

        await self._app(scope, receive, send_with_cookie)


def _cookie(settings: ApiSettings, value: str, age_s: int) -> str:
    secure = "; Secure" if settings.session_cookie_secure else ""
    name = name_of(settings)
    return f"{name}={value}; Path=/; Max-Age={age_s}; HttpOnly; SameSite=Lax{secure}"
