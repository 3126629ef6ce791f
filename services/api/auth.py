"""Credentials of a request, and how much of it is read before they are known to be good.

Nobody unknown may make this process hold and parse a large body. A key in a header, or userId
and password in the query or near the beginning of a form, are looked at first; then the body may
be as large as a body may be. Where the credentials stand elsewhere in it, it may be as large as
``UNPROVEN_OCTETS``: some 70,000 numbers.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import IO, Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from starlette.responses import Response

from services.api import cookies
from services.api.context import ApiContext
from services.api.domain.authors import Author
from services.api.domain.errors import BodyTooLargeError, InvalidCredentialsError
from services.api.domain.rate_errors import RateLimitedError
from services.api.domain.rate_limits import (
    CallKind,
    Quotas,
    RateLimit,
    call_kind,
    limits_of,
    place_of,
)
from services.api.domain.roles import EXPORT
from services.api.domain.user_errors import SessionMissingError
from services.api.operations.authenticate import Caller, authenticate_key, authenticate_user
from services.api.operations.key_access import Access, KeyAccess, SessionAccess
from services.api.operations.send_values import SendCommand
from services.api.operations.sessions import use_session
from services.api.schemas.file_bodies import MULTIPART, kind_of, read_multipart
from services.api.schemas.json_bodies import admit_again
from services.api.schemas.limit_fields import note_refusal, note_standings
from services.api.schemas.parameters import Parameters
from services.api.schemas.queries import check_query
from services.api.schemas.reading import RequestReader, from_fields
from services.api.schemas.send import to_send_command
from services.api.schemas.send_parameters import OUTPUTS
from services.api.storage.sessions import StoredSession
from shared.domain.client_address import ClientAddress, find_client_address
from shared.domain.errors import DomainError
from shared.domain.trusted_proxies import parse_address

UNPROVEN_OCTETS = 1 << 20
# Credentials that were looked at longer ago are looked at again once the body has come in.
FRESH_S = 1.0

KEY_HEADER = APIKeyHeader(
    name="apikey", scheme_name="apikey", description="An API key: `txk_…`", auto_error=False
)
BEARER = HTTPBearer(scheme_name="bearer", description="The same API key", auto_error=False)


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """What a request says that it comes from.

    Attributes:
        secret: An API key, a password or the token of a session.
        login: Whose password it is.
        is_session: Whether it is a session's.
    """

    secret: str
    login: str | None = None
    is_session: bool = False


def api_context(request: Request) -> ApiContext:
    """Return what this process holds.

    Raises:
        TypeError: The application's lifespan has not begun.
    """
    context = request.app.state.context
    if not isinstance(context, ApiContext):
        message = "the application was started without its context"
        raise TypeError(message)
    return context


def client_address(request: Request) -> ClientAddress:
    """Return where a request comes from, as our own proxies say if they are trusted."""
    return find_client_address(
        parse_address(request.client.host) if request.client else None,
        forwarded_for=request.headers.getlist("x-forwarded-for"),
        forwarded=request.headers.getlist("forwarded"),
        trusted=api_context(request).settings.trusted_proxies,
    )


def author_of(request: Request, caller: Caller) -> Author:
    """Return who changes something by a request, and where from."""
    return replace(caller.author, address=client_address(request).address)


def access_of(request: Request, caller: Caller) -> Access:
    """Return the key or session that a request shows, and where it is used from.

    Raises:
        InvalidCredentialsError: Somebody calls who showed neither.
    """
    address = client_address(request).address
    if caller.session is not None:
        return SessionAccess(caller.session.id, address)
    if caller.key_id is None:
        raise InvalidCredentialsError
    return KeyAccess(caller.key_id, address)


def _in_headers(request: Request) -> Credentials | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    bearer = token if scheme.casefold() == "bearer" else ""
    key = request.headers.get("apikey") or bearer
    return Credentials(key) if key else None


def _in_cookie(request: Request) -> Credentials | None:
    token = cookies.token_in(request, api_context(request).settings)
    return Credentials(token, is_session=True) if token else None


def _among(parameters: Parameters) -> Credentials | None:
    """Return the login among parameters, None if there is none.

    Raises:
        DomainError: It came more than once, or is no text.
    """
    if "userId" not in parameters:
        return None
    return Credentials(parameters.text("password"), parameters.text("userId"))


async def count_address(request: Request) -> None:
    """Count a call to the limit of where it comes from, before anything is done for it.

    Raises:
        RateLimitedError: That has no room.
    """
    settings = api_context(request).settings
    quotas = Quotas(settings.calls_per_minute_per_address, settings.sends_per_minute_per_address)
    place = place_of(client_address(request).address)
    await _count(request, limits_of(_kind(request), [("address", place, quotas)]))


async def _count_caller(request: Request, caller: Caller) -> None:
    settings = api_context(request).settings
    of_accounts = Quotas(
        settings.calls_per_minute_per_account, settings.sends_per_minute_per_account
    )
    holders: list[tuple[str, int | str, Quotas]] = [
        ("account", caller.account.id, caller.account.quotas.over(of_accounts))
    ]
    if caller.key_id is not None:
        of_keys = Quotas(settings.calls_per_minute_per_key, settings.sends_per_minute_per_key)
        holders.append(("key", caller.key_id, caller.key_quotas.over(of_keys)))
    await _count(request, limits_of(_kind(request), holders))


def _kind(request: Request) -> CallKind:
    return call_kind(request.method, request.url.path)


async def _count(request: Request, limits: Sequence[RateLimit]) -> None:
    if not limits:
        return
    rates = api_context(request).rates
    try:
        await rates.take(limits)
    except RateLimitedError as error:
        note_refusal(request.scope, error)
        raise
    finally:
        note_standings(request.scope, rates.standings(limits))


async def _identify(request: Request, credentials: Credentials | None) -> Caller:
    """Return who calls, without counting the call.

    Raises:
        InvalidCredentialsError: There are no credentials, or wrong ones.
    """
    if credentials is None:
        raise InvalidCredentialsError
    context, address = api_context(request), client_address(request).address
    if credentials.is_session:
        caller = await _of_session(request, credentials.secret)
    elif credentials.login is not None:
        caller = await authenticate_user(
            context.logins, credentials.login, credentials.secret, address
        )
    else:
        caller = await authenticate_key(context.engine, credentials.secret)
    caller.admit(address)
    return caller


async def _authenticate(request: Request, credentials: Credentials | None) -> Caller:
    caller = await _identify(request, credentials)
    await _count_caller(request, caller)
    if caller.key_id is not None:
        api_context(request).key_uses.add(caller.key_id, client_address(request).address)
    return caller


async def _of_session(request: Request, token: str) -> Caller:
    context, address = api_context(request), client_address(request).address
    limits = context.to_session_limits()
    used = await use_session(context.engine, token, address, limits)
    if used.token is not None:
        cookies.give(request, context, used.token)
    if used.caller.session is not None:
        cookies.check_change(request, used.caller.session)
    return used.caller


class Call:
    """One request to send: what it asks for, and who asks.

    Args:
        request: Nothing of its body may have been read.
        takes_session: Whether a session may make it. Old clients' paths take none, and nothing
            that sends does by GET: a page of another site could have it called.

    Raises:
        MalformedQueryError: Its query cannot be decoded.
    """

    def __init__(self, request: Request, *, takes_session: bool = False) -> None:
        self._context = api_context(request)
        self._request = request
        self._reader = RequestReader(request, timeout_s=self._context.settings.body_timeout_s)
        self._in_headers = _in_headers(request)
        self._in_cookie = _in_cookie(request) if takes_session else None
        self._asked: dict[Credentials, Caller | Exception] = {}
        self._asked_at_s: dict[Credentials, float] = {}
        self.file: IO[bytes] | None = None

    def asked_form(self, name: str, default: str) -> str:
        """Return the form of the answer that the query asks for, where it does and may."""
        try:
            return self._reader.query.choice(name, OUTPUTS, default)
        except DomainError:
            # Said once it is known who calls.
            return default

    async def read(self) -> Parameters:
        """Read the parameters: of a caller who is known all, of another no large body.

        The file of a form with one is then in ``file``, until ``close``.

        Raises:
            InvalidCredentialsError: The body is large and its sender's credentials are wrong.
            BodyTooLargeError: It is larger than this sender's may be.
            RateLimitedError: Too many calls come from there, or of that account or key.
            DomainError: The body cannot be read.
        """
        await count_address(self._request)
        if not self._reader.is_whole and kind_of(self._request) == MULTIPART:
            return await self._read_form_with_file()
        limit = self._context.settings.max_body_octets
        shown = self._in_headers or await self._shown_early() or self._in_cookie
        refusal = await self._refusal_of(shown) if shown else None
        if shown is None or refusal is not None:
            limit = min(limit, UNPROVEN_OCTETS)
        try:
            return await self._reader.read_whole(limit)
        except DomainError as error:
            # Who is not let in learns that, and not what else is wrong.
            if refusal is not None:
                raise refusal from error
            if isinstance(error, BodyTooLargeError):
                raise BodyTooLargeError(limit, is_unproven=shown is None) from error
            raise

    async def _read_form_with_file(self) -> Parameters:
        shown = self._in_headers or _among(self._reader.query) or self._in_cookie
        refusal = await self._refusal_of(shown) if shown else None
        if refusal is not None:
            raise refusal
        limits = self._context.to_file_limits()
        if shown is None:
            limits = limits.for_stranger(UNPROVEN_OCTETS)
        body = await read_multipart(self._request, limits)
        self._reader.is_whole = True
        self.file = body.received.file if body.received else None
        return from_fields(body.fields).over(self._reader.query)

    async def command(self, parameters: Parameters) -> SendCommand:
        """Read the send out of its parameters, its header and its file.

        In a thread, since that looks at every one of what may be a million numbers.

        Raises:
            DomainError: A parameter is missing or wrong; the error names it.
        """
        key = self._request.headers.get("idempotency-key")
        return await asyncio.to_thread(to_send_command, parameters, key, self.file)

    def close(self) -> None:
        """Let go of the file, if there is one."""
        if self.file is not None:
            self.file.close()

    async def caller(self, parameters: Parameters) -> Caller:
        """Return who calls: whose key is in the headers, else who logs in by the parameters.

        Raises:
            InvalidCredentialsError: There are no credentials, or wrong ones.
        """
        credentials = self._in_headers or _among(parameters) or self._in_cookie
        if credentials is None:
            raise InvalidCredentialsError
        known = await self._ask(credentials)
        if isinstance(known, Exception):
            raise known
        if _now_s() - self._asked_at_s[credentials] > FRESH_S:
            # They may have been revoked while the body came in.
            return await _identify(self._request, credentials)
        return known

    def close_unread(self, response: Response) -> Response:
        """Return a response that ends the connection if the body has not been read to its end."""
        if not self._reader.is_whole:
            response.headers["Connection"] = "close"
        return response

    async def _shown_early(self) -> Credentials | None:
        early = await self._reader.read_early()
        try:
            return _among(early) if "password" in early else None
        except DomainError:
            # Said once the whole is read, in the form that is asked for there.
            return None

    async def _refusal_of(self, credentials: Credentials) -> Exception | None:
        known = await self._ask(credentials)
        return known if isinstance(known, Exception) else None

    async def _ask(self, credentials: Credentials) -> Caller | Exception:
        """Ask about credentials once, since a password takes a core 40 ms.

        What goes wrong is kept too, so that it is told once the form asked for is known.
        """
        if credentials not in self._asked:
            self._asked_at_s[credentials] = _now_s()
            try:
                self._asked[credentials] = await _authenticate(self._request, credentials)
            except Exception as error:  # noqa: BLE001 - raised by ``read`` or ``caller``
                self._asked[credentials] = error
        return self._asked[credentials]


async def _caller_with(request: Request, *scopes: str) -> Caller:
    await count_address(request)
    credentials = _in_headers(request) or _in_cookie(request)
    caller = await _authenticate(request, credentials)
    for scope in scopes:
        caller.require(scope)
    # For whoever reads a body after this, which may come in slowly.
    request.state.admit_again = partial(_admit_again, request, credentials, scopes)
    return caller


async def _admit_again(
    request: Request, credentials: Credentials | None, scopes: Sequence[str]
) -> None:
    caller = await _identify(request, credentials)
    for scope in scopes:
        caller.require(scope)


def _now_s() -> float:
    return asyncio.get_running_loop().time()


Key = Annotated[str | None, Depends(KEY_HEADER)]
Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]
Cookie = Annotated[str | None, Depends(cookies.COOKIE)]


# What declares them is the documentation: ``_caller_with`` knows which one counts.
async def report_caller(request: Request, key: Key, bearer: Bearer, cookie: Cookie) -> Caller:
    """Return who calls for a report; a dependency of the routes that read.

    Raises:
        InvalidCredentialsError: There is neither key nor session, or a wrong key.
        KeyExpiredError: Its time is over.
        SessionMissingError: The session has ended.
        CrossSiteError: Another site's page may have made what changes something by a session.
        AddressNotAllowedError: It may not be used from there.
        ScopeMissingError: The key may not read reports.
        FieldError: The query has a name that the call has not, or one twice.
    """
    del key, bearer, cookie
    caller = await _caller_with(request, "report")
    check_query(request)
    return caller


async def export_caller(request: Request, key: Key, bearer: Bearer, cookie: Cookie) -> Caller:
    """Return who calls for a whole report as a file.

    Raises:
        DomainError: As ``report_caller``; or it may read reports, and not fetch them whole.
    """
    del key, bearer, cookie
    caller = await _caller_with(request, "report", EXPORT)
    check_query(request)
    return caller


async def parameters_of(request: Request) -> Parameters:
    """Read the parameters of a caller who is known, from the query, a form, JSON or XML.

    Raises:
        DomainError: They cannot be read.
    """
    settings = api_context(request).settings
    reader = RequestReader(request, timeout_s=settings.body_timeout_s)
    parameters = await reader.read_whole(min(settings.max_body_octets, UNPROVEN_OCTETS))
    await admit_again(request)
    return parameters


async def send_caller(request: Request, key: Key, bearer: Bearer, cookie: Cookie) -> Caller:
    """Return who calls for something that is part of sending; nothing of the body is read.

    Raises:
        DomainError: As ``report_caller``; or the key may not send.
    """
    del key, bearer, cookie
    caller = await _caller_with(request, "send")
    check_query(request)
    return caller


async def parameters_caller(request: Request, key: Key, bearer: Bearer, cookie: Cookie) -> Caller:
    """Return who calls for something that is part of sending, by parameters of any place.

    Those that the call does not have are refused once they are read, wherever they stood.

    Raises:
        DomainError: As ``report_caller``, but that nothing is said of the query; or the key may
            not send.
    """
    del key, bearer, cookie
    return await _caller_with(request, "send")


async def list_caller(request: Request, caller: Annotated[Caller, Depends(send_caller)]) -> Caller:
    """Return who calls about lists that sends heed or go to; nothing of the body is read.

    Raises:
        FieldError: The query has a name that the call has not, or one twice.
    """
    check_query(request)
    return caller


async def admin_caller(request: Request, key: Key, bearer: Bearer, cookie: Cookie) -> Caller:
    """Return who calls to set up the account; nothing of the body is read.

    Raises:
        DomainError: As ``report_caller``; or the key may not set up the account.
    """
    del key, bearer, cookie
    caller = await _caller_with(request, "admin")
    check_query(request)
    return caller


async def session_caller(request: Request, cookie: Cookie) -> Caller:
    """Return who is signed in, for what a user does about themselves; no key will do.

    Raises:
        SessionMissingError: There is no session, or it has ended; or a key is shown, too.
        CrossSiteError: Another site's page may have made what changes something.
        AddressNotAllowedError: The account may not be used from there.
        FieldError: The query has a name that the call has not, or one twice.
    """
    del cookie
    await count_address(request)
    shown = _in_cookie(request)
    if shown is None or _in_headers(request) is not None:
        raise SessionMissingError
    caller = await _authenticate(request, shown)
    check_query(request)
    return caller


def session_of(caller: Caller) -> StoredSession:
    """Return the session by which somebody calls.

    Raises:
        SessionMissingError: They call by other means.
    """
    if caller.session is None:
        raise SessionMissingError
    return caller.session
