"""Credentials of a request, and how much of it is read before they are known to be good.

Nobody unknown may make this process hold and parse a large body. A key in a header, or userId
and password in the query or near the beginning of a form, are looked at first; then the body may
be as large as a body may be. Where the credentials stand elsewhere in it, it may be as large as
``UNPROVEN_OCTETS``: some 70,000 numbers.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import IO, Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from starlette.responses import Response

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
from services.api.operations.authenticate import Caller, authenticate_key, authenticate_user
from services.api.operations.key_access import KeyAccess
from services.api.operations.send_values import SendCommand
from services.api.schemas.file_bodies import MULTIPART, kind_of, read_multipart
from services.api.schemas.limit_fields import note_refusal, note_standings
from services.api.schemas.parameters import Parameters
from services.api.schemas.queries import check_query
from services.api.schemas.reading import RequestReader, from_fields
from services.api.schemas.send import to_send_command
from services.api.schemas.send_parameters import OUTPUTS
from shared.domain.client_address import ClientAddress, find_client_address
from shared.domain.errors import DomainError
from shared.domain.trusted_proxies import parse_address

UNPROVEN_OCTETS = 1 << 20

KEY_HEADER = APIKeyHeader(
    name="apikey", scheme_name="apikey", description="An API key: `txk_…`", auto_error=False
)
BEARER = HTTPBearer(scheme_name="bearer", description="The same API key", auto_error=False)


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """What a request says that it comes from: an API key, or a login with its password."""

    secret: str
    login: str | None = None


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


def access_of(request: Request, caller: Caller) -> KeyAccess:
    """Return the key in the headers of a request, and where it is used from.

    Raises:
        InvalidCredentialsError: Somebody calls who showed none.
    """
    if caller.key_id is None:
        raise InvalidCredentialsError
    return KeyAccess(caller.key_id, client_address(request).address)


def _in_headers(request: Request) -> Credentials | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    bearer = token if scheme.casefold() == "bearer" else ""
    key = request.headers.get("apikey") or bearer
    return Credentials(key) if key else None


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


async def _authenticate(request: Request, credentials: Credentials | None) -> Caller:
    if credentials is None:
        raise InvalidCredentialsError
    context = api_context(request)
    if credentials.login is None:
        caller = await authenticate_key(context.engine, credentials.secret)
    else:
        caller = await authenticate_user(context.engine, credentials.login, credentials.secret)
    address = client_address(request).address
    caller.admit(address)
    await _count_caller(request, caller)
    if caller.key_id is not None:
        context.key_uses.add(caller.key_id, address)
    return caller


class Call:
    """One request to send: what it asks for, and who asks.

    Args:
        request: Nothing of its body may have been read.

    Raises:
        MalformedQueryError: Its query cannot be decoded.
    """

    def __init__(self, request: Request) -> None:
        self._context = api_context(request)
        self._request = request
        self._reader = RequestReader(request, timeout_s=self._context.settings.body_timeout_s)
        self._in_headers = _in_headers(request)
        self._asked: dict[Credentials, Caller | Exception] = {}
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
        shown = self._in_headers or await self._shown_early()
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
        shown = self._in_headers or _among(self._reader.query)
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
        credentials = self._in_headers or _among(parameters)
        if credentials is None:
            raise InvalidCredentialsError
        known = await self._ask(credentials)
        if isinstance(known, Exception):
            raise known
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
            try:
                self._asked[credentials] = await _authenticate(self._request, credentials)
            except Exception as error:  # noqa: BLE001 - raised by ``read`` or ``caller``
                self._asked[credentials] = error
        return self._asked[credentials]


async def _caller_with(request: Request, scope: str) -> Caller:
    await count_address(request)
    caller = await _authenticate(request, _in_headers(request))
    caller.require(scope)
    return caller


async def report_caller(
    request: Request,
    key: Annotated[str | None, Depends(KEY_HEADER)],
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)],
) -> Caller:
    """Return who calls for a report; a dependency of the routes that read.

    Raises:
        InvalidCredentialsError: There is no key, or a wrong one.
        KeyExpiredError: Its time is over.
        AddressNotAllowedError: It may not be used from there.
        ScopeMissingError: The key may not read reports.
        FieldError: The query has a name that the call has not, or one twice.
    """
    # Declared for the documentation: of the two, ``_in_headers`` knows which one counts.
    del key, bearer
    caller = await _caller_with(request, "report")
    check_query(request)
    return caller


async def parameters_of(request: Request) -> Parameters:
    """Read the parameters of a caller who is known, from the query, a form, JSON or XML.

    Raises:
        DomainError: They cannot be read.
    """
    settings = api_context(request).settings
    reader = RequestReader(request, timeout_s=settings.body_timeout_s)
    return await reader.read_whole(min(settings.max_body_octets, UNPROVEN_OCTETS))


async def send_caller(
    request: Request,
    key: Annotated[str | None, Depends(KEY_HEADER)],
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)],
) -> Caller:
    """Return who calls for something that is part of sending; nothing of the body is read.

    Raises:
        InvalidCredentialsError: There is no key, or a wrong one.
        KeyExpiredError: Its time is over.
        AddressNotAllowedError: It may not be used from there.
        ScopeMissingError: The key may not send.
        FieldError: The query has a name that the call has not, or one twice.
    """
    del key, bearer
    caller = await _caller_with(request, "send")
    check_query(request)
    return caller


async def parameters_caller(
    request: Request,
    key: Annotated[str | None, Depends(KEY_HEADER)],
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)],
) -> Caller:
    """Return who calls for something that is part of sending, by parameters of any place.

    Those that the call does not have are refused once they are read, wherever they stood.

    Raises:
        InvalidCredentialsError: There is no key, or a wrong one.
        KeyExpiredError: Its time is over.
        AddressNotAllowedError: It may not be used from there.
        ScopeMissingError: The key may not send.
    """
    del key, bearer
    return await _caller_with(request, "send")


async def admin_caller(
    request: Request,
    key: Annotated[str | None, Depends(KEY_HEADER)],
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)],
) -> Caller:
    """Return who calls to set up the account; nothing of the body is read.

    Raises:
        InvalidCredentialsError: There is no key, or a wrong one.
        KeyExpiredError: Its time is over.
        AddressNotAllowedError: It may not be used from there.
        ScopeMissingError: The key may not set up the account.
        FieldError: The query has a name that the call has not, or one twice.
    """
    del key, bearer
    caller = await _caller_with(request, "admin")
    check_query(request)
    return caller
