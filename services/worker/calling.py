"""Calling what a customer names, so that it reaches nothing of ours.

A name is resolved here, each address is looked at, and the connection goes to one that was: the
name is not asked for a second time, when its owner may answer otherwise (DNS rebinding). TLS
still has the name for its certificate. Redirects are not followed, and no proxy of the
environment is used.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

import certifi
import httpcore
from typing_extensions import override

from services.worker.webhook_retrying import Answer, parse_retry_after
from shared.clock import Clock, SystemClock
from shared.domain.outbound import Reach
from shared.domain.trusted_proxies import IpAddress, parse_address

TIMEOUT_S = 10.0
MAX_BODY_OCTETS = 16_384
MAX_ADDRESSES = 4
OK = 200
NOT_MODIFIED = 304
IDLE_S = 15.0

Resolve = Callable[[str, int], Iterable[str]]
_FAILURES = (
    TimeoutError,
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    OSError,
)


@dataclass(frozen=True, slots=True, repr=False)
class Fetched:
    """What came of asking for a document.

    Attributes:
        cause: Why there is neither a document nor word that it is as before; None if there is.
        body: The document; None if it is as before.
        etag: What to ask with the next time, if the server told any.
        last_modified: The same.
    """

    cause: str | None
    body: bytes | None = None
    etag: str | None = None
    last_modified: str | None = None


class ClosedAddressError(Exception):
    """A URL leads only where nothing may be called."""


class OverlongAnswerError(Exception):
    """An answer is longer than any that is wanted."""


class Caller:
    """Sends requests to public addresses.

    Args:
        reach: What may be called.
        concurrency: Most requests at a time.
        timeout_s: For one request, from its name to its answer.
        resolve: Returns the addresses of a name; blocks, and is called in a thread.
        ssl_context: Whom to trust; by default whom certifi does.
        clock: By which a receiver's dates are read.
    """

    def __init__(
        self,
        reach: Reach,
        *,
        concurrency: int,
        timeout_s: float = TIMEOUT_S,
        resolve: Resolve | None = None,
        ssl_context: ssl.SSLContext | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._clock = clock or SystemClock()
        self._reach = reach
        self._timeout_s = timeout_s
        # Threads of its own, as many as can wait: a name server that does not answer must hold up
        # nobody else's names.
        self._threads = ThreadPoolExecutor(concurrency, thread_name_prefix="resolving")
        context = ssl_context or ssl.create_default_context(cafile=certifi.where())
        self._pools = {
            scheme: httpcore.AsyncConnectionPool(
                ssl_context=context,
                max_connections=concurrency,
                max_keepalive_connections=concurrency,
                keepalive_expiry=IDLE_S,
                network_backend=_CheckingBackend(
                    reach,
                    self._threads,
                    resolve or _resolve,
                    is_encrypted=scheme == "https",
                ),
            )
            for scheme in ("https", "http")
        }

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send a request, and tell what came of it; nothing that a receiver does is raised."""
        start = time.monotonic()
        status: int | None = None
        cause: str | None
        wish = ""
        try:
            async with asyncio.timeout(self._timeout_s):
                status, wish = await self._post(url, headers, body)
            cause = None if 200 <= status < 300 else f"answered {status}"  # noqa: PLR2004
        except ClosedAddressError as error:
            cause = str(error)
        except _FAILURES as error:
            cause = self._why(error)
        duration_ms = int((time.monotonic() - start) * 1_000)
        return Answer(status, cause, duration_ms, parse_retry_after(wish, self._clock.now()))

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
        """Return the status of the answer, and what it says in ``Retry-After``.

        Raises:
            ClosedAddressError: The URL is none that may be called.
        """
        if complaint := self._reach.complaint_of(url):
            raise ClosedAddressError(f"the URL {complaint}")
        pool = self._pools[urlsplit(url).scheme]
        async with pool.stream("POST", url, headers=list(headers.items()), content=body) as found:
            status = found.status
            wishes = [each for name, each in found.headers if name.lower() == b"retry-after"]
            wish = wishes[0].decode("latin-1") if wishes else ""
            octets = 0
            try:
                # A body read to its end leaves the connection fit for the next request.
                async for chunk in found.aiter_stream():
                    octets += len(chunk)
                    if octets > MAX_BODY_OCTETS:
                        break
            except (TimeoutError, httpcore.NetworkError, httpcore.ProtocolError):
                # It has answered, and its body is not looked at.
                pass
            return status, wish

    async def get(self, url: str, headers: Mapping[str, str], *, octet_limit: int) -> Fetched:
        """Ask for a document, and tell what came of it; nothing that a server does is raised."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._get(url, headers, octet_limit)
        except (ClosedAddressError, OverlongAnswerError) as error:
            return Fetched(str(error))
        except _FAILURES as error:
            return Fetched(self._why(error))

    async def _get(self, url: str, headers: Mapping[str, str], octet_limit: int) -> Fetched:
        """Return a document.

        Raises:
            ClosedAddressError: The URL is none that may be called.
            OverlongAnswerError: The document has more octets than it may.
        """
        if complaint := self._reach.complaint_of(url):
            raise ClosedAddressError(f"the URL {complaint}")
        pool = self._pools[urlsplit(url).scheme]
        async with pool.stream("GET", url, headers=list(headers.items())) as found:
            told = {name.lower(): value.decode("latin-1") for name, value in found.headers}
            etag, last_modified = told.get(b"etag"), told.get(b"last-modified")
            if found.status == NOT_MODIFIED:
                return Fetched(None, None, etag, last_modified)
            if found.status != OK:
                return Fetched(f"answered {found.status}")
            body = bytearray()
            async for chunk in found.aiter_stream():
                body += chunk
                if len(body) > octet_limit:
                    raise OverlongAnswerError(f"it has more than {octet_limit} octets")
            return Fetched(None, bytes(body), etag, last_modified)

    def _why(self, error: Exception) -> str:
        if isinstance(error, TimeoutError | httpcore.TimeoutException):
            return f"no answer within {self._timeout_s:g} s"
        return _why(error)

    async def aclose(self) -> None:
        """End all connections."""
        for pool in self._pools.values():
            await pool.aclose()
        self._threads.shutdown(wait=False, cancel_futures=True)


class _CheckingBackend(httpcore.AsyncNetworkBackend):
    """Connects to addresses that were looked at, whatever name leads to them."""

    def __init__(
        self, reach: Reach, threads: ThreadPoolExecutor, resolve: Resolve, *, is_encrypted: bool
    ) -> None:
        self._reach = reach
        self._threads = threads
        self._resolve = resolve
        self._is_encrypted = is_encrypted
        self._inner = httpcore.AnyIOBackend()

    @override
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await self._addresses(host, port)
        for address in addresses[:-1]:
            try:
                return await self._inner.connect_tcp(str(address), port, timeout)
            except httpcore.ConnectError:
                continue
        return await self._inner.connect_tcp(str(addresses[-1]), port, timeout)

    async def _addresses(self, host: str, port: int) -> list[IpAddress]:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._threads, self._resolve, host, port)
        except UnicodeError as error:
            # Of a name that cannot be written for a name server, which is no OSError.
            raise socket.gaierror(str(error)) from error
        parsed = [parse_address(text) for text in found]
        open_ones = [
            address
            for address in dict.fromkeys(parsed)
            if address is not None and self._reach.holds(address, is_encrypted=self._is_encrypted)
        ]
        if not open_ones:
            raise ClosedAddressError("the host has no public address that may be called")
        return open_ones[:MAX_ADDRESSES]

    @override
    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


def _resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def _why(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return "the host's name leads nowhere"
    if isinstance(error.__cause__ or error.__context__, ssl.SSLError):
        return f"TLS failed: {str(error)[:200]}"
    if isinstance(error, httpcore.ConnectError):
        return "the connection was refused"
    return "the connection broke off"
