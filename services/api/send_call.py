"""One request to send: what it asks for and who asks, read no further than its sender may have it.

Nobody unknown may make this process hold and parse a large body. A key in a header, or userId
and password in the query or near the beginning of a form, are looked at first; then the body may
be as large as a body may be. Where the credentials stand elsewhere in it, it may be as large as
``UNPROVEN_OCTETS``: some 70,000 numbers.
"""

import asyncio
from typing import IO

from fastapi import Request
from starlette.responses import Response

from services.api.auth import (
    UNPROVEN_OCTETS,
    Credentials,
    api_context,
    authenticate,
    count_address,
    identify,
    in_cookie,
    in_headers,
    login_among,
)
from services.api.domain.errors import BodyTooLargeError, InvalidCredentialsError
from services.api.operations.authenticate import Caller
from services.api.operations.send_values import SendCommand
from services.api.schemas.file_bodies import MULTIPART, kind_of, read_multipart
from services.api.schemas.parameters import Parameters
from services.api.schemas.reading import RequestReader, from_fields
from services.api.schemas.send import to_send_command
from services.api.schemas.send_parameters import OUTPUTS
from shared.domain.errors import DomainError

# Credentials that were looked at longer ago are looked at again once the body has come in.
FRESH_S = 1.0


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
        self._in_headers = in_headers(request)
        self._in_cookie = in_cookie(request) if takes_session else None
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
        shown = self._in_headers or login_among(self._reader.query) or self._in_cookie
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
        credentials = self._in_headers or login_among(parameters) or self._in_cookie
        if credentials is None:
            raise InvalidCredentialsError
        known = await self._ask(credentials)
        if isinstance(known, Exception):
            raise known
        if _now_s() - self._asked_at_s[credentials] > FRESH_S:
            # They may have been revoked while the body came in.
            return await identify(self._request, credentials)
        return known

    def close_unread(self, response: Response) -> Response:
        """Return a response that ends the connection if the body has not been read to its end."""
        if not self._reader.is_whole:
            response.headers["Connection"] = "close"
        return response

    async def _shown_early(self) -> Credentials | None:
        early = await self._reader.read_early()
        try:
            return login_among(early) if "password" in early else None
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
                self._asked[credentials] = await authenticate(self._request, credentials)
            except Exception as error:  # noqa: BLE001 - raised by ``read`` or ``caller``
                self._asked[credentials] = error
        return self._asked[credentials]


def _now_s() -> float:
    return asyncio.get_running_loop().time()
