"""Who calls, by which credentials, and from where: what the routes depend on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from services.api import cookies
from services.api.context import ApiContext
from services.api.domain.authors import Author
from services.api.domain.errors import InvalidCredentialsError
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
from services.api.operations.sessions import use_session
from services.api.schemas.json_bodies import BODY_OCTETS, Body, admit_again, read_body
from services.api.schemas.limit_fields import note_refusal, note_standings
from services.api.schemas.parameters import Parameters
from services.api.schemas.queries import check_query
from services.api.schemas.reading import RequestReader
from services.api.storage.sessions import StoredSession
from shared.domain.client_address import ClientAddress, find_client_address
from shared.domain.trusted_proxies import parse_address

# Of a body, before its sender is known to be let in.
UNPROVEN_OCTETS = 1 << 20

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
        form_token: What a form of the console brings in place of the header.
        is_early: Whether the form that brings it is yet to be read: they may send that, and change
            nothing before they are let in anew.
    """

    secret: str
    login: str | None = None
    is_session: bool = False
    form_token: str | None = None
    is_early: bool = False


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


def in_headers(request: Request) -> Credentials | None:
    """Return the key in the headers of a request; None if there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    bearer = token if scheme.casefold() == "bearer" else ""
    key = request.headers.get("apikey") or bearer
    return Credentials(key) if key else None


def in_cookie(request: Request) -> Credentials | None:
    """Return the session in the cookie of a request; None if there is none."""
    token = cookies.token_in(request, api_context(request).settings)
    return Credentials(token, is_session=True) if token else None


def login_among(parameters: Parameters) -> Credentials | None:
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


async def identify(request: Request, credentials: Credentials | None) -> Caller:
    """Return who calls, without counting the call.

    Raises:
        InvalidCredentialsError: There are no credentials, or wrong ones.
    """
    if credentials is None:
        raise InvalidCredentialsError
    context, address = api_context(request), client_address(request).address
    if credentials.is_session:
        caller = await _of_session(request, credentials)
    elif credentials.login is not None:
        caller = await authenticate_user(
            context.logins, credentials.login, credentials.secret, address
        )
    else:
        caller = await authenticate_key(context.engine, credentials.secret)
    caller.admit(address)
    return caller


async def authenticate(request: Request, credentials: Credentials | None) -> Caller:
    """Return who calls, and count the call.

    Raises:
        InvalidCredentialsError: There are no credentials, or wrong ones.
        RateLimitedError: They have called too often.
    """
    caller = await identify(request, credentials)
    await _count_caller(request, caller)
    if caller.key_id is not None:
        api_context(request).key_uses.add(caller.key_id, client_address(request).address)
    return caller


async def _of_session(request: Request, shown: Credentials) -> Caller:
    context, address = api_context(request), client_address(request).address
    limits = context.to_session_limits()
    used = await use_session(context.engine, shown.secret, address, limits)
    if used.token is not None:
        cookies.give(request, context, used.token)
    if used.caller.session is not None and not shown.is_early:
        cookies.check_change(request, used.caller.session, shown.form_token)
    return used.caller


async def _caller_with(request: Request, *scopes: str) -> Caller:
    await count_address(request)
    credentials = in_headers(request) or in_cookie(request)
    caller = await authenticate(request, credentials)
    for scope in scopes:
        caller.require(scope)
    # For whoever reads a body after this, which may come in slowly.
    request.state.admit_again = partial(_admit_again, request, credentials, scopes)
    return caller


async def _admit_again(
    request: Request, credentials: Credentials | None, scopes: Sequence[str]
) -> None:
    caller = await identify(request, credentials)
    for scope in scopes:
        caller.require(scope)


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


async def body_of(request: Request, kind: type[Body], *, octet_limit: int = BODY_OCTETS) -> Body:
    """Read the JSON body of a request whose sender is known, in the time that bodies have.

    Raises:
        DomainError: As ``read_body``.
    """
    timeout_s = api_context(request).settings.body_timeout_s
    return await read_body(request, kind, timeout_s=timeout_s, octet_limit=octet_limit)


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
    shown = in_cookie(request)
    if shown is None or in_headers(request) is not None:
        raise SessionMissingError
    caller = await authenticate(request, shown)
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
